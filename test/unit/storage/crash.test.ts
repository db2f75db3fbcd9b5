import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { recover } from '@vivarium/core/internal/storage/recovery';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';
import { imageOf } from './image.js';
import { crashed, FragileDisk, PowerCut, recoveryOptions, replayed, Store, upTo } from './store.js';

const GENERATIONS = 6;

/** Runs until the power is cut, or to the end. */
function untilPowerCut(run: () => void): boolean {
  try {
    run();
    return false;
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
    return true;
  }
}

suite('storage under power cuts', (test) => {
  for (let seed = 1; seed <= 150; seed++) {
    test(`every attested transaction survives and nothing refuses to start, seed ${seed}`, () => {
      const random = new Random(seed);
      const options = {
        preAllocSizeBytes: random.pick([0, 4096, 40_000]),
        maxFileBytes: random.pick([0, 2000, 10_000]),
      };
      let store: Store | undefined;
      let seedOfCrash = seed * 1000;
      for (let generation = 0; generation < GENERATIONS; generation++) {
        const before: Store | undefined = store;
        let disk = before?.disk.disk;
        if (before !== undefined && disk !== undefined) {
          /* Either the power fails or only the process dies, and the system keeps its cache. */
          const cut = (left: MemoryDisk) =>
            random.chance(70) ? crashed(left, seedOfCrash++) : left;
          disk = cut(disk);
          /* Recovery itself may be interrupted, more than once. */
          const fragile = new FragileDisk(disk);
          fragile.stepsLeft = random.below(16);
          untilPowerCut(() => recover(fragile, recoveryOptions()));
          disk = cut(disk);
        }
        const history = before?.history ?? [];
        store = new Store({
          seed: seed + generation * 7,
          history,
          ...options,
          ...(disk && { disk }),
        });
        const { database, digestMismatches, apacheSessions } = store.recovered;
        if (before !== undefined) {
          assert.ok(database.lastZxid >= before.attested, 'an attested transaction was lost');
        }
        assert.is(digestMismatches, 0);
        assert.is(apacheSessions.size, 0, 'a session of ours was taken for one of Apache');
        assert.equal(imageOf(database), imageOf(replayed(upTo(history, database.lastZxid))));
        if (generation === GENERATIONS - 1) break;
        const running = store;
        running.disk.stepsLeft = random.below(random.pick([3, 30, 200, 600]));
        untilPowerCut(() => {
          running.live(random.pick([20, 100]));
          if (random.chance(20)) running.shutDown();
        });
      }
    });
  }
});

suite('storage with forceSync=no', (test) => {
  test('loses nothing when the process alone dies', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const store = new Store({ seed, sync: false, maxFileBytes: seed % 2 === 0 ? 3000 : 0 });
      store.live(80);
      const { disk } = store.disk;
      const next = new Store({ seed, disk, history: store.history, sync: false });
      assert.is(next.database.lastZxid, store.attested);
      assert.equal(imageOf(next.database), imageOf(store.database));
      assert.is(next.recovered.apacheSessions.size, 0);
    }
  });

  test('makes durable what it finds when forceSync=yes comes back', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const store = new Store({ seed, sync: false, maxFileBytes: seed % 2 === 0 ? 3000 : 0 });
      store.live(80);
      const next = new Store({ seed, disk: store.disk.disk, history: store.history });
      next.append(3);
      next.flush();
      const later = new Store({ seed, disk: crashed(next.disk.disk, seed), history: next.history });
      assert.is(later.database.lastZxid, next.attested, `seed ${seed}`);
      assert.equal(imageOf(later.database), imageOf(next.database), `seed ${seed}`);
    }
  });
});
