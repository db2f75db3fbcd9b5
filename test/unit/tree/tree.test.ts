import { textOf, utf8 } from '@vivarium/core/internal/base/bytes';
import { codes, OK } from '@vivarium/core/internal/base/errors';
import { CONTAINER_OWNER_HIGH } from '@vivarium/core/internal/tree/owners';
import { NO_NODE_ID, ROOT_ID, Tree } from '@vivarium/core/internal/tree/tree';
import { MalformedError, Reader } from '@vivarium/core/internal/wire/reader';
import { Stat, StatPersisted } from '@vivarium/core/internal/wire/records';
import { bufferOrNull, encode, ustring, vector } from '@vivarium/core/internal/wire/types';
import { Writer } from '@vivarium/core/internal/wire/writer';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const OPEN = -1;
const zeros: StatPersisted = {
  czxid: 0n,
  mzxid: 0n,
  ctime: 0,
  mtime: 0,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0n,
  pzxid: 0n,
};

function fresh(): Tree {
  return new Tree({ extendedTypes: true, digest: true });
}

function create(tree: Tree, path: string, zxid: number, data: string | null = null): number {
  return tree.create(path, data === null ? null : utf8(data), OPEN, 0, 0, -1, 0, zxid, 1000);
}

suite('tree', (test) => {
  test('a fresh tree is what ZooKeeper starts with', () => {
    const tree = new Tree({ extendedTypes: false, digest: true, configAclId: 1 });
    assert.equal(tree.children(ROOT_ID), ['zookeeper']);
    assert.equal(tree.children(tree.find('/zookeeper')).sort(), ['config', 'quota']);
    assert.is(tree.nodeCount, 5);
    assert.is(tree.approximateDataSize, 44);
    assert.is(tree.stat(ROOT_ID).cversion, -1);
    assert.is(tree.stat(tree.find('/zookeeper')).cversion, -2);
    assert.is(tree.stat(tree.find('/zookeeper')).numChildren, 2);
    const config = tree.find('/zookeeper/config');
    assert.is(tree.aversion(config), -1);
    assert.is(tree.aclId(config), 1);
    assert.is(tree.aclId(tree.find('/zookeeper/quota')), OPEN);
    assert.equal(tree.data(config), new Uint8Array(0));
    assert.equal(tree.persisted(ROOT_ID), zeros);
  });

  test('the root is both the empty path and the slash', () => {
    const tree = fresh();
    assert.is(tree.find(''), ROOT_ID);
    assert.is(tree.find('/'), ROOT_ID);
    assert.is(tree.pathOf(ROOT_ID), '/');
    assert.is(tree.parentOf(ROOT_ID), NO_NODE_ID);
    assert.is(tree.setData('/', utf8('root'), 1, 0, 5, 9), OK);
    assert.is(textOf(tree.data(tree.find(''))!), 'root');
    assert.is(tree.approximateDataSize, 44 + 8);
    assert.is(create(tree, '/', 6), codes.NODE_EXISTS);
    assert.is(tree.remove('/', 0, 7), codes.NOT_EMPTY);
  });

  test('paths that are not canonical are not found', () => {
    const tree = fresh();
    create(tree, '/a', 1);
    create(tree, '/a/b', 2);
    for (const path of ['a', 'a/b', '/a/', '//a', '/a//b', '/A', '/a/b/c', '/ab', '/a/b/', ' ']) {
      assert.is(tree.find(path), NO_NODE_ID, path);
      const bytes = utf8(path);
      assert.is(tree.findBytes(bytes, 0, bytes.length), NO_NODE_ID, path);
    }
  });

  test('any name is a name: members of objects, integers, other scripts, a character twice', () => {
    const tree = fresh();
    const names = ['__proto__', 'constructor', '0', '-1', '4294967295', 'hasOwnProperty', 'é', 'e'];
    names.push('名前', 'ее', 'a'.repeat(3000), 'é'.repeat(3000), '~', 'toString');
    let zxid = 0;
    for (const name of names) {
      assert.is(create(tree, `/${name}`, ++zxid, name), OK);
      for (const below of names) assert.is(create(tree, `/${name}/${below}`, ++zxid), OK);
    }
    for (const name of names) {
      const id = tree.find(`/${name}`);
      assert.is(tree.nameOf(id), name);
      assert.is(textOf(tree.data(id)!), name);
      assert.equal(tree.children(id).sort(), [...names].sort());
      for (const below of names) {
        const path = `/${name}/${below}`;
        const bytes = concat(utf8('xx'), utf8(path), utf8('yy'));
        const child = tree.find(path);
        assert.is(tree.pathOf(child), path);
        assert.is(tree.parentOf(child), id);
        assert.is(tree.findBytes(bytes, 2, bytes.length - 2), child);
      }
    }
  });

  test('creating counts in the parent, deleting only in what clients see', () => {
    const tree = fresh();
    create(tree, '/p', 1);
    const parent = tree.find('/p');
    for (let i = 0; i < 5; i++) create(tree, `/p/c${i}`, 2 + i);
    tree.remove('/p/c1', 0, 10);
    assert.is(tree.cversion(parent), 5);
    assert.is(tree.stat(parent).cversion, 6);
    assert.is(tree.stat(parent).numChildren, 4);
    assert.is(tree.stat(parent).pzxid, 10n);
    assert.is(tree.stat(parent).mzxid, 1n);
    create(tree, '/p/c2/grandchild', 11);
    assert.is(tree.stat(parent).pzxid, 10n);
  });

  test('a stat holds what the creating and the last changing transaction say', () => {
    const tree = fresh();
    tree.create('/a', utf8('12'), 4, -1, -2, 1, 5, -3, 1_700_000_000_001);
    assert.equal(tree.stat(tree.find('/a')), {
      czxid: 0x5_ffff_fffdn,
      mzxid: 0x5_ffff_fffdn,
      ctime: 1_700_000_000_001,
      mtime: 1_700_000_000_001,
      version: 0,
      cversion: 0,
      aversion: 0,
      ephemeralOwner: -2n,
      dataLength: 2,
      numChildren: 0,
      pzxid: 0x5_ffff_fffdn,
    });
    tree.setData('/a', null, 7, 6, 1, 1_700_000_000_002);
    tree.setAcl('/a', 9, 3);
    const id = tree.find('/a');
    const { mzxid, mtime, version, aversion, dataLength, ctime, pzxid } = tree.stat(id);
    assert.equal(
      { mzxid, mtime, version, aversion, dataLength, ctime, pzxid },
      {
        mzxid: 0x6_0000_0001n,
        mtime: 1_700_000_000_002,
        version: 7,
        aversion: 3,
        dataLength: 0,
        ctime: 1_700_000_000_001,
        pzxid: 0x5_ffff_fffdn,
      },
    );
    assert.is(tree.aclId(id), 9);
    assert.is(tree.data(id), null);
  });

  test('clients never see the marks of container and TTL nodes', () => {
    const tree = fresh();
    tree.create('/c', null, OPEN, CONTAINER_OWNER_HIGH, 0, -1, 0, 1, 1);
    tree.create('/t', null, OPEN, -0x0100_0000, 77, -1, 0, 2, 1);
    for (const [path, kind] of [
      ['/c', 'container'],
      ['/t', 'ttl'],
    ] as const) {
      const id = tree.find(path);
      assert.is(tree.kindOf(id), kind);
      assert.is(tree.stat(id).ephemeralOwner, 0n);
      assert.is.not(tree.persisted(id).ephemeralOwner, 0n);
    }
    assert.is(tree.ttlOf(tree.find('/t')), 77);
  });

  test('what is written from a row is what the records would write', () => {
    const tree = fresh();
    tree.create('/é', utf8('x'.repeat(700)), OPEN, 1, 2, -1, 1, -7, 1_700_000_000_001);
    tree.create('/é/b', null, OPEN, CONTAINER_OWNER_HIGH, 0, -1, 1, -6, 1_700_000_000_001);
    tree.create('/é/c', new Uint8Array(0), OPEN, 0, 0, -1, 1, -5, 1_700_000_000_001);
    tree.create('/é/c/0', utf8('y'.repeat(70_000)), OPEN, 0, 0, -1, 1, -4, 1_700_000_000_001);
    for (const path of ['/', '/é', '/é/b', '/é/c', '/é/c/0', '/zookeeper/config']) {
      const id = tree.find(path);
      assert.equal(
        written((to) => tree.writeStat(id, to)),
        encode(Stat, tree.stat(id)),
      );
      assert.equal(
        written((to) => tree.writePersisted(id, to)),
        encode(StatPersisted, tree.persisted(id)),
      );
      assert.equal(
        written((to) => tree.writeData(id, to)),
        encode(bufferOrNull, tree.data(id)),
      );
      const snapshotPath = path === '/' ? '' : path;
      assert.equal(
        written((to) => tree.writePath(id, to)),
        encode(ustring, snapshotPath),
      );
      const names = written((to) => tree.writeChildren(id, to));
      assert.equal(vector(ustring).read(new Reader(names)), tree.children(id));
    }
  });

  test('data is copied in and out', () => {
    const tree = fresh();
    const data = utf8('abc');
    tree.create('/a', data, OPEN, 0, 0, -1, 0, 1, 1);
    data[0] = 0;
    const out = tree.data(tree.find('/a'))!;
    out[1] = 0;
    assert.is(textOf(tree.data(tree.find('/a'))!), 'abc');
  });

  test('errors change nothing but the parent, which only moves forward', () => {
    const tree = fresh();
    create(tree, '/p', 1);
    create(tree, '/p/c', 5, 'old');
    const parent = tree.find('/p');
    const exists = (cversion: number, zxid: number) =>
      tree.create('/p/c', utf8('new'), OPEN, 0, 0, cversion, 0, zxid, 1);
    assert.is(exists(1, 4), codes.NODE_EXISTS);
    assert.is(tree.persisted(parent).pzxid, 5n);
    assert.is(exists(3, 8), codes.NODE_EXISTS);
    assert.is(tree.cversion(parent), 3);
    assert.is(tree.persisted(parent).pzxid, 8n);
    assert.is(textOf(tree.data(tree.find('/p/c'))!), 'old');
    assert.is(tree.remove('/p/none', 0, 7), codes.NO_NODE);
    assert.is(tree.persisted(parent).pzxid, 8n);
    assert.is(tree.remove('/p/none', 0, 9), codes.NO_NODE);
    assert.is(tree.persisted(parent).pzxid, 9n);
    assert.is(tree.remove('/p', 0, 10), codes.NOT_EMPTY);
    assert.is(create(tree, '/none/c', 11), codes.NO_NODE);
    assert.is(tree.remove('/none/c', 0, 12), codes.NO_NODE);
    assert.is(tree.setData('/none', null, 1, 0, 13, 1), codes.NO_NODE);
    assert.is(tree.setAcl('/none', 1, 1), codes.NO_NODE);
    assert.is(create(tree, 'p', 14), codes.NO_NODE);
  });

  test('zxids compare as unsigned counters within signed epochs', () => {
    const tree = fresh();
    tree.create('/p', null, OPEN, 0, 0, -1, 1, 0x7fff_ffff, 1);
    tree.remove('/p/x', 1, -1);
    assert.is(tree.persisted(tree.find('/p')).pzxid, 0x1_ffff_ffffn);
    tree.remove('/p/x', 2, 0);
    tree.remove('/p/x', 1, -1);
    assert.is(tree.persisted(tree.find('/p')).pzxid, 0x2_0000_0000n);
  });

  test('descendants are counted strictly below', () => {
    const tree = fresh();
    for (const [i, path] of ['/a', '/a/b', '/a/b/c', '/a/d', '/ab'].entries()) {
      create(tree, path, i + 1);
    }
    assert.is(tree.descendantCount('/a'), 3);
    assert.is(tree.descendantCount('/a/b/c'), 0);
    assert.is(tree.descendantCount('/'), tree.nodeCount - 2);
    assert.is(tree.descendantCount('/none'), 0);
  });

  test('a loaded tree is the one that was stored', () => {
    const stored = fresh();
    create(stored, '/é', 1, 'data');
    create(stored, '/é/b', 2);
    stored.create('/é/b/0', new Uint8Array(0), 3, 4, 5, -1, 0, 3, 1000);
    stored.setData('/', utf8('root'), 1, 0, 4, 1);
    stored.setAcl('/', 7, 1);
    const loaded = fresh();
    create(loaded, '/gone', 1);
    stored.forEachBelow(ROOT_ID, (id) => {
      const path = id === ROOT_ID ? '' : stored.pathOf(id);
      loaded.load(path, stored.data(id), stored.aclId(id), stored.persisted(id));
    });
    assert.is(loaded.digest, stored.digest);
    assert.is(loaded.nodeCount, stored.nodeCount);
    assert.is(loaded.approximateDataSize, stored.approximateDataSize);
    assert.is(loaded.aclId(ROOT_ID), 7);
    assert.is(loaded.find('/gone'), NO_NODE_ID);
    assert.is(loaded.aclId(loaded.find('/é/b/0')), 3);
    assert.equal(loaded.stat(loaded.find('/é')), stored.stat(stored.find('/é')));
  });

  test('nodes that make no tree are refused', () => {
    const malformed = (error: unknown) => error instanceof MalformedError;
    for (const path of ['/x/y', 'x', '/', '/a', '/a/', '//']) {
      const tree = fresh();
      tree.load('', null, OPEN, zeros);
      tree.load('/a', null, OPEN, zeros);
      assert.throws(() => tree.load(path, null, OPEN, zeros), malformed, path);
    }
    const unknownFeature = { ...zeros, ephemeralOwner: BigInt.asIntN(64, 0xff00_0100_0000_0001n) };
    assert.throws(() => fresh().load('', null, OPEN, unknownFeature), malformed);
    const asSession = new Tree({ extendedTypes: false, digest: true });
    assert.is(asSession.load('', null, OPEN, unknownFeature), ROOT_ID);
  });
});

function written(write: (to: Writer) => void): Uint8Array {
  const writer = new Writer(1);
  write(writer);
  return writer.copy();
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
