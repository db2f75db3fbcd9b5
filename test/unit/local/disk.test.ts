import { DiskError, MemoryDisk } from '@vivarium/core/internal/local/disk';
import { Random } from '@vivarium/core/internal/local/random';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const file = 'logs/log.1';
const write = (position: number, bytes: Uint8Array) =>
  ({ step: 'write', file, position, bytes }) as const;
const named = [
  { step: 'create', file },
  { step: 'sync-folder', folder: 'logs/' },
] as const;

suite('the disk in memory', (test) => {
  test('keeps through any crash what was synced, and a name only with its folder', () => {
    const disk = new MemoryDisk();
    disk.perform([{ step: 'create', file }, write(0, Uint8Array.of(1, 2)), { step: 'sync', file }]);
    assert.equal(disk.durableImage().list('logs/'), []);
    disk.perform([{ step: 'sync-folder', folder: 'logs/' }, write(2, Uint8Array.of(3))]);
    for (let seed = 0; seed < 50; seed++) {
      const left = disk.afterCrash(new Random(seed, 'crash'));
      assert.equal(left.read(file, 0, 2), Uint8Array.of(1, 2));
    }
  });

  test('loses, tears or keeps what was not synced, and leaves tails of zeros', () => {
    const disk = new MemoryDisk();
    disk.perform([...named, write(0, new Uint8Array(1_500).fill(7))]);
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 300; seed++) {
      const left = disk.afterCrash(new Random(seed, 'crash')).read(file, 0, 2_000);
      const sectors = [0, 512, 1_024].filter((at) => left[at] === 7);
      outcomes.add(`${left.length}:${sectors.join()}`);
    }
    assert.ok(outcomes.has('0:'), 'all lost');
    assert.ok(outcomes.has('1500:'), 'only zeros');
    assert.ok(outcomes.has('1500:0,512,1024'), 'all kept');
    assert.ok(outcomes.has('1500:0,1024'), 'a hole');
  });

  test('makes a rename survive whole or not at all', () => {
    const disk = new MemoryDisk();
    disk.perform([...named, { step: 'rename', from: file, to: 'logs/log.2' }]);
    const left = new Set<string>();
    for (let seed = 0; seed < 100; seed++) {
      const image = disk.afterCrash(new Random(seed, 'crash'));
      left.add(
        image
          .list('logs/')
          .map(({ name }) => name)
          .join(),
      );
    }
    assert.equal([...left].sort(), ['log.1', 'log.2']);
  });

  test('never makes durable what a failed sync was to make durable', () => {
    const disk = new MemoryDisk();
    disk.perform([...named, { step: 'allocate', file, size: 8 }, { step: 'sync', file }]);
    disk.perform([write(0, Uint8Array.of(5))]);
    disk.failNext('sync', { code: 'EIO', message: 'planned' });
    assert.throws(
      () => disk.perform([{ step: 'sync', file }]),
      (e: unknown) => e instanceof DiskError,
    );
    disk.perform([{ step: 'sync', file }]);
    assert.is(disk.read(file, 0, 1)[0], 5);
    assert.is(disk.durableImage().read(file, 0, 1)[0], 0);
  });

  test('makes durable what is written again after a sync that failed', () => {
    const disk = new MemoryDisk();
    disk.perform([...named, write(0, Uint8Array.of(5, 6))]);
    disk.failNext('sync', { code: 'EIO', message: 'planned' });
    assert.throws(() => disk.perform([{ step: 'sync', file }]));
    disk.perform([write(1, Uint8Array.of(6)), { step: 'sync', file }]);
    assert.equal(disk.durableImage().read(file, 0, 9), Uint8Array.of(0, 6));
  });

  test('fails a write that does not fit, half done', () => {
    const disk = new MemoryDisk();
    disk.perform(named);
    disk.capacityBytes = 3;
    const full = (e: unknown) => e instanceof DiskError && e.code === 'ENOSPC';
    assert.throws(() => disk.perform([write(0, Uint8Array.of(1, 2, 3, 4, 5))]), full);
    assert.equal(disk.read(file, 0, 9), Uint8Array.of(1, 2, 3));
  });
});
