import { contentCrcOf, DigestSum, nodeHashOf } from '@vivarium/core/internal/tree/digest';
import { Tree } from '@vivarium/core/internal/tree/tree';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const OPEN = -1;

suite('digest', (test) => {
  test('the fresh tree has the digest that ZooKeeper computes', () => {
    assert.is(new Tree({ extendedTypes: false, digest: true }).digest, 0x51c6_d660n);
  });

  test('the tree with /a has the digest that ZooKeeper computes', () => {
    const tree = new Tree({ extendedTypes: false, digest: true });
    tree.create('/a', new Uint8Array([1, 2]), OPEN, 0, 0, 1, 0, 2, 1_700_000_000_001);
    assert.is(tree.digest, 4_320_028_991n);
    assert.is(tree.digestHigh, 1);
    assert.is(tree.digestLow >>> 0, Number(4_320_028_991n & 0xffff_ffffn));
  });

  test('a node that is not yet there has the hash it will have', () => {
    const tree = new Tree({ extendedTypes: false, digest: true });
    tree.create('/é', null, OPEN, 0, 0, 1, 1, -5, 1_700_000_000_001);
    tree.create('/é/名', new Uint8Array(99).fill(9), OPEN, 7, 8, 1, 1, -4, 1_700_000_000_002);
    for (const path of ['/', '/zookeeper', '/é', '/é/名']) {
      const id = tree.find(path);
      const words = new Int32Array(15);
      tree.copyWords(id, words);
      const content = contentCrcOf(path, tree.data(id));
      assert.is(tree.contentCrc(id), content, path);
      assert.is(nodeHashOf(path, content, words), tree.hash(id), path);
    }
  });

  test('nodes below /zookeeper/ add nothing, whatever happens to them', () => {
    const tree = new Tree({ extendedTypes: false, digest: true });
    const before = tree.hash(tree.find('/zookeeper/quota'));
    tree.setData('/zookeeper/quota', new Uint8Array([1]), 1, 0, 5, 9);
    tree.create('/zookeeper/quota/x', null, OPEN, 0, 0, 1, 0, 6, 9);
    tree.remove('/zookeeper/quota/x', 0, 7);
    assert.is(before, 0);
    assert.is(tree.hash(tree.find('/zookeeper/quota')), 0);
    assert.is(tree.digest, 0x51c6_d660n);
    assert.is(nodeHashOf('/zookeeper/quota', 1, new Int32Array(15)), 0);
  });

  test('a tree without digest tells 0', () => {
    const tree = new Tree({ extendedTypes: false, digest: false });
    tree.create('/a', null, OPEN, 0, 0, 1, 0, 2, 3);
    assert.is(tree.digest, 0n);
    assert.is(tree.hash(tree.find('/a')), 0);
  });

  test('more nodes may change between two looks than the list of changed ones holds', () => {
    const asked = new Tree({ extendedTypes: false, digest: true });
    const unasked = new Tree({ extendedTypes: false, digest: true });
    for (let i = 0; i < 10_000; i++) {
      for (const tree of [asked, unasked]) {
        tree.create(`/n${i}`, null, OPEN, 0, 0, -1, 0, i + 1, 5);
        if (i % 3 === 0) tree.remove(`/n${i >> 1}`, 0, i + 1);
      }
      if (i % 100 === 0) assert.ok(asked.digest > 0n);
    }
    assert.is(asked.digest, unasked.digest);
  });

  test('the sum wraps at 64 bits and takes back what was added', () => {
    const sum = new DigestSum();
    sum.subtract(-1);
    assert.is(sum.value, 0x1_0000_0000_0000_0000n - 0xffff_ffffn);
    sum.add(-1);
    sum.add(5);
    assert.is(sum.value, 5n);
    for (let i = 0; i < 4; i++) sum.add(-2);
    assert.is(sum.value, 5n + 4n * 0xffff_fffen);
  });
});
