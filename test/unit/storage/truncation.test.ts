import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { Random as Chance } from '@vivarium/core/internal/local/random';
import { CommittedLog } from '@vivarium/core/internal/storage/committed-log';
import type { DiskStep } from '@vivarium/core/internal/storage/disk';
import { recover } from '@vivarium/core/internal/storage/recovery';
import { SnapshotWriter } from '@vivarium/core/internal/storage/snapshot-writer';
import { planTruncation, TruncationError } from '@vivarium/core/internal/storage/truncation';
import type { Txn } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';
import { append, history as entriesOf, writeHistory, writerAfter, zxid } from './epoch-logs.js';
import { imageOf } from './image.js';
import { apacheFiles } from './log-parts.js';
import { diskOf, filesOf } from './small-store.js';
import { recoveryOptions, replayed, Store, upTo } from './store.js';

/** 300 seeds with 20 images after each step passed when this was written. */
const IMAGES = 4;
const SEEDS = 12;

/** A store that has lived for a while, with everything flushed. */
function storeOf(seed: number): Store {
  const random = new Random(seed);
  const store = new Store({
    seed,
    preAllocSizeBytes: random.pick([0, 4096]),
    maxFileBytes: random.pick([0, 1500, 4000]),
    sync: seed % 8 !== 7,
  });
  store.live(60 + random.below(80));
  store.flush();
  store.abandonSnapshot();
  return store;
}

/** What power cuts and kills may leave of a disk; the first image is the disk itself. */
function* imagesOf(disk: MemoryDisk, what: string): Generator<MemoryDisk> {
  yield diskOf(filesOf(disk));
  yield disk.durableImage();
  for (let seed = 0; seed < IMAGES; seed++) yield disk.afterCrash(new Chance(seed, what));
}

const images = new WeakMap<readonly Txn[], Map<bigint, unknown>>();

/** What a history says after a transaction. */
function imageAfter(history: readonly Txn[], lastZxid: bigint): unknown {
  const known = images.get(history) ?? new Map<bigint, unknown>();
  images.set(history, known);
  if (!known.has(lastZxid)) known.set(lastZxid, imageOf(replayed(upTo(history, lastZxid))));
  return known.get(lastZxid);
}

/** Checks that a start finds a part of the history, at least up to a transaction. */
function demandPrefix(
  disk: MemoryDisk,
  history: readonly Txn[],
  { least, most, what }: { readonly least: bigint; readonly most: bigint; readonly what: string },
): void {
  const { database, apacheSessions, digestMismatches } = recover(disk, recoveryOptions());
  const { lastZxid } = database;
  assert.ok(lastZxid >= least && lastZxid <= most, `${what}: ends with ${lastZxid.toString(16)}`);
  assert.equal(imageOf(database), imageAfter(history, lastZxid), what);
  assert.is(apacheSessions.size, 0, what);
  assert.is(digestMismatches, 0, what);
}

/** Applies steps one by one to a copy, and looks at what a crash would leave after each. */
function demandSafe(
  start: MemoryDisk,
  steps: readonly DiskStep[],
  demand: (image: MemoryDisk, stepsDone: number) => void,
): void {
  for (let done = 0; done <= steps.length; done++) {
    for (const image of imagesOf(start, `${done}`)) demand(image, done);
    if (done < steps.length) start.perform([steps[done]!]);
  }
}

const snapshotOf = (start: bigint) => `snapshot.${start.toString(16)}`;

let planned = 0;

