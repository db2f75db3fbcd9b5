import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import type { DiskReader } from '@vivarium/core/internal/storage/disk';
import { CHUNK_BYTES, ChangedLogError } from '@vivarium/core/internal/storage/log-index';
import { LogPast, type PastStep } from '@vivarium/core/internal/storage/log-past';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';
import {
  append,
  type Entry,
  entry,
  history,
  randomHistory,
  writeHistory,
  zxid,
} from './epoch-logs.js';
import { diskOf, filesOf, without } from './small-store.js';

/** Numbers of what is told, newest first, and the places where something is missing. */
function told(past: LogPast, from: bigint, until: bigint) {
  const zxids: bigint[] = [];
  const gaps: unknown[] = [];
  for (const step of past.back(from, until)) {
    if (step.type === 'txn') zxids.push(step.header.zxid);
    else if (step.type === 'gap') gaps.push(step.gap);
  }
  return { zxids, gaps };
}

const backwards = (entries: readonly Entry[], from: bigint) => {
  return entries
    .map((each) => each.zxid)
    .filter((each) => each <= from)
    .reverse();
};

/** Many records of a few kilobytes, in one log of several chunks. */
function long(count: number): Entry[] {
  return Array.from({ length: count }, (_, at) => entry(zxid(1, at + 1), 5_000, 1_000 + at));
}

/** A disk that counts what is read of it. */
function counted(disk: DiskReader) {
  const seen = { bytes: 0 };
  const reader: DiskReader = {
    list: (folder) => disk.list(folder),
    read: (file, position, length) => {
      const bytes = disk.read(file, position, length);
      seen.bytes += bytes.length;
      return bytes;
    },
  };
  return { seen, reader };
}

