import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { Random as Chance } from '@vivarium/core/internal/local/random';
import type { DiskStep } from '@vivarium/core/internal/storage/disk';
import { recover } from '@vivarium/core/internal/storage/recovery';
import { installSteps } from '@vivarium/core/internal/storage/snapshot-install';
import { SnapshotReception } from '@vivarium/core/internal/storage/snapshot-reception';
import { SnapshotSender } from '@vivarium/core/internal/storage/snapshot-sender';
import { Database } from '@vivarium/core/internal/tree/database';
import type { Txn } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';
import { Workload } from '../tree/workload.js';
import { imageOf } from './image.js';
import { diskOf, filesOf } from './small-store.js';
import { FragileDisk, PowerCut, recoveryOptions, Store } from './store.js';

/** 200 seeds with 20 images after each step passed when this was written. */
const IMAGES = 5;
const SEEDS = 12;
const databaseOptions = { extendedTypes: true, digest: true };

/** What a leader sent while it went on. */
interface Sent {
  readonly reception: SnapshotReception;
  /** What is to be written while it comes. */
  readonly slices: readonly (readonly DiskStep[])[];
  readonly database: Database;
  readonly endZxid: bigint;
  /** What the leader applied meanwhile, and what its tree is then. */
  readonly meanwhile: readonly Txn[];
  readonly leader: Database;
}

/** A snapshot of a leader that has made `count` transactions. */
function sentBy(random: Random, count: number, perSlice: number): Sent {
  const leader = new Database(databaseOptions);
  const work = new Workload(leader, random, true);
  for (let i = 0; i < count; i++) leader.apply(work.next());
  const { lastZxidHigh, lastZxidLow } = leader;
  const reception = new SnapshotReception(lastZxidHigh, lastZxidLow, {
    database: databaseOptions,
    digest: true,
    dbId: -1n,
    sliceBytes: 2_000,
    apacheSessions: new Set(),
  });
  const sender = new SnapshotSender(leader, { sliceNodes: 10 });
  const meanwhile: Txn[] = [];
  const slices: (readonly DiskStep[])[] = [];
  for (;;) {
    const rest = reception.push(sender.next());
    const steps = reception.next();
    if (steps !== undefined) slices.push(steps);
    if (rest !== undefined) break;
    for (let i = 0; i < perSlice; i++) {
      const txn = work.next();
      meanwhile.push(txn);
      leader.apply(txn);
    }
  }
  const { database } = reception;
  return { reception, slices, database, endZxid: sender.endZxid, meanwhile, leader };
}

/** All that is written before the end of it is known to be durable. */
function* written({ reception, slices, endZxid }: Sent, isKnown: boolean): Generator<DiskStep> {
  for (const steps of slices) yield* steps;
  yield* reception.finish(isKnown ? endZxid : undefined);
}

/** All that happens on disk from the first slice to the end. */
function* stepsOn(disk: MemoryDisk, sent: Sent, isKnown: boolean): Generator<DiskStep> {
  yield* written(sent, isKnown);
  yield* installSteps(disk, sent.reception);
}

function* imagesOf(disk: MemoryDisk, what: string): Generator<MemoryDisk> {
  yield diskOf(filesOf(disk));
  yield disk.durableImage();
  for (let seed = 0; seed < IMAGES; seed++) yield disk.afterCrash(new Chance(seed, what));
}

/** A start that is interrupted a few times before it succeeds. */
function recoverAtLast(disk: MemoryDisk, what: string) {
  let left = disk;
  for (const stepsLeft of [1, 4, 9]) {
    const fragile = new FragileDisk(left);
    fragile.stepsLeft = stepsLeft;
    try {
      recover(fragile, recoveryOptions());
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
    }
    left = fragile.disk.afterCrash(new Chance(stepsLeft, what));
  }
  return recover(left, recoveryOptions());
}

