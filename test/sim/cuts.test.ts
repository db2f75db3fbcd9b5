import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { Random as Chance } from '@vivarium/core/internal/local/random';
import { recover } from '@vivarium/core/internal/storage/recovery';
import { RefusedStartError } from '@vivarium/core/internal/storage/refused-start';
import { planTruncation } from '@vivarium/core/internal/storage/truncation';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { recoveryOptions, Store } from '../unit/storage/store.js';
import { Random } from '../unit/tree/random.js';
import { Meanings } from './inside/meanings.js';
import { ServerLog } from './inside/server-log.js';
import { Violation } from './violation.js';

const SEEDS = 5;
const IMAGES = 2;
const SLOW = { timeoutMs: 60_000 };

/** Several logs and snapshots, all durable. */
function storeOf(seed: number, random: Random): Store {
  const store = new Store({ seed, maxFileBytes: 1_500 });
  for (let part = 0; part < 4; part++) {
    store.append(10 + random.below(20));
    store.flush();
    if (part !== 1) store.snapshot();
  }
  return store;
}

function followed(disk: MemoryDisk): ServerLog {
  const parts = { who: 's1', disk, meanings: new Meanings(), isAlone: false, cut: () => {} };
  const log = new ServerLog(parts);
  log.begin(disk);
  return log;
}

/** Whether a power cut may leave more than a history ends with; refused starts do not count. */
function comesBackIn(disk: MemoryDisk, what: string, lastZxid: bigint): boolean {
  const images = [disk.durableImage()];
  for (let n = 0; n < IMAGES; n++) images.push(disk.afterCrash(new Chance(n, what)));
  return images.some((image) => {
    try {
      return recover(image, recoveryOptions()).database.lastZxid > lastZxid;
    } catch (error) {
      assert.instance(error, RefusedStartError);
      return false;
    }
  });
}

/** What the judge says: whether a power cut may bring back what was cut off. */
function mayComeBack(log: ServerLog): boolean {
  try {
    log.demandCut(() => 'said');
    return false;
  } catch (error) {
    assert.instance(error, Violation);
    return true;
  }
}

/** Cuts a history step by step, without some of the steps, and compares the judge with starts. */
function cut(seed: number, isLeftOut: (step: string) => boolean): 'durable' | 'undone' {
  const random = new Random(seed * 31);
  const store = storeOf(seed, random);
  const { disk } = store.disk;
  const at = store.history[store.history.length - 1 - random.below(60)]!.header.zxid;
  const log = followed(disk);
  assert.is(mayComeBack(log), false);
  const { steps } = planTruncation(disk, at, recoveryOptions());
  for (const step of steps) {
    if (isLeftOut(step.step)) continue;
    disk.perform([step]);
    log.performed(step);
    const comesBack = comesBackIn(disk, step.step, log.lastZxid);
    if (comesBack) assert.ok(mayComeBack(log), `behind ${log.lastZxid}, after ${step.step}`);
  }
  assert.is(log.lastZxid, at);
  return mayComeBack(log) ? 'undone' : 'durable';
}

suite('the simulator looks at what was cut off a history', (test) => {
  test('and says that a crash may bring it back until all of the cut is durable', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const result = cut(seed, () => false);
      assert.is(result, 'durable', `seed ${seed}`);
    }
  });

  test(
    'and finds out a cut of which a part was never synced',
    () => {
      const results = { sync: 0, 'sync-folder': 0 };
      for (const left of ['sync', 'sync-folder'] as const) {
        for (let seed = 1; seed <= SEEDS; seed++) {
          if (cut(seed, (step) => step === left) === 'undone') results[left]++;
        }
      }
      assert.ok(results.sync >= 2 && results['sync-folder'] >= 2, JSON.stringify(results));
    },
    SLOW,
  );

  test('and a start that goes on with it on the same disk knows how far it came', () => {
    const store = storeOf(3, new Random(3));
    const { disk } = store.disk;
    const log = followed(disk);
    const at = store.history.at(-30)!.header.zxid;
    for (const step of planTruncation(disk, at, recoveryOptions()).steps) {
      if (step.step.startsWith('sync')) continue;
      disk.perform([step]);
      log.performed(step);
    }
    log.begin(disk);
    assert.ok(mayComeBack(log));
    recover(disk, recoveryOptions());
    log.begin(disk);
    assert.not.ok(mayComeBack(log));
  });
});