suite('the past in the logs', (test) => {
  test('is told newest first, from wherever it is asked for, across files and epochs', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Random(seed);
      const entries = randomHistory(random);
      if (entries.length === 0) continue;
      const rolls = new Set(entries.map((_, at) => at).filter(() => random.chance(25)));
      const disk = new MemoryDisk();
      writeHistory(disk, entries, rolls, random.chance(50) ? 4096 : 0);
      const past = new LogPast(disk);
      const until = entries.at(-1)!.zxid;
      for (const { zxid: from } of [...entries, ...entries].reverse()) {
        assert.equal(told(past, from, until), { zxids: backwards(entries, from), gaps: [] });
      }
      assert.equal(told(past, entries[0]!.zxid - 1n, until).zxids, []);
    }
  });

  test('never tells what lies behind the last transaction that was applied', () => {
    const entries = history([[1, 9]]);
    const disk = new MemoryDisk();
    writeHistory(disk, entries);
    const until = zxid(1, 6);
    assert.equal(told(new LogPast(disk), until, until).zxids, backwards(entries, until));
  });

  test('goes on with a log that grows', () => {
    const entries = history([[1, 30]]);
    const disk = new MemoryDisk();
    const log = writeHistory(disk, entries.slice(0, 10), new Set(), 8192);
    const past = new LogPast(disk);
    assert.is(told(past, zxid(1, 10), zxid(1, 10)).zxids.length, 10);
    append(log, disk, entries.slice(10));
    assert.equal(told(past, zxid(1, 30), zxid(1, 30)).zxids, backwards(entries, zxid(1, 30)));
  });

  test('is read in pieces, of which each is small, and from its middle at once', () => {
    const disk = new MemoryDisk();
    const entries = long(400);
    writeHistory(disk, entries);
    const { seen, reader } = counted(disk);
    const past = new LogPast(reader);
    const until = entries.at(-1)!.zxid;
    const most = 2 * CHUNK_BYTES + 200_000;
    for (const step of past.back(until, until)) {
      if (step.type !== 'work') continue;
      assert.ok(seen.bytes < most, String(seen.bytes));
      seen.bytes = 0;
    }
    const steps: PastStep[] = [];
    for (const step of past.back(zxid(1, 200), until)) {
      steps.push(step);
      if (steps.length === 10) break;
    }
    assert.ok(seen.bytes < most, String(seen.bytes));
    assert.equal(
      steps.map((step) => step.type === 'txn' && step.header.zxid),
      backwards(entries, zxid(1, 200)).slice(0, 10),
    );
  });

  test('says where a log is missing, and where it does not reach to the present', () => {
    const entries = history([[1, 12]]);
    const whole = new MemoryDisk();
    writeHistory(whole, entries, new Set([4, 8]));
    const holed = without(filesOf(whole), 'logs/log.100000005');
    const past = new LogPast(holed);
    const gap = { after: zxid(1, 4), before: zxid(1, 9) };
    const { zxids, gaps } = told(past, zxid(1, 12), zxid(1, 12));
    assert.equal(
      zxids,
      [12, 11, 10, 9, 4, 3, 2, 1].map((at) => zxid(1, at)),
    );
    assert.equal(gaps, [gap]);
    const later = told(new LogPast(whole), zxid(1, 20), zxid(1, 20));
    assert.equal(later.gaps, [{ after: zxid(1, 12), before: undefined }]);
  });

  test('says so of a log of which not even the first transaction can be read', () => {
    const entries = history([[1, 12]]);
    const whole = new MemoryDisk();
    writeHistory(whole, entries, new Set([4, 8]));
    for (const [file, gap] of [
      ['logs/log.100000005', { after: zxid(1, 4), before: zxid(1, 9) }],
      ['logs/log.100000009', { after: zxid(1, 8), before: undefined }],
    ] as const) {
      const files = filesOf(whole);
      files.set(file, files.get(file)!.slice(0, 30));
      const { gaps } = told(new LogPast(diskOf(files)), zxid(1, 12), zxid(1, 12));
      assert.equal(gaps, [gap]);
    }
  });

  test('says where the end of an epoch is missing, which numbers do not tell', () => {
    const entries = history([
      [1, 6],
      [2, 3],
    ]);
    const whole = new MemoryDisk();
    writeHistory(whole, entries, new Set([4, 6]));
    const holed = without(filesOf(whole), 'logs/log.100000005');
    const { gaps } = told(new LogPast(holed), zxid(2, 3), zxid(2, 3));
    assert.equal(gaps, [{ after: zxid(1, 4), before: zxid(2, 1) }]);
  });

  test('notices that a log is not the one that it knows', () => {
    const disk = new MemoryDisk();
    writeHistory(disk, long(200));
    const files = filesOf(disk);
    const past = new LogPast({
      list: (folder) => current().list(folder),
      read: (file, position, length) => current().read(file, position, length),
    });
    let shown = files;
    const current = () => diskOf(shown);
    const until = zxid(1, 200);
    assert.is(told(past, until, until).zxids.length, 200);
    const other = new MemoryDisk();
    writeHistory(
      other,
      long(200).map(({ zxid: id }) => entry(id, 5_000, 7)),
    );
    shown = filesOf(other);
    assert.throws(
      () => told(past, until, until),
      (error: unknown) => error instanceof ChangedLogError,
    );
    past.forget();
    assert.is(told(past, until, until).zxids.length, 200);
    shown = new Map();
    assert.equal(told(past, until, until).zxids, []);
  });

  test('knows the last transaction of a time', () => {
    const disk = new MemoryDisk();
    const entries = long(200);
    writeHistory(disk, entries, new Set([70, 150]));
    const past = new LogPast(disk);
    const until = entries.at(-1)!.zxid;
    const at = (time: number, end = until) => {
      const steps = past.atTime(time, end);
      for (;;) {
        const { value, done } = steps.next();
        if (done === true) return value?.zxid;
      }
    };
    for (const time of [1_000, 1_069, 1_070, 1_100, 1_199]) {
      assert.is(at(time), zxid(1, time - 999), String(time));
    }
    assert.is(at(999), undefined);
    assert.is(at(9_999), until);
    assert.is(at(9_999, zxid(1, 90)), zxid(1, 90));
  });
});
