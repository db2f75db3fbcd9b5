import { concatBytes } from '@vivarium/core/internal/base/bytes';
import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { snapshotFactsFile } from '@vivarium/core/internal/storage/snapshot-facts';
import { readSnapshot } from '@vivarium/core/internal/storage/snapshot-reader';
import { SnapshotReception } from '@vivarium/core/internal/storage/snapshot-reception';
import { SnapshotWriter } from '@vivarium/core/internal/storage/snapshot-writer';
import type { Database } from '@vivarium/core/internal/tree/database';
import { MalformedError } from '@vivarium/core/internal/wire/reader';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';
import { imageOf } from './image.js';
import { filledTree, sentTree, treeOptions } from './sent-tree.js';

const DRAFT = 'snapshots/vivarium-draft';

function begin(db: Database, sliceBytes = 1_000): SnapshotReception {
  return new SnapshotReception(db.lastZxidHigh, db.lastZxidLow, {
    database: treeOptions,
    digest: true,
    dbId: -1n,
    sliceBytes,
    apacheSessions: new Set(),
  });
}

/** Pushes bytes in pieces and performs what is to be written; returns what is behind. */
function pushAll(
  reception: SnapshotReception,
  bytes: Uint8Array,
  pieceBytes: () => number,
  disk: MemoryDisk,
): Uint8Array | undefined {
  let rest: Uint8Array | undefined;
  for (let at = 0; at < bytes.length && rest === undefined; ) {
    const end = Math.min(bytes.length, at + pieceBytes());
    rest = reception.push(bytes.subarray(at, end));
    disk.perform(reception.next() ?? []);
    at = end;
  }
  return rest;
}

/** What a snapshot of the own tree has in its file. */
function ownFile(db: Database): Uint8Array {
  const disk = new MemoryDisk();
  const writer = new SnapshotWriter(db, {
    digest: true,
    dbId: -1n,
    sliceNodes: 50,
    sync: true,
    apacheSessions: new Set(),
  });
  while (!writer.done) disk.perform(writer.next());
  return disk.read(writer.files[0]!, 0, 1 << 20);
}

suite('a snapshot that a leader sends', (test) => {
  for (const count of [0, 1, 300]) {
    test(`is written as the own one would be, ${count} transactions, however it is cut`, () => {
      const db = filledTree(count, count);
      const expected = ownFile(db);
      const bytes = sentTree(db);
      const behind = Uint8Array.of(1, 2, 3);
      const random = new Random(1);
      for (const most of [1, 13, 60, 700, 1 << 20]) {
        const disk = new MemoryDisk();
        const reception = begin(db);
        const stream = concatBytes([bytes, behind]);
        pushAll(reception, stream, () => 1 + random.below(most), disk);
        disk.perform(reception.finish(db.lastZxid));
        assert.equal(disk.read(DRAFT, 0, 1 << 20), expected, `at most ${most} bytes`);
        assert.equal(imageOf(reception.database), imageOf(db));
      }
    });
  }

  test('is durable at its end, and has no name yet', () => {
    const db = filledTree(100, 100);
    const disk = new MemoryDisk();
    const reception = begin(db);
    pushAll(reception, sentTree(db), () => 400, disk);
    disk.perform(reception.finish(db.lastZxid));
    const left = disk.durableImage();
    const [snapshot, facts] = reception.files;
    const names = left.list('').map(({ name }) => name);
    assert.equal(names.sort(), [DRAFT, facts].sort());
    const decoded = snapshotFactsFile.decode(left.read(facts!, 0, 1000));
    assert.ok(decoded.state === 'good' && !decoded.value.isDurable);
    assert.ok(facts!.endsWith(`.${reception.checksum.toString(16)}`));
    left.perform([{ step: 'rename', from: DRAFT, to: snapshot! }]);
    const { size } = left.list('').find(({ name }) => name === snapshot)!;
    const loaded = readSnapshot(left, snapshot!, size, db.lastZxid, treeOptions);
    assert.equal(imageOf(loaded.database), imageOf(db));
    assert.is(loaded.lastZxid, db.lastZxid);
  });

  test('of which nobody knows the end says nothing of it', () => {
    const db = filledTree(50, 50);
    const disk = new MemoryDisk();
    const reception = begin(db);
    pushAll(reception, sentTree(db), () => 400, disk);
    disk.perform(reception.finish(undefined));
    assert.equal(reception.files, [`snapshots/snapshot.${db.lastZxid.toString(16)}`]);
    assert.is(disk.list('').length, 1);
  });

  test('asks for nothing before a slice has come, and for no more than that', () => {
    const db = filledTree(300, 300);
    const bytes = sentTree(db);
    const reception = begin(db, 5_000);
    reception.push(bytes.subarray(0, 4_900));
    assert.is(reception.next(), undefined);
    reception.push(bytes.subarray(4_900, 5_100));
    assert.equal(
      reception.next()?.map(({ step }) => step),
      ['create', 'write'],
    );
    assert.is(reception.next(), undefined);
  });

  test('leaves nothing when it is given up or is not sound', () => {
    const db = filledTree(300, 300);
    const disk = new MemoryDisk();
    assert.equal(begin(db).abandon(), []);
    const reception = begin(db);
    const bytes = sentTree(db);
    bytes.fill(0xff, bytes.length - 300);
    assert.throws(
      () => pushAll(reception, bytes, () => 500, disk),
      (error: unknown) => error instanceof MalformedError,
    );
    assert.ok(disk.list('').length > 0);
    disk.perform(reception.abandon());
    assert.equal(disk.list(''), []);
  });
});
