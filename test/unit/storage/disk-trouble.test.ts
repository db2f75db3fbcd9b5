import { DiskError } from '@vivarium/core/internal/local/disk';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';
import { imageOf } from './image.js';
import { crashed, replayed, Store, upTo } from './store.js';

/** Runs until the disk fails, as a server would. @returns what failed */
function untilFailure(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    return error.code;
  }
}

/** What a server that starts on the disk as it is, or as a crash leaves it, must find. */
function startsAgain(store: Store, seed: number, what: string): void {
  const { disk } = store.disk;
  for (const left of [crashed(disk, seed), disk]) {
    const next = new Store({ seed, disk: left, history: store.history });
    const { database } = next.recovered;
    assert.ok(database.lastZxid >= store.attested, `${what}: an attested transaction was lost`);
    const expected = replayed(upTo(store.history, database.lastZxid));
    assert.equal(imageOf(database), imageOf(expected), what);
    /* What it found is durable, though a sync that failed may have left it in the cache alone. */
    const later = new Store({ seed, disk: crashed(left, seed + 1), history: store.history });
    assert.ok(later.database.lastZxid >= database.lastZxid, `${what}: lost after the next start`);
    next.append(5);
    next.flush();
    next.snapshot();
  }
}

suite('a disk that', (test) => {
  for (let seed = 1; seed <= 40; seed++) {
    test(`is full, fails one flush and loses nothing attested, seed ${seed}`, () => {
      const random = new Random(seed);
      const preAllocSizeBytes = random.pick([0, 4096]);
      const store = new Store({ seed, preAllocSizeBytes, maxFileBytes: random.pick([0, 3000]) });
      store.live(random.below(60));
      const { disk } = store.disk;
      const used = disk.list('').reduce((sum, { size }) => sum + size, 0);
      disk.capacityBytes = used + random.below(4000);
      const code = untilFailure(() => {
        for (let i = 0; i < 1000; i++) store.live(10);
      });
      assert.is(code, 'ENOSPC');
      disk.capacityBytes = Number.POSITIVE_INFINITY;
      startsAgain(store, seed, 'full');
    });
  }

  for (const step of ['write', 'sync', 'sync-folder', 'create', 'allocate', 'rename'] as const) {
    test(`fails to ${step} loses nothing attested`, () => {
      for (let seed = 1; seed <= 12; seed++) {
        const store = new Store({ seed, preAllocSizeBytes: 4096, maxFileBytes: 2000 });
        store.live(30);
        store.disk.disk.failNext(step, { code: 'EIO', message: 'planned' });
        const code = untilFailure(() => {
          for (let i = 0; i < 20; i++) store.live(20);
          store.snapshot();
        });
        assert.is(code, 'EIO');
        startsAgain(store, seed, `seed ${seed}`);
      }
    });
  }
});