suite('cutting a history', (test) => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    test(`survives a crash after every step, seed ${seed}`, () => {
      const random = new Random(seed * 77);
      const { disk, history, attested: most } = storeOf(seed);
      const files = filesOf(disk.disk);
      for (let round = 0; round < 2; round++) {
        const cut = history[Math.max(0, history.length - 1 - random.below(50))]!.header.zxid;
        const copy = diskOf(files);
        const what = `cut behind ${cut.toString(16)} of ${most.toString(16)}`;
        let plan: ReturnType<typeof planTruncation>;
        try {
          plan = planTruncation(copy, cut, recoveryOptions());
        } catch (error) {
          assert.instance(error, TruncationError, `${what}: ${error}`);
          continue;
        }
        planned++;
        assert.is(plan.recovered.database.lastZxid, cut);
        demandSafe(copy, plan.steps, (image, done) => {
          const isOver = done === plan.steps.length;
          const expected = { least: cut, most: isOver ? cut : most, what: `${what}, ${done} done` };
          demandPrefix(image, history, expected);
        });
        assert.equal(imageOf(plan.recovered.database), imageOf(replayed(upTo(history, cut))));
        const again = planTruncation(copy, cut, recoveryOptions());
        assert.equal(
          again.steps.filter(({ step }) => step === 'remove' || step === 'truncate'),
          [],
        );
      }
    });
  }

  test('was looked at in most of these histories', () => assert.ok(planned > SEEDS));

  test('a history goes on behind the cut, and never finds what was cut', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = new Random(seed);
      const { disk, history } = storeOf(seed);
      const cut = history[history.length - 1 - random.below(10)]!.header.zxid;
      let recovered: ReturnType<typeof recover>;
      try {
        const plan = planTruncation(disk.disk, cut, recoveryOptions());
        disk.perform(plan.steps);
        recovered = plan.recovered;
      } catch (error) {
        assert.instance(error, TruncationError);
        continue;
      }
      const known = [...upTo(history, cut)];
      const next = new Store({ seed: seed + 1, disk: disk.disk, history: known });
      assert.is(next.database.lastZxid, cut);
      assert.equal(imageOf(next.database), imageOf(recovered.database));
      assert.is(recovered.lastSnapshotZxid, next.recovered.lastSnapshotZxid);
      assert.is(recovered.transactionsSinceSnapshot, next.recovered.transactionsSinceSnapshot);
      assert.equal(recovered.retention.purgeSteps(1), next.recovered.retention.purgeSteps(1));
      next.live(60);
      next.flush();
      for (const image of imagesOf(next.disk.disk, `${seed}`)) {
        const expected = { least: next.attested, most: next.attested, what: `seed ${seed}` };
        demandPrefix(image, next.history, expected);
      }
    }
  });

  test('removes the snapshots that show what is cut (ZOOKEEPER-1549)', () => {
    const store = new Store({ seed: 3 });
    store.append(20);
    store.flush();
    store.snapshot();
    store.append(10);
    store.flush();
    const cut = store.database.lastZxid;
    /* One that began at the cut, but shows what came later. */
    store.snapshotSlice(1);
    store.append(3);
    store.flush();
    store.snapshot();
    assert.ok(store.disk.list('snapshots/').some(({ name }) => name === snapshotOf(cut)));
    store.append(3);
    store.flush();
    store.snapshot();
    const names = () => store.disk.list('snapshots/').map(({ name }) => name);
    assert.ok(names().filter((name) => name.startsWith('snapshot.')).length >= 3);
    const { steps } = planTruncation(store.disk, cut, recoveryOptions());
    store.disk.perform(steps);
    const left = names().filter((name) => name.includes('snapshot.'));
    assert.equal(left.filter((name) => name.startsWith('snapshot.')).sort(), [
      'snapshot.0',
      snapshotOf(store.history[19]!.header.zxid),
    ]);
    assert.is(left.length, 4);
    demandPrefix(store.disk.disk, store.history, { least: cut, most: cut, what: 'after it' });
  });

  test('of Apache ZooKeeper works on its logs, and asks for a snapshot that says where it ends', () => {
    const store = new Store({ seed: 4, preAllocSizeBytes: 4096 });
    store.append(10);
    store.flush();
    store.snapshot();
    store.append(30);
    store.flush();
    const cut = store.database.lastZxid - 7n;
    const theirs = diskOf(apacheFiles(filesOf(store.disk.disk)));
    const { steps } = planTruncation(theirs, cut, recoveryOptions());
    demandSafe(theirs, steps, (image, done) => {
      const { database } = recover(image, recoveryOptions());
      assert.ok(database.lastZxid >= cut);
      if (done === steps.length) assert.is(database.lastZxid, cut);
      const expected = imageOf(replayed(upTo(store.history, database.lastZxid)));
      assert.equal(imageOf(database), expected);
    });
    const silent = new MemoryDisk();
    const database = replayed(upTo(store.history, cut - 9n));
    const snapshot = new SnapshotWriter(database, {
      digest: false,
      lastZxid: false,
      dbId: -1n,
      sliceNodes: 100,
      sync: true,
      apacheSessions: new Set(),
    });
    while (!snapshot.done) silent.perform(snapshot.next());
    silent.perform([{ step: 'remove', file: snapshot.files[1]! }]);
    assert.throws(
      () => planTruncation(silent, cut - 9n, recoveryOptions()),
      /no snapshot from before it is left/,
    );
  });

  test('leaves alone what is kept in memory of committed transactions', () => {
    const store = new Store({ seed: 8 });
    store.append(20);
    store.flush();
    const committed = new CommittedLog();
    committed.add(9, 9, new Uint8Array(1));
    const cut = store.history[12]!.header.zxid;
    planTruncation(store.disk, cut, { ...recoveryOptions(), ...{ committed } });
    assert.throws(() => planTruncation(store.disk, 5n, { ...recoveryOptions(), ...{ committed } }));
    assert.is(committed.newest?.zxidHigh, 9);
    assert.is(committed.size, 1);
  });

  test('is refused when the transaction is not in the history, and then nothing is to be done', () => {
    const store = new Store({ seed: 5 });
    store.append(30);
    store.flush();
    const { lastZxid } = store.database;
    const first = store.history[0]!.header.zxid;
    for (const missing of [lastZxid + 1n, first - 1n, lastZxid + (1n << 32n)]) {
      assert.throws(
        () => planTruncation(store.disk, missing, recoveryOptions()),
        (error: unknown) =>
          error instanceof TruncationError &&
          error.message.includes(`cut behind 0x${missing.toString(16)}: it has no such`),
      );
    }
    assert.throws(() => planTruncation(new MemoryDisk(), 5n, recoveryOptions()), /no snapshot/);
    const late = new Store({ seed: 6 });
    late.append(10);
    late.flush();
    late.snapshot();
    late.append(10);
    late.flush();
    late.snapshot();
    late.purge(1);
    assert.throws(
      () => planTruncation(late.disk, late.history[12]!.header.zxid, recoveryOptions()),
      /no snapshot from before it is left/,
    );
  });

  test('at a snapshot or between two epochs cuts all that follows', () => {
    const disk = new MemoryDisk();
    recover(disk, recoveryOptions());
    const entries = entriesOf([
      [1, 6],
      [2, 4],
    ]);
    const log = writeHistory(disk, entries.slice(0, 6), new Set([2, 4]));
    log.roll();
    append(log, disk, entries.slice(6));
    disk.perform(log.shutDown());
    for (const [cut, logs] of [
      [zxid(1, 6), 3],
      [zxid(1, 4), 2],
      [zxid(2, 4), 4],
      [zxid(1, 1), 1],
      [0n, 0],
    ] as const) {
      const copy = diskOf(filesOf(disk));
      copy.perform(planTruncation(copy, cut, recoveryOptions()).steps);
      assert.is(recover(copy, recoveryOptions()).database.lastZxid, cut);
      const left = copy.list('logs/').map(({ name }) => name);
      assert.is(left.filter((name) => name.startsWith('log.')).length, logs, `${cut}`);
      assert.is(left.length, 2 * logs);
      const next = writerAfter(cut);
      append(next, copy, entriesOf([[7, 3]]));
      assert.is(recover(copy, recoveryOptions()).database.lastZxid, zxid(7, 3));
    }
    /* What stands between two epochs is in no history. */
    const between = () => planTruncation(disk, zxid(2, 0), recoveryOptions());
    assert.throws(between, /no such transaction, and the last one before it is 0x100000006/);
  });
});