suite('installing a received snapshot', (test) => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    test(`leaves all of the old history or the new one, whenever it crashes, seed ${seed}`, () => {
      const random = new Random(seed);
      /* Another history under the same numbers: whatever is mixed shows. */
      const store = new Store({ seed: seed + 1000, preAllocSizeBytes: random.pick([0, 4096]) });
      store.live(random.pick([0, 60, 120]));
      store.flush();
      store.abandonSnapshot();
      const disk = diskOf(filesOf(store.disk.disk));
      const old = imageOf(store.database);
      const sent = sentBy(random, random.pick([3, 40, 150, 400]), seed % 3);
      const isKnown = seed % 4 !== 0;
      const fresh = imageOf(sent.database);
      const count = { old: 0, fresh: 0 };
      let done = 0;
      const look = (isOver: boolean) => {
        for (const image of imagesOf(disk, `${done}`)) {
          const what = `after ${done} steps`;
          const { database, fuzzyUntil, tailIsProof } = recoverAtLast(image, what);
          assert.ok(tailIsProof, what);
          if (database.lastZxid !== sent.database.lastZxid) {
            assert.equal(imageOf(database), old, what);
            count.old++;
            assert.not.ok(isOver, what);
            continue;
          }
          assert.equal(imageOf(database), fresh, what);
          const isAhead = isKnown && sent.endZxid > sent.database.lastZxid;
          assert.is(fuzzyUntil, isAhead ? sent.endZxid : undefined);
          for (const txn of sent.meanwhile) database.apply(txn);
          assert.equal(imageOf(database), imageOf(sent.leader), what);
          count.fresh++;
        }
      };
      for (const step of stepsOn(disk, sent, isKnown)) {
        look(false);
        disk.perform([step]);
        done++;
      }
      look(true);
      assert.ok(count.old > IMAGES && count.fresh > 3 * IMAGES, JSON.stringify(count));
      const names = disk.list('').map(({ name }) => name);
      assert.equal(
        names.filter((name) => !name.includes('vivarium-old-')).sort(),
        [...sent.reception.files].sort(),
      );
      const next = new Store({ seed, disk, history: [] });
      assert.is(next.database.lastZxid, sent.database.lastZxid);
    });
  }

  test('keeps the old files under names that nobody reads', () => {
    const store = new Store({ seed: 1 });
    store.live(100);
    store.flush();
    store.snapshot();
    const before = filesOf(store.disk.disk);
    const sent = sentBy(new Random(5), 10, 0);
    store.disk.perform([...written(sent, true)]);
    store.disk.perform(installSteps(store.disk, sent.reception));
    const after = filesOf(store.disk.disk);
    for (const [name, bytes] of before) {
      const [folder, file = ''] = name.split('/');
      if (!file.startsWith('vivarium'))
        assert.equal(after.get(`${folder}/vivarium-old-${file}`), bytes);
      assert.not.ok(after.has(name), name);
    }
    assert.equal(installSteps(store.disk), []);
  });

  test('replaces what is damaged', () => {
    const store = new Store({ seed: 2 });
    store.append(30);
    store.flush();
    store.shutDown();
    const files = filesOf(store.disk.disk);
    const log = [...files.keys()].find((name) => name.startsWith('logs/log.'))!;
    const damaged = files.get(log)!.slice();
    damaged[60]! ^= 1;
    const disk = diskOf(new Map(files).set(log, damaged));
    assert.throws(() => recover(disk, recoveryOptions()), /durable is damaged/);
    const sent = sentBy(new Random(5), 10, 0);
    for (const step of stepsOn(disk, sent, true)) disk.perform([step]);
    assert.equal(imageOf(recover(disk, recoveryOptions()).database), imageOf(sent.database));
  });

  test('that is given up before its last step leaves the old history alone', () => {
    const store = new Store({ seed: 3 });
    store.append(30);
    store.flush();
    const sent = sentBy(new Random(6), 100, 1);
    store.disk.perform([...written(sent, true)]);
    for (const abandoned of [false, true]) {
      if (abandoned) store.disk.perform(sent.reception.abandon());
      const { database } = recover(diskOf(filesOf(store.disk.disk)), recoveryOptions());
      assert.equal(imageOf(database), imageOf(store.database));
    }
    store.append(5);
    store.flush();
    const { database } = recover(store.disk.disk.durableImage(), recoveryOptions());
    assert.equal(imageOf(database), imageOf(store.database));
  });
});
