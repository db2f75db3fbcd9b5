import { concatBytes } from '@vivarium/core/internal/base/bytes';
import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { SnapshotReceiver } from '@vivarium/core/internal/storage/snapshot-receiver';
import { SnapshotSender } from '@vivarium/core/internal/storage/snapshot-sender';
import { NO_SINK } from '@vivarium/core/internal/tree/changes';
import { Database } from '@vivarium/core/internal/tree/database';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';
import { Workload } from '../tree/workload.js';
import { imageOf } from './image.js';
import { takeSnapshot } from './take-snapshot.js';

const options = { extendedTypes: true, digest: true };
const HEADER_BYTES = 16;

function allOf(sender: SnapshotSender): Uint8Array {
  const slices: Uint8Array[] = [];
  while (!sender.done) slices.push(sender.next());
  return concatBytes(slices);
}

function received(bytes: Uint8Array, { lastZxidHigh, lastZxidLow }: Database): Database {
  const receiver = new SnapshotReceiver(lastZxidHigh, lastZxidLow, options);
  assert.is(receiver.push(bytes)?.length, 0);
  return receiver.database;
}

suite('a snapshot that is sent', (test) => {
  test('is sessions, ACL table, nodes, end mark and signature, and no more', () => {
    const db = new Database(options);
    for (const path of ['/zookeeper/config', '/zookeeper/quota', '/zookeeper']) {
      db.applyDelete(path, 0, 1, NO_SINK);
    }
    db.sessions.set(0x1234n, 4000);
    db.applyCreate('/a', Uint8Array.of(7), -1, 0, 0, -1, 3, 9, 5, NO_SINK);
    const hex = Buffer.from(allOf(new SnapshotSender(db, { sliceNodes: 10 }))).toString('hex');
    const expected = [
      '00000001 0000000000001234 00000fa0', // one session, its timeout
      '00000000', // no ACL but the open one
      '00000000 00000000 ffffffffffffffff', // the root: its path, no data, the open ACL
      '0000000000000000 0000000000000000 0000000000000000 0000000000000000',
      '00000000 00000001 00000000 0000000000000000 0000000300000009',
      '000000022f61 0000000107 ffffffffffffffff', // "/a", its data
      '0000000300000009 0000000300000009 0000000000000005 0000000000000005',
      '00000000 00000000 00000000 0000000000000000 0000000300000009',
      '000000012f', // end mark
      '0000000a 42656e57617348657265', // BenWasHere
    ];
    assert.is(hex, expected.join('').replaceAll(' ', ''));
  });

  test('holds what a file holds between header and first seal', () => {
    const db = new Database(options);
    const work = new Workload(db, new Random(3), true);
    for (let i = 0; i < 500; i++) db.apply(work.next());
    const disk = new MemoryDisk();
    takeSnapshot(db, disk);
    const file = disk.list('').find(({ name }) => name.startsWith('snapshots/snapshot.'))!;
    const bytes = disk.read(file.name, 0, file.size);
    const sent = allOf(new SnapshotSender(db, { sliceNodes: 7 }));
    const body = sent.subarray(0, sent.length - 14);
    assert.equal(bytes.subarray(HEADER_BYTES, HEADER_BYTES + body.length), body);
    /* Digest, last zxid and three seals follow in the file. */
    assert.is(bytes.length, HEADER_BYTES + body.length + 20 + 8 + 3 * 13);
  });

  for (let seed = 1; seed <= 20; seed++) {
    test(`with what was applied meanwhile sent behind it gives the same tree, seed ${seed}`, () => {
      const random = new Random(seed);
      const db = new Database(options);
      const work = new Workload(db, random, true);
      for (let i = random.below(600); i > 0; i--) db.apply(work.next());
      const start = { ...db, lastZxidHigh: db.lastZxidHigh, lastZxidLow: db.lastZxidLow };
      const sender = new SnapshotSender(db, { sliceNodes: 1 + random.below(30) });
      assert.is(sender.startZxid, db.lastZxid);
      const slices: Uint8Array[] = [];
      const meanwhile = [];
      for (;;) {
        slices.push(sender.next());
        assert.is(sender.endZxid, db.lastZxid);
        if (sender.done) break;
        for (let i = random.below(9); i > 0; i--) {
          const txn = work.next();
          meanwhile.push(txn);
          db.apply(txn);
        }
      }
      const learner = received(concatBytes(slices), start as Database);
      assert.is(learner.lastZxid, sender.startZxid);
      for (const txn of meanwhile) learner.apply(txn);
      assert.equal(imageOf(learner), imageOf(db));
    });
  }

  test('has slices of the size asked for', () => {
    const db = new Database(options);
    for (let i = 1; i <= 100; i++) {
      db.applyCreate(`/${i}`, new Uint8Array(1000), -1, 0, 0, -1, 0, i, 1, NO_SINK);
    }
    const sender = new SnapshotSender(db, { sliceNodes: 1000, sliceBytes: 10_000 });
    let slices = 0;
    while (!sender.done) {
      slices++;
      assert.ok(sender.next().length < 10_000 + 8 * 1100);
    }
    assert.ok(slices > 5);
  });
});
