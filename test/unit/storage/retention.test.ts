import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import type { DiskStep } from '@vivarium/core/internal/storage/disk';
import { Retention } from '@vivarium/core/internal/storage/retention';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

function removed(steps: readonly DiskStep[]): string[] {
  return steps.flatMap((each) => (each.step === 'remove' ? [each.file] : [])).sort();
}

const snapshots = ['0', '5', 'a', '10'].map((zxid) => `snapshots/snapshot.${zxid}`);
const logs = ['1', '4', '7', 'c', '11'].map((zxid) => `logs/log.${zxid}`);

suite('retention', (test) => {
  test('keeps the newest snapshots and every log that one of them may need', () => {
    const retention = new Retention([...snapshots, ...logs]);
    assert.equal(removed(retention.purgeSteps(2)), [
      'logs/log.1',
      'logs/log.4',
      'snapshots/snapshot.0',
      'snapshots/snapshot.5',
    ]);
    assert.equal(retention.purgeSteps(2), []);
  });

  test('removes nothing when there are no more snapshots than it keeps', () => {
    assert.equal(new Retention([...snapshots, ...logs]).purgeSteps(4), []);
    assert.equal(new Retention([...snapshots, ...logs]).purgeSteps(9), []);
    assert.equal(new Retention(logs).purgeSteps(1), []);
    assert.equal(new Retention([]).purgeSteps(3), []);
  });

  test('keeps one snapshot even when told to keep none', () => {
    const steps = new Retention([...snapshots, ...logs]).purgeSteps(0);
    assert.not(removed(steps).includes('snapshots/snapshot.10'));
    assert.not(removed(steps).includes('logs/log.c'));
  });

  test('takes what a received snapshot took the place of, but never one that is to be installed', () => {
    const old = ['logs/vivarium-old-log.7', 'snapshots/vivarium-old-snapshot.a'];
    const young = ['logs/vivarium-old-log.11', 'snapshots/vivarium-old-snapshot.20'];
    const received = 'snapshots/vivarium-received.3.beef';
    const retention = new Retention([...snapshots, ...logs, ...old, ...young, received]);
    const gone = removed(retention.purgeSteps(1)).filter((file) => file.includes('vivarium'));
    assert.equal(gone, old);
  });

  test('counts compressed snapshots too, and removes them', () => {
    const compressed = ['snapshots/snapshot.0.gz', 'snapshots/snapshot.5.snappy'];
    const own = ['snapshots/snapshot.a', 'snapshots/snapshot.10'];
    const retention = new Retention([...compressed, ...own, ...logs]);
    assert.equal(retention.purgeSteps(4), []);
    assert.equal(removed(retention.purgeSteps(3)), ['logs/log.1', 'snapshots/snapshot.0.gz']);
    assert.ok(removed(retention.purgeSteps(2)).includes('snapshots/snapshot.5.snappy'));
    const damaged = new Retention([...compressed, ...own, ...logs]);
    damaged.isBad('snapshots/snapshot.5.snappy');
    assert.equal(removed(damaged.purgeSteps(3)), []);
  });

  test('forgets what is gone', () => {
    const retention = new Retention([...snapshots, ...logs]);
    retention.removed('snapshots/snapshot.10');
    retention.removed('logs/log.1');
    const gone = removed(retention.purgeSteps(1));
    assert.not(gone.includes('snapshots/snapshot.a'), 'it is the newest now');
    assert.not(gone.includes('logs/log.1'));
    assert.ok(gone.includes('logs/log.4'));
  });

  test('makes the removals durable at last', () => {
    const steps = new Retention([...snapshots, ...logs]).purgeSteps(1);
    assert.equal(steps.slice(-2), [
      { step: 'sync-folder', folder: 'snapshots/' },
      { step: 'sync-folder', folder: 'logs/' },
    ]);
  });

  test('takes the side files of what goes along, and lost ones', () => {
    const side = [
      'snapshots/vivarium-snapshot.0.11',
      'snapshots/vivarium-snapshot.3.11',
      'snapshots/vivarium-snapshot.10.11',
      'logs/vivarium-log.1',
      'logs/vivarium-log.2',
      'logs/vivarium-log.c',
      'logs/vivarium-cut.4.100',
      'logs/vivarium-cut.11.100',
    ];
    const gone = removed(new Retention([...snapshots, ...logs, ...side]).purgeSteps(1));
    const goneSide = gone.filter((file) => file.includes('vivarium'));
    assert.equal(goneSide, [
      'logs/vivarium-cut.4.100',
      'logs/vivarium-log.1',
      'logs/vivarium-log.2',
      'snapshots/vivarium-snapshot.0.11',
      'snapshots/vivarium-snapshot.3.11',
    ]);
  });

  test('knows files that were added', () => {
    const retention = new Retention([...snapshots, ...logs]);
    retention.added('snapshots/snapshot.20');
    retention.added('logs/log.21');
    assert.equal(removed(retention.purgeSteps(1)).length, snapshots.length + logs.length - 1);
  });

  test('does not count snapshots that are bad', () => {
    const retention = new Retention([...snapshots, ...logs]);
    retention.isBad('snapshots/snapshot.10');
    retention.isBad('snapshots/snapshot.5');
    assert.equal(removed(retention.purgeSteps(1)), [
      'logs/log.1',
      'logs/log.4',
      'snapshots/snapshot.0',
      'snapshots/snapshot.5',
    ]);
  });

  test('sees on a disk which snapshots were not written to their end', () => {
    const disk = new MemoryDisk();
    const put = (file: string, bytes: readonly number[]) => {
      disk.perform([
        { step: 'create', file },
        { step: 'write', file, position: 0, bytes: Uint8Array.from(bytes) },
      ]);
    };
    const whole = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x2f];
    put('snapshots/snapshot.1', whole);
    put('snapshots/snapshot.2', whole);
    put('snapshots/snapshot.3', whole.slice(0, -1));
    put('snapshots/snapshot.4', [0, 0, 0, 1, 0x2f]);
    put('snapshots/snapshot.5', []);
    put('logs/log.1', [1]);
    assert.equal(removed(Retention.of(disk).purgeSteps(1)), ['snapshots/snapshot.1']);
  });

  test('leaves alone what is not of its making', () => {
    const strange = ['logs/currentEpoch', 'snapshots/log.0', 'logs/snapshot.0', 'logs/log.0.fixed'];
    assert.equal(new Retention([...strange, 'snapshots/snapshot.a']).purgeSteps(1), []);
  });
});
