import { parentOf } from '@vivarium/core/internal/base/path';
import { Database } from '@vivarium/core/internal/tree/database';
import { SnapshotWalk } from '@vivarium/core/internal/tree/snapshot-walk';
import type { Txn } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from './random.js';
import { Workload } from './workload.js';

function database(): Database {
  return new Database({ extendedTypes: true, digest: true });
}

/** What a client could tell apart. */
function image(db: Database): unknown {
  const nodes: Record<string, unknown> = {};
  db.tree.forEachBelow(0, (id) => {
    const acl = db.acls.get(db.tree.aclId(id));
    nodes[` ${db.tree.pathOf(id)}`] = [db.tree.stat(id), db.tree.data(id), acl];
  });
  const ephemerals = [...db.ephemerals.entries()].map(([id, paths]) => [id, [...paths].sort()]);
  return { nodes, digest: db.tree.digest, ephemerals: ephemerals.sort(), zxid: db.lastZxid };
}

/** Begins a copy as a snapshot does: sessions and ACLs at the start, nodes bit by bit. */
function begin(db: Database): Database {
  const copy = database();
  copy.startLoading();
  for (const [id, timeout] of db.sessions) copy.sessions.set(id, timeout);
  for (const [id, acl] of db.acls.entries()) copy.acls.load(id, acl);
  copy.advanceTo(db.lastZxidHigh, db.lastZxidLow);
  return copy;
}

suite('snapshot walk', (test) => {
  test('every node is visited once, after its parent', () => {
    const db = database();
    const work = new Workload(db, new Random(5), true);
    for (let i = 0; i < 2000; i++) db.apply(work.next());
    const seen = new Set<string>();
    const walk = new SnapshotWalk(db);
    let slices = 1;
    while (
      walk.next(7, (path, id) => {
        assert.not(seen.has(path), path);
        assert.is(db.tree.find(path), id);
        if (path !== '') assert.ok(seen.has(parentOf(path).replace(/^\/$/, '')), path);
        seen.add(path);
      })
    ) {
      slices++;
    }
    assert.is(seen.size, db.tree.nodeCount - 1);
    assert.is([...seen][0], '');
    assert.is(slices, Math.ceil(db.tree.rowLimit / 7));
  });

  test('a child whose row comes before its parent’s waits for it', () => {
    const db = database();
    const create = (path: string, zxid: number) =>
      db.applyCreate(path, null, -1, 0, 0, -1, 0, zxid, 1, { listening: false, changed() {} });
    create('/low', 1);
    create('/high', 2);
    db.applyDelete('/low', 0, 3, { listening: false, changed() {} });
    create('/high/child', 4);
    assert.ok(db.tree.find('/high/child') < db.tree.find('/high'));
    const paths: string[] = [];
    assert.not(new SnapshotWalk(db).next(1e9, (path) => paths.push(path)));
    assert.ok(paths.indexOf('/high') < paths.indexOf('/high/child'));
    assert.is(paths.length, db.tree.nodeCount - 1);
  });

  for (let seed = 1; seed <= 30; seed++) {
    test(`a snapshot taken under writes and the log after it give the tree, seed ${seed}`, () => {
      const random = new Random(seed);
      const db = database();
      const work = new Workload(db, random, true);
      for (let i = 0; i < 500; i++) db.apply(work.next());
      const walk = new SnapshotWalk(db);
      const other = new SnapshotWalk(db);
      const copy = begin(db);
      const log: Txn[] = [];
      const load = (path: string, id: number) => {
        assert.ok(db.tree.persisted(id).czxid <= copy.lastZxid, path);
        copy.load(path, db.tree.data(id), db.tree.aclId(id), db.tree.persisted(id));
      };
      while (walk.next(1 + random.below(6), load)) {
        for (let i = random.below(12); i > 0; i--) {
          const next = work.next();
          log.push(next);
          db.apply(next);
        }
        other.next(3, () => {});
      }
      copy.finishLoading();
      assert.ok(log.length > 50, `${log.length} writes while the snapshot was taken`);
      for (const next of log) copy.apply(next);
      assert.equal(image(copy), image(db));
      assert.equal([...copy.sessions].sort(), [...db.sessions].sort());
    });
  }
});
