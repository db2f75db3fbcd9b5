/**
 * A follower of Apache ZooKeeper 3.8 that gives up being brought up to date and begins anew logs
 * once more what it gets again, mixed with what is still on its way from before.
 */
import { concatBytes } from '@vivarium/core/internal/base/bytes';
import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { LogWriter } from '@vivarium/core/internal/storage/log-writer';
import { planTruncation } from '@vivarium/core/internal/storage/truncation';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { readTxn, type TxnBody, txnTypes, writeTxn } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { FILE_HEADER_BYTES, recordsIn } from '../../sim/inside/log-records.js';
import { suite } from '../../support/suite.js';
import { apacheFiles, freshDisk } from './log-parts.js';
import { diskOf, filesOf, smallStore, startOn } from './small-store.js';
import { recoveryOptions } from './store.js';

const whole = smallStore('shut down');
const withSnapshot = smallStore('shut down', { snapshotAfter: 3 });
const MULTI = 7;

/** A log's records as they stand there, by their numbers. */
function recordsOf(log: Uint8Array): ReadonlyMap<number, Uint8Array> {
  let at = FILE_HEADER_BYTES;
  return new Map(
    recordsIn(log, at).map(({ zxid, end }) => {
      const record = log.subarray(at, end);
      at = end;
      return [Number(zxid), record];
    }),
  );
}

/** Files in which a log holds these records, in this order. */
function logging(
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
  numbers: readonly number[],
  other: ReadonlyMap<number, Uint8Array> = new Map(),
): Map<string, Uint8Array> {
  const log = files.get(name)!;
  const records = recordsOf(log);
  const seen = new Set<number>();
  const parts = numbers.map((number) => {
    const again = seen.has(number) ? other.get(number) : undefined;
    seen.add(number);
    return again ?? records.get(number)!;
  });
  const bytes = concatBytes([log.subarray(0, FILE_HEADER_BYTES), ...parts]);
  return new Map(files).set(name, bytes);
}

const ours = filesOf(whole.disk);
const theirs = apacheFiles(ours);

/** The record of a transaction with another body. */
function recordWith(number: number, body: TxnBody): Uint8Array {
  const { bytes } = recordsIn(ours.get('logs/log.1')!, FILE_HEADER_BYTES)[number - 1]!;
  const txn = readTxn(new Reader(bytes));
  const disk: MemoryDisk = freshDisk();
  const log = new LogWriter({ preAllocSizeBytes: 0, maxFileBytes: 0, sync: true, dbId: 0n });
  writeTxn(log.begin(0, number), { ...txn, body });
  log.end();
  disk.perform(log.takeFlush());
  disk.perform(log.shutDown());
  return recordsOf(filesOf(disk).get(`logs/log.${number}`)!).get(number)!;
}

suite('what a log of Apache’s says twice', (test) => {
  const orders: Readonly<Record<string, readonly number[]>> = {
    'after a stretch': [1, 2, 3, 4, 5, 3, 4, 5, 6, 7, 8],
    'as a part of a stretch': [1, 2, 3, 4, 5, 6, 3, 4, 5, 6, 7, 8],
    'again and again': [1, 2, 1, 2, 3, 1, 2, 3, 4, 5, 6, 7, 8],
    'amid what comes next': [1, 2, 3, 4, 2, 5, 3, 6, 4, 7, 5, 8],
    'at the end': [1, 2, 3, 4, 5, 6, 7, 8, 5, 6],
  };
  for (const [where, order] of Object.entries(orders)) {
    test(`counts once: ${where}`, () => {
      const { refusal, count, image } = startOn(diskOf(logging(theirs, 'logs/log.1', order)));
      assert.is(refusal?.message, undefined);
      assert.is(count, 8);
      assert.equal(image, whole.images[8]);
    });
  }

  test('counts once when Apache has made errors of the parts of a multi in between', () => {
    const failed: TxnBody = {
      type: txnTypes.multi,
      txns: [
        { type: txnTypes.error, err: 8 },
        { type: txnTypes.error, err: 14 },
      ],
    };
    const other = new Map([[MULTI, recordWith(MULTI, failed)]]);
    const files = logging(theirs, 'logs/log.1', [1, 2, 3, 4, 5, 6, 7, 6, 7, 8], other);
    assert.equal(startOn(diskOf(files)).image, whole.images[8]);
  });

  test('counts once behind a snapshot, also what stands in no log that is read', () => {
    const files = apacheFiles(filesOf(withSnapshot.disk));
    const earlier = recordsOf(files.get('logs/log.1')!);
    const log = files.get('logs/log.5')!;
    const own = recordsOf(log);
    const parts = [5, 6, 3, 4, 5, 6, 7, 8].map((number) => own.get(number) ?? earlier.get(number)!);
    const bytes = concatBytes([log.subarray(0, FILE_HEADER_BYTES), ...parts]);
    const { count, image } = startOn(diskOf(files.set('logs/log.5', bytes)));
    assert.is(count, 8);
    assert.equal(image, withSnapshot.images[8]);
  });

  test('is cut off like the rest behind the end that a leader wants', () => {
    const disk = diskOf(logging(theirs, 'logs/log.1', [1, 2, 3, 4, 5, 6, 3, 4, 5, 6, 7, 8]));
    disk.perform(planTruncation(disk, 5n, recoveryOptions()).steps);
    const left = [...recordsOf(filesOf(disk).get('logs/log.1')!).keys()];
    assert.equal(left, [1, 2, 3, 4, 5]);
    assert.equal(startOn(disk).image, whole.images[5]);
  });

  test('is refused where it is not the same', () => {
    const other = new Map([[4, recordWith(4, { type: txnTypes.error, err: -1 })]]);
    const files = logging(theirs, 'logs/log.1', [1, 2, 3, 4, 5, 3, 4, 5, 6], other);
    assert.match(startOn(diskOf(files)).refusal?.message ?? '', /transaction 0x4 after 0x5/);
  });

  test('is refused where something is missing behind it', () => {
    const files = logging(theirs, 'logs/log.1', [1, 2, 3, 4, 5, 3, 4, 7, 8]);
    assert.match(startOn(diskOf(files)).refusal?.message ?? '', /between 0x5 and 0x7 are missing/);
  });

  test('is refused in a log of ours', () => {
    const facts = ours.get('logs/vivarium-log.1')!;
    const files = logging(ours, 'logs/log.1', [1, 2, 3, 4, 5, 3, 4, 5, 6, 7, 8]);
    assert.ok(facts.length > 0);
    assert.match(startOn(diskOf(files)).refusal?.message ?? '', /transaction 0x3 after 0x5/);
  });
});
