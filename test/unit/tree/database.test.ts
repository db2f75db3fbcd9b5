import { codes, OK } from '@vivarium/core/internal/base/errors';
import { type ChangeSink, NO_SINK } from '@vivarium/core/internal/tree/changes';
import { Database } from '@vivarium/core/internal/tree/database';
import { eventTypes } from '@vivarium/core/internal/wire/events';
import { OPEN_ACL, READ_ACL } from '@vivarium/core/internal/wire/permissions';
import type { Acl } from '@vivarium/core/internal/wire/records';
import { type Txn, type TxnBody, txnTypes } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from './random.js';
import { Workload } from './workload.js';

const { nodeCreated, nodeDeleted, nodeDataChanged, nodeChildrenChanged } = eventTypes;
const secret: readonly Acl[] = [{ perms: 31, id: { scheme: 'digest', id: 'u:h' } }];

class Recorder implements ChangeSink {
  readonly listening = true;
  readonly events: [type: number, path: string, acl: readonly Acl[] | undefined][] = [];
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  changed(type: number, path: string, aclId: number): void {
    this.events.push([type, path, this.#db.acls.get(aclId)]);
  }
}

function database(): Database {
  return new Database({ extendedTypes: true, digest: true });
}

let counter = 0;

function txn(body: TxnBody, clientId = 1n): Txn {
  const zxid = (1n << 32n) | BigInt(++counter);
  const header = { clientId, cxid: 0, zxid, time: 1000 + counter, type: body.type };
  return { header, body, digest: undefined };
}

function create(path: string, acl: readonly Acl[] | null = null, ephemeral = false): TxnBody {
  const data = new Uint8Array([1]);
  return { type: txnTypes.create, path, data, acl, ephemeral, parentCVersion: -1 };
}

/** Everything a snapshot would hold and everything kept beside it, in one comparable value. */
function image(db: Database): unknown {
  const nodes: Record<string, unknown> = {};
  db.tree.forEachBelow(0, (id) => {
    const acl = db.acls.get(db.tree.aclId(id));
    nodes[` ${db.tree.pathOf(id)}`] = [db.tree.stat(id), db.tree.data(id), acl];
  });
  const ephemerals = [...db.ephemerals.entries()].map(([id, paths]) => [id, [...paths].sort()]);
  return {
    nodes,
    digest: db.tree.digest,
    size: db.tree.approximateDataSize,
    sessions: [...db.sessions].sort(),
    ephemerals: ephemerals.sort(),
    expiring: [...db.expiring.paths()].filter((path) => db.expiring.mayGo(path, 1e15, 1)).sort(),
    acls: [...db.acls.entries()].map(([, acl]) => JSON.stringify(acl)).sort(),
    zxid: db.lastZxid,
  };
}

function copyOf(db: Database): Database {
  const copy = database();
  copy.startLoading();
  for (const [id, timeout] of db.sessions) copy.sessions.set(id, timeout);
  for (const [id, acl] of db.acls.entries()) copy.acls.load(id, acl);
  db.tree.forEachBelow(0, (id) => {
    const path = id === 0 ? '' : db.tree.pathOf(id);
    copy.load(path, db.tree.data(id), db.tree.aclId(id), db.tree.persisted(id));
  });
  copy.finishLoading();
  copy.advanceTo(db.lastZxidHigh, db.lastZxidLow);
  return copy;
}

suite('database', (test) => {
  test('changes are told in the order in which watches fire, with the ACL that guards them', () => {
    const db = database();
    const sink = new Recorder(db);
    db.apply(txn(create('/a', READ_ACL)), sink);
    db.apply(txn(create('/a/b', secret)), sink);
    db.apply(txn({ type: txnTypes.setData, path: '/a/b', data: null, version: 1 }), sink);
    db.apply(txn({ type: txnTypes.setAcl, path: '/a', acl: secret, version: 1 }), sink);
    db.apply(txn({ type: txnTypes.delete, path: '/a/b' }), sink);
    assert.equal(sink.events, [
      [nodeCreated, '/a', READ_ACL],
      [nodeChildrenChanged, '/', OPEN_ACL],
      [nodeCreated, '/a/b', secret],
      [nodeChildrenChanged, '/a', READ_ACL],
      [nodeDataChanged, '/a/b', secret],
      [nodeDeleted, '/a/b', secret],
      [nodeChildrenChanged, '/a', secret],
    ]);
  });

  test('what fails is not told', () => {
    const db = database();
    const sink = new Recorder(db);
    db.apply(txn(create('/a')));
    const failing: [TxnBody, number][] = [
      [create('/a'), codes.NODE_EXISTS],
      [create('/none/b'), codes.NO_NODE],
      [{ type: txnTypes.delete, path: '/none' }, codes.NO_NODE],
      [{ type: txnTypes.setData, path: '/none', data: null, version: 1 }, codes.NO_NODE],
      [{ type: txnTypes.setAcl, path: '/none', acl: secret, version: 1 }, codes.NO_NODE],
      [{ type: txnTypes.error, err: codes.BAD_VERSION }, codes.BAD_VERSION],
      [{ type: txnTypes.delete, path: '/' }, codes.NOT_EMPTY],
    ];
    for (const [body, code] of failing) assert.is(db.apply(txn(body), sink), code);
    assert.equal(sink.events, []);
    assert.is(db.lastZxid & 0xffff_ffffn, BigInt(counter));
  });

  test('closing a session deletes the listed nodes in order, then what it owns besides', () => {
    const db = database();
    db.apply(txn({ type: txnTypes.createSession, timeOut: 5000 }, 7n));
    assert.is(db.sessions.get(7n), 5000);
    for (const path of ['/x', '/y', '/z']) db.apply(txn(create(path, null, true), 7n));
    db.apply(txn(create('/other', null, true), 8n));
    const sink = new Recorder(db);
    const paths2Delete = ['/z', '/gone', '/x'];
    db.apply(txn({ type: txnTypes.closeSession, paths2Delete }, 7n), sink);
    const deleted = sink.events.filter(([type]) => type === nodeDeleted).map(([, path]) => path);
    assert.equal(deleted, ['/z', '/x', '/y']);
    assert.not(db.sessions.has(7n));
    assert.is(db.ephemerals.size, 1);
    assert.is(db.tree.persisted(0).pzxid, db.lastZxid);
    db.apply(txn({ type: txnTypes.closeSession, paths2Delete: null }, 8n));
    assert.is(db.ephemerals.size, 0);
    assert.is(db.tree.nodeCount, 5);
  });

  test('a multi happens whole or not at all', () => {
    const db = database();
    const sink = new Recorder(db);
    const ok: TxnBody = {
      type: txnTypes.multi,
      txns: [
        create('/m'),
        { type: txnTypes.check, path: '/m', version: 0 },
        { type: txnTypes.setData, path: '/m', data: null, version: 1 },
        { type: txnTypes.delete, path: '/m' },
      ],
    };
    assert.is(db.apply(txn(ok), sink), OK);
    assert.equal(
      sink.events.map(([type, path]) => [type, path]),
      [
        [nodeCreated, '/m'],
        [nodeChildrenChanged, '/'],
        [nodeDataChanged, '/m'],
        [nodeDeleted, '/m'],
        [nodeChildrenChanged, '/'],
      ],
    );
    const before = image(db) as Record<string, unknown>;
    const failed: TxnBody = {
      type: txnTypes.multi,
      txns: [
        create('/m'),
        { type: txnTypes.error, err: codes.NO_NODE },
        { type: txnTypes.error, err: codes.RUNTIME_INCONSISTENCY },
      ],
    };
    assert.is(db.apply(txn(failed), sink), codes.NO_NODE);
    assert.equal({ ...(image(db) as object), zxid: before.zxid }, before);
    assert.is(sink.events.length, 5);
  });

  test('a TTL that no server accepts is skipped, as the server that logged it did', () => {
    const db = database();
    for (const ttl of [-1n, 0n, 1n << 40n]) {
      const common = { path: '/t', data: null, acl: null, parentCVersion: 1 };
      assert.is(db.apply(txn({ type: txnTypes.createTtl, ...common, ttl })), codes.BAD_ARGUMENTS);
    }
    assert.is(db.tree.find('/t'), -1);
  });

  test('a replayed creation gives the node its ACL again', () => {
    const db = database();
    db.apply(txn(create('/a')));
    db.tree.replaceAcl(db.tree.find('/a'), 99);
    assert.is(db.acls.get(99), undefined);
    assert.is(db.apply(txn(create('/a', secret))), codes.NODE_EXISTS);
    assert.equal(db.acls.get(db.tree.aclId(db.tree.find('/a'))), secret);
    for (let i = 0; i < 3; i++) db.apply(txn(create('/a', secret)));
    assert.is(db.acls.size, 2);
    db.apply(txn({ type: txnTypes.delete, path: '/a' }));
    assert.is(db.acls.size, 1);
  });

  test('lists that no node uses any more go', () => {
    const db = database();
    db.apply(txn(create('/none/a', secret)));
    assert.is(db.acls.size, 1);
    db.apply(txn(create('/a', secret)));
    db.apply(txn(create('/b', secret)));
    assert.is(db.acls.size, 2);
    db.apply(txn({ type: txnTypes.setAcl, path: '/a', acl: READ_ACL, version: 1 }));
    assert.is(db.acls.size, 2);
    db.apply(txn({ type: txnTypes.setAcl, path: '/b', acl: null, version: 1 }));
    assert.is(db.acls.size, 1);
  });

  test('a replayed deletion takes along the children that came later', () => {
    const db = database();
    db.apply(txn(create('/p')));
    db.apply(txn(create('/p/c', secret)));
    db.apply(txn(create('/p/c/e', secret, true), 5n));
    assert.is(db.apply(txn({ type: txnTypes.delete, path: '/p' })), OK);
    assert.is(db.tree.nodeCount, 5);
    assert.is(db.ephemerals.size, 0);
    assert.is(db.acls.size, 1);
  });

  test('ephemeral nodes without a session go when a server begins to lead', () => {
    const db = database();
    db.apply(txn({ type: txnTypes.createSession, timeOut: 5000 }, 1n));
    db.apply(txn(create('/mine', null, true), 1n));
    db.apply(txn(create('/orphan', null, true), 2n));
    const zxid = db.lastZxid;
    assert.equal(db.removeOrphans(), ['/orphan']);
    assert.is(db.tree.find('/orphan'), -1);
    assert.is.not(db.tree.find('/mine'), -1);
    assert.is(db.lastZxid, zxid);
    assert.is(db.tree.persisted(0).pzxid, zxid);
  });

  test('the last zxid only grows, its counter unsigned', () => {
    const db = database();
    db.advanceTo(1, 0x7fff_ffff);
    db.advanceTo(1, -1);
    db.advanceTo(1, 5);
    assert.is(db.lastZxid, 0x1_ffff_ffffn);
    db.advanceTo(2, 0);
    assert.is(db.lastZxid, 0x2_0000_0000n);
  });

  test('direct changes move the last zxid as transactions do', () => {
    const db = database();
    db.applyCreate('/a', null, -1, 0, 0, -1, 1, 1, 1, NO_SINK);
    assert.is(db.lastZxid, 0x1_0000_0001n);
    db.applySetData('/a', null, 1, 1, 2, 1, NO_SINK);
    db.applySetAcl('/a', -1, 1, 1, 3);
    assert.is(db.lastZxid, 0x1_0000_0003n);
    db.applyDelete('/none', 1, 4, NO_SINK);
    assert.is(db.lastZxid, 0x1_0000_0004n);
  });

  for (let seed = 1; seed <= 12; seed++) {
    test(`a database copied, or replayed from any point, comes out the same, seed ${seed}`, () => {
      const random = new Random(seed);
      const db = database();
      const work = new Workload(db, random, false);
      const txns: Txn[] = [];
      const copies: { readonly from: number; readonly db: Database }[] = [];
      for (let i = 0; i < 600; i++) {
        if (i % 150 === 75) copies.push({ from: i, db: copyOf(db) });
        const next = work.next();
        txns.push(next);
        db.apply(next);
      }
      const expected = image(db);
      assert.equal(image(copyOf(db)), expected);
      for (const { from, db: copy } of copies) {
        for (const next of txns.slice(from)) copy.apply(next);
        assert.equal(image(copy), expected, `replayed from ${from}`);
      }
      /* A second life over the end of the first: each transaction is in the tree already. */
      const again = copyOf(db);
      for (const next of txns.slice(300)) again.apply(next);
      assert.is(again.lastZxid, db.lastZxid);
      assert.is(again.tree.nodeCount, db.tree.nodeCount);
    });
  }
});
