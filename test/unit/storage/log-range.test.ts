import { highOf, longOf, lowOf } from '@vivarium/core/internal/base/long';
import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import type { DiskReader } from '@vivarium/core/internal/storage/disk';
import { LogRange } from '@vivarium/core/internal/storage/log-range';
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
  writerAfter,
  zxid,
} from './epoch-logs.js';
import { apacheFiles } from './log-parts.js';
import { diskOf, filesOf, without } from './small-store.js';

function rangeOf(disk: DiskReader, after: bigint, until: bigint): LogRange {
  const range = new LogRange(disk, highOf(after), lowOf(after), highOf(until), lowOf(until));
  while (!range.settled) range.seek();
  return range;
}

/** What a range hands out, and how it ends. */
function readAll(range: LogRange): { readonly read: Entry[]; readonly ending: string } {
  const read: Entry[] = [];
  for (;;) {
    const step = range.next();
    if (step === 'end' || step === 'broken') return { read, ending: step };
    if (step === 'more') continue;
    read.push({ zxid: longOf(range.zxidHigh, range.zxidLow), bytes: range.bytes.slice() });
  }
}

const previousOf = (range: LogRange) => longOf(range.previousHigh, range.previousLow);

suite('a range of the log', (test) => {
  test('is what comes after a transaction, up to another', () => {
    const disk = new MemoryDisk();
    const entries = history([[1, 9]]);
    writeHistory(disk, entries, new Set([3, 6]), 4096);
    const range = rangeOf(disk, zxid(1, 2), zxid(1, 8));
    assert.ok(range.isThere);
    assert.is(range.problem, undefined);
    assert.equal(readAll(range), { read: entries.slice(2, 8), ending: 'end' });
    assert.is(range.next(), 'end');
  });

  for (let seed = 1; seed <= 40; seed++) {
    test(`finds its beginning in any history, and all after it, seed ${seed}`, () => {
      const random = new Random(seed);
      const entries = randomHistory(random);
      if (entries.length === 0) return;
      const disk = new MemoryDisk();
      const rolls = new Set(entries.map((_, at) => at).filter(() => random.chance(25)));
      writeHistory(disk, entries, rolls, random.pick([0, 4096]));
      const until = entries.at(-1)!.zxid;
      const places = entries.flatMap(({ zxid: id }) => [id, id + 1n, (id >> 32n) << 32n]);
      for (const after of [...places, 0n, (until >> 32n) << 32n]) {
        if (after >= until) continue;
        const range = rangeOf(disk, after, until);
        const previous = entries.findLast((each) => each.zxid < after)?.zxid;
        const next = entries.find((each) => each.zxid > after)!.zxid;
        const isThere =
          entries.some((each) => each.zxid === after) ||
          next === after + 1n ||
          (after === 0n && previous === undefined);
        if (!isThere && previous === undefined) {
          assert.match(range.problem ?? '', /nothing shows how it goes on/);
          continue;
        }
        assert.is(range.problem, undefined);
        assert.is(range.isThere, isThere, `${after.toString(16)}`);
        if (!isThere) assert.is(previousOf(range), previous);
        const expected = entries.filter((each) => each.zxid > after);
        assert.equal(readAll(range), { read: expected, ending: 'end' });
      }
    });
  }

  test('reads few bytes at a time, whatever stands in the log', () => {
    const disk = new MemoryDisk();
    const entries: Entry[] = [];
    for (let i = 1; i <= 400; i++) entries.push(entry(zxid(1, i), i % 50 === 0 ? 300_000 : 9000));
    const log = writerAfter(0n, 1 << 20);
    append(log, disk, entries);
    let bytes = 0;
    const counting: DiskReader = {
      list: (folder) => disk.list(folder),
      read: (file, position, length) => {
        const read = disk.read(file, position, length);
        bytes += read.length;
        return read;
      },
    };
    const range = new LogRange(counting, 1, 200, 1, 400);
    let seeks = 0;
    for (; !range.settled; seeks++) {
      bytes = 0;
      range.seek();
      assert.ok(bytes < 900_000, `${bytes} in one call`);
    }
    assert.ok(seeks > 3);
    const written = entries.slice(200).reduce((sum, each) => sum + each.bytes.length + 13, 0);
    assert.is(range.totalBytes, written);
    let count = 0;
    for (let step = range.next(); step !== 'end'; step = range.next()) {
      assert.is(step, 'txn');
      assert.ok(bytes < 900_000, `${bytes} in one call`);
      bytes = 0;
      count++;
    }
    assert.is(count, 200);
  });

  test('measures what it takes without the zeros at the end of logs', () => {
    const disk = new MemoryDisk();
    const entries = history([[1, 30]]);
    writeHistory(disk, entries, new Set([10, 20]), 1 << 20);
    const size = entries[0]!.bytes.length + 13;
    const range = rangeOf(disk, zxid(1, 5), zxid(1, 30));
    assert.is(range.totalBytes, 25 * size + 2 * 16);
    assert.is(rangeOf(disk, zxid(1, 5), zxid(1, 8)).totalBytes, 5 * size);
    /* Apache says nothing of them, and counts the files as well. */
    const theirs = diskOf(apacheFiles(filesOf(disk)));
    assert.ok(rangeOf(theirs, zxid(1, 5), zxid(1, 8)).totalBytes > 1 << 19);
  });

  for (const preAllocSizeBytes of [0, 4096]) {
    test(`goes on in a log that is being written, by ${preAllocSizeBytes} bytes`, () => {
      const disk = new MemoryDisk();
      const entries = history([
        [1, 200],
        [2, 5],
      ]);
      const log = writerAfter(0n, preAllocSizeBytes);
      append(log, disk, entries.slice(0, 10));
      const range = rangeOf(disk, zxid(1, 4), zxid(1, 10));
      const read: bigint[] = [];
      for (let at = 10; at <= entries.length; at++) {
        for (let step = range.next(); step !== 'end'; step = range.next()) {
          if (step === 'txn') read.push(longOf(range.zxidHigh, range.zxidLow));
          else assert.is(step, 'more');
        }
        if (at === entries.length) break;
        if (at % 60 === 0) log.roll();
        append(log, disk, [entries[at]!]);
        range.extend(highOf(entries[at]!.zxid), lowOf(entries[at]!.zxid));
      }
      assert.equal(
        read,
        entries.slice(4).map((each) => each.zxid),
      );
    });
  }

  test('ends where it is told to, not where the log does', () => {
    const disk = new MemoryDisk();
    const entries = history([[1, 9]]);
    writeHistory(disk, entries);
    assert.equal(readAll(rangeOf(disk, zxid(1, 1), zxid(1, 3))).read, entries.slice(1, 3));
  });

  test('is broken, not shorter, when logs are missing, whichever', () => {
    const disk = new MemoryDisk();
    const entries = history([
      [1, 4],
      [2, 4],
      [4, 4],
    ]);
    writeHistory(disk, entries, new Set([2, 4, 6, 8, 10]));
    const files = filesOf(disk);
    const logs = [...files.keys()].filter((name) => name.startsWith('logs/log.'));
    assert.is(logs.length, 6);
    for (let set = 0; set < 64; set++) {
      const gone = logs.filter((_, at) => (set >> at) & 1);
      for (const facts of [false, true]) {
        const names = facts
          ? gone.flatMap((name) => [name, name.replace('/', '/vivarium-')])
          : gone;
        const lacking = without(files, ...names);
        const until = entries.at(-1)!.zxid;
        for (const { zxid: after } of entries.slice(0, -1)) {
          const range = rangeOf(lacking, after, until);
          const expected = entries.filter((each) => each.zxid > after);
          const { read, ending } = readAll(range);
          assert.equal(read, expected.slice(0, read.length));
          if (ending === 'end') assert.is(read.length, expected.length);
          else assert.ok(range.problem !== undefined && range.problem.length > 10);
        }
      }
    }
  });

  test('hands out nothing that is damaged, and nothing behind it', () => {
    const disk = new MemoryDisk();
    const entries = history([
      [1, 3],
      [2, 3],
    ]);
    writeHistory(disk, entries, new Set([4]));
    const files = filesOf(disk);
    const after = entries[0]!.zxid;
    for (const [name, bytes] of files) {
      for (let bit = 0; bit < 8 * bytes.length; bit += 5) {
        const flipped = bytes.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const what = `bit ${bit} of ${name}`;
        const range = rangeOf(diskOf(new Map(files).set(name, flipped)), after, zxid(2, 3));
        const { read, ending } = readAll(range);
        assert.equal(read, entries.slice(1, 1 + read.length), what);
        assert.is(ending === 'end', read.length === entries.length - 1, what);
      }
    }
  });

  test('trusts numbers within an epoch, and only our own notes across epochs', () => {
    const entries = history([
      [1, 4],
      [2, 4],
    ]);
    /* The epoch ends within a log, and with one. */
    for (const rolls of [
      [2, 6],
      [2, 4, 6],
    ]) {
      const disk = new MemoryDisk();
      writeHistory(disk, entries, new Set(rolls));
      const theirs = diskOf(apacheFiles(filesOf(disk)));
      assert.is(readAll(rangeOf(theirs, zxid(1, 1), zxid(1, 4))).ending, 'end');
      const across = readAll(rangeOf(theirs, zxid(1, 1), zxid(2, 4)));
      assert.equal(across, { read: entries.slice(1, 4), ending: 'broken' });
      assert.is(readAll(rangeOf(disk, zxid(1, 1), zxid(2, 4))).ending, 'end');
    }
    /* A log after one that somebody cut does not go on from there. */
    const cut = new MemoryDisk();
    append(writerAfter(0n), cut, entries.slice(0, 2));
    append(writerAfter(zxid(1, 4)), cut, entries.slice(4));
    const cutRange = rangeOf(cut, zxid(1, 1), zxid(2, 4));
    assert.is(readAll(cutRange).ending, 'broken');
    assert.match(cutRange.problem ?? '', /nothing proves that 0x200000001 comes right after/);
  });

  test('passes over what Apache logs twice', () => {
    const entries = history([[1, 6]]);
    const disk = new MemoryDisk();
    writeHistory(disk, entries.slice(0, 3));
    const twice = writerAfter(undefined);
    append(twice, disk, [entry(zxid(1, 3), 0, 77)]);
    append(twice, disk, entries.slice(3));
    const theirs = diskOf(apacheFiles(filesOf(disk)));
    assert.equal(readAll(rangeOf(theirs, zxid(1, 1), zxid(1, 6))), {
      read: entries.slice(1),
      ending: 'end',
    });
  });

  test('begins behind a snapshot where its first log says that it was begun there', () => {
    const at = (previous: bigint | undefined) => {
      const disk = new MemoryDisk();
      append(writerAfter(previous), disk, history([[2, 3]]));
      disk.perform([{ step: 'create', file: 'snapshots/snapshot.10000000a' }]);
      return rangeOf(disk, zxid(1, 10), zxid(2, 3));
    };
    assert.ok(at(zxid(1, 10)).isThere);
    /* A log may have been purged or lost in between, which no snapshot tells. */
    assert.match(at(zxid(1, 12)).problem ?? '', /nothing shows how it goes on after 0x10000000a/);
    assert.match(at(zxid(1, 9)).problem ?? '', /nothing shows/);
    assert.match(at(undefined).problem ?? '', /nothing shows/);
  });

  test('says what is wrong when nothing can be read', () => {
    assert.match(rangeOf(new MemoryDisk(), 1n, 2n).problem ?? '', /no logs/);
    const disk = new MemoryDisk();
    writeHistory(disk, history([[1, 5]]));
    const failing: DiskReader = {
      list: (folder) => disk.list(folder),
      read: () => {
        throw new Error('EIO');
      },
    };
    const range = rangeOf(failing, zxid(1, 1), zxid(1, 5));
    assert.match(range.problem ?? '', /log.100000001 cannot be read: EIO/);
    assert.is(range.next(), 'broken');
    assert.match(rangeOf(disk, zxid(1, 1), zxid(1, 6)).problem ?? 'none', /none/);
    const beyond = rangeOf(disk, zxid(1, 1), zxid(1, 6));
    assert.is(readAll(beyond).ending, 'broken');
    assert.match(beyond.problem ?? '', /ends too early/);
    const without5 = rangeOf(disk, zxid(1, 1), zxid(1, 3));
    disk.perform([{ step: 'remove', file: 'logs/log.100000001' }]);
    without5.extend(1, 5);
    assert.is(readAll(without5).ending === 'end', true);
    assert.throws(() => new LogRange(disk, 1, 5, 1, 5), /not empty/);
  });
});
