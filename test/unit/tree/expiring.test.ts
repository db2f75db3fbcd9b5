import { NO_SINK } from '@vivarium/core/internal/tree/changes';
import { Database } from '@vivarium/core/internal/tree/database';
import {
  CONTAINER_OWNER_HIGH,
  ttlOwnerHigh,
  ttlOwnerLow,
} from '@vivarium/core/internal/tree/owners';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

function world(extendedTypes = true): Database {
  return new Database({ extendedTypes, digest: false });
}

function create(db: Database, path: string, time: number, high = 0, low = 0): void {
  const zxid = db.lastZxidLow + 1;
  db.applyCreate(path, null, -1, high, low, -1, 0, zxid, time, NO_SINK);
}

function candidates({ expiring }: Database, wall: number, maxNeverUsedMs: number): string[] {
  return [...expiring.paths()].filter((path) => expiring.mayGo(path, wall, maxNeverUsedMs));
}

suite('expiring nodes', (test) => {
  test('a container may go when it was used and is empty', () => {
    const db = world();
    create(db, '/c', 1000, CONTAINER_OWNER_HIGH);
    assert.equal(candidates(db, 1e12, 0), []);
    create(db, '/c/child', 1000);
    assert.equal(candidates(db, 1e12, 1), []);
    db.applyDelete('/c/child', 0, 9, NO_SINK);
    assert.equal(candidates(db, 1001, 0), ['/c']);
  });

  test('a container never used may go after a while, if that is wanted', () => {
    const db = world();
    create(db, '/c', 1000, CONTAINER_OWNER_HIGH);
    assert.equal(candidates(db, 1500, 500), []);
    assert.equal(candidates(db, 1501, 500), ['/c']);
    assert.equal(candidates(db, 1e12, 0), []);
  });

  test('a TTL node may go when it has no children and was not changed for its time', () => {
    const db = world();
    create(db, '/t', 1000, ttlOwnerHigh(50), ttlOwnerLow(50));
    assert.equal(candidates(db, 1050, 0), []);
    assert.equal(candidates(db, 1051, 0), ['/t']);
    create(db, '/t/child', 1000);
    assert.equal(candidates(db, 1051, 0), []);
    db.applyDelete('/t/child', 0, 9, NO_SINK);
    db.applySetData('/t', null, 1, 0, 10, 1040, NO_SINK);
    assert.equal(candidates(db, 1090, 0), []);
    assert.ok(db.expiring.isOverdue(db.tree.find('/t'), 1091));
    db.applyDelete('/t', 0, 11, NO_SINK);
    assert.equal(candidates(db, 1e12, 0), []);
    assert.is(db.expiring.ttlCount, 0);
  });

  test('without extended types the mark of a TTL node is a session', () => {
    const db = world(false);
    create(db, '/t', 1000, ttlOwnerHigh(50), ttlOwnerLow(50));
    assert.is(db.expiring.ttlCount, 0);
    assert.is(db.ephemerals.size, 1);
    assert.is(db.tree.kindOf(db.tree.find('/t')), 'ephemeral');
  });
});
