import { codes, OK } from '@vivarium/core/internal/base/errors';
import { childOf, nameOf, parentOf } from '@vivarium/core/internal/base/path';
import { contentCrcOf, DigestSum, nodeHashOf } from '@vivarium/core/internal/tree/digest';
import { NO_NODE_ID, Tree } from '@vivarium/core/internal/tree/tree';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from './random.js';

interface Node {
  data: Uint8Array | null;
  aclId: number;
  czxid: number;
  mzxid: number;
  pzxid: number;
  mtime: number;
  version: number;
  cversion: number;
  aversion: number;
}

/** The tree as a plain map, without any of the tree's tricks. */
class Model {
  readonly nodes = new Map<string, Node>();

  constructor(tree: Tree) {
    for (const path of ['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config']) {
      this.add(path, new Uint8Array(0), -1, 0, 0);
      const node = this.nodes.get(path)!;
      node.aversion = tree.aversion(tree.find(path));
    }
  }

  add(path: string, data: Uint8Array | null, aclId: number, zxid: number, mtime: number): void {
    const stat = { czxid: zxid, mzxid: zxid, pzxid: zxid, mtime };
    this.nodes.set(path, { data, aclId, ...stat, version: 0, cversion: 0, aversion: 0 });
  }

  children(path: string): string[] {
    const found = [...this.nodes.keys()].filter((at) => at !== '/' && parentOf(at) === path);
    return found.map(nameOf).sort();
  }
}

function assertSame(tree: Tree, model: Model): void {
  assert.is(tree.nodeCount, model.nodes.size + 1);
  const sum = new DigestSum();
  const words = new Int32Array(15);
  let size = 1;
  for (const [path, node] of model.nodes) {
    const id = tree.find(path);
    assert.is.not(id, NO_NODE_ID, path);
    assert.is(tree.pathOf(id), path);
    assert.equal(tree.data(id), node.data);
    const stat = tree.persisted(id);
    assert.is(tree.aclId(id), node.aclId);
    const numbers = [stat.czxid, stat.mzxid, stat.pzxid].map(Number);
    assert.equal(numbers, [node.czxid, node.mzxid, node.pzxid], path);
    assert.is(stat.mtime, node.mtime);
    assert.equal(
      [stat.version, stat.cversion, stat.aversion],
      [node.version, node.cversion, node.aversion],
    );
    assert.equal(tree.children(id).sort(), model.children(path));
    assert.is(tree.childCount(id), model.children(path).length);
    tree.copyWords(id, words);
    sum.add(nodeHashOf(path, contentCrcOf(path, node.data), words));
    size += (path === '/' ? 0 : path.length) + (node.data?.length ?? 0);
  }
  assert.is(tree.digest, sum.value);
  size += model.nodes.get('/')!.data?.length ?? 0;
  assert.is(tree.approximateDataSize, size);
}

/** One random write to both; paths that do not exist and names that collide are part of it. */
function step(tree: Tree, model: Model, random: Random, zxid: number): void {
  const paths = [...model.nodes.keys()];
  const at = random.chance(95) ? random.pick(paths) : '/no/such';
  const node = model.nodes.get(at);
  const length = random.below(random.chance(5) ? 20_000 : 120);
  const data = random.chance(10) ? null : random.bytes(length);
  const dice = random.below(100);
  if (dice < 40) {
    const path = childOf(at, random.pick(['x', 'y', 'é', '7', 'longer-name', `${zxid}`]));
    const code = tree.create(path, data, zxid, 0, 0, -1, 0, zxid, zxid);
    const exists = model.nodes.has(path);
    assert.is(code, node === undefined ? codes.NO_NODE : exists ? codes.NODE_EXISTS : OK);
    if (node === undefined) return;
    node.cversion++;
    node.pzxid = zxid;
    if (!exists) model.add(path, data, zxid, zxid, zxid);
  } else if (dice < 62) {
    assert.is(tree.setData(at, data, zxid, 0, zxid, zxid), node ? OK : codes.NO_NODE);
    if (node) Object.assign(node, { data, version: zxid, mzxid: zxid, mtime: zxid });
  } else if (dice < 70) {
    assert.is(tree.setAcl(at, zxid, zxid), node ? OK : codes.NO_NODE);
    if (node) Object.assign(node, { aclId: zxid, aversion: zxid });
  } else {
    const code = tree.remove(at, 0, zxid);
    if (node === undefined) assert.is(code, codes.NO_NODE);
    else if (at === '/' || model.children(at).length > 0) assert.is(code, codes.NOT_EMPTY);
    else {
      assert.is(code, OK);
      model.nodes.delete(at);
      model.nodes.get(parentOf(at))!.pzxid = zxid;
    }
  }
}

suite('tree against a plain map', (test) => {
  for (let seed = 1; seed <= 3; seed++) {
    test(`they agree after every 200 of 4,000 random writes, seed ${seed}`, () => {
      const random = new Random(seed);
      const tree = new Tree({ extendedTypes: false, digest: true });
      const model = new Model(tree);
      for (let zxid = 1; zxid <= 4000; zxid++) {
        step(tree, model, random, zxid);
        if (zxid % 200 === 0) assertSame(tree, model);
      }
      assert.ok(tree.rowLimit < 4000, 'rows are used again');
    });
  }

  test('filling and emptying again and again takes no more memory', () => {
    const tree = new Tree({ extendedTypes: false, digest: true });
    let zxid = 0;
    let first = 0;
    for (let round = 0; round < 5; round++) {
      const data = new Uint8Array(50 + 300 * round);
      const last = round === 4 ? 800 : 3000;
      for (let i = 0; i < last; i++) tree.create(`/n${i}`, data, -1, 0, 0, -1, 0, ++zxid, 1);
      for (let i = 0; i < last; i++) tree.remove(`/n${i}`, 0, ++zxid);
      if (round === 3) first = tree.slabBytes;
    }
    assert.is(tree.slabBytes, first);
    assert.ok(tree.rowLimit <= 3004);
    assert.is(tree.nodeCount, 5);
  });
});
