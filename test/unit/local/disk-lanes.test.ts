import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { LocalDiskLanes } from '@vivarium/core/internal/local/disk-lanes';
import { Kernel } from '@vivarium/core/internal/local/kernel';
import type { DiskLane, DiskStep } from '@vivarium/core/internal/storage/disk';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const file = 'logs/log.1';
const steps: readonly DiskStep[] = [
  { step: 'create', file },
  { step: 'sync-folder', folder: 'logs/' },
];

function rig(seed: number) {
  const kernel = new Kernel(seed);
  const disk = new MemoryDisk();
  const answers: string[] = [];
  const performed: string[] = [];
  const lanes = new LocalDiskLanes(kernel, disk, 'one', {
    done({ id, failure }) {
      const durable = disk.durableImage().list('logs/').length;
      answers.push(`${id} ${failure?.code ?? 'done'} ${durable}`);
    },
    stepped: ({ step }) => performed.push(step),
  });
  const ask = (id: number, lane: DiskLane, some = steps) =>
    lanes.perform({ type: 'disk', id, generation: 1, lane, steps: some });
  return { kernel, disk, answers, performed, lanes, ask };
}

suite('the disk lanes in virtual time', (test) => {
  test('answer in the order of a lane, after the last step is durable', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { kernel, answers, ask } = rig(seed);
      for (const id of [1, 2, 3]) ask(id, 'log');
      assert.equal(answers, []);
      kernel.runUntil(1_000_000);
      assert.equal(answers, ['1 done 1', '2 done 1', '3 done 1']);
    }
  });

  test('tell of each step that was performed, and take longer in the background', () => {
    const { kernel, answers, performed, lanes, ask } = rig(1);
    lanes.backgroundSlowness = 1_000;
    ask(1, 'background');
    ask(2, 'log');
    kernel.runUntil(1_000);
    assert.equal(answers, ['2 done 1']);
    assert.equal(performed, ['create', 'sync-folder']);
    kernel.runUntil(1_000_000);
    assert.equal(performed.length, 4);
  });

  test('fail everything behind a failure in the log lane, and nothing in the other', () => {
    const { kernel, disk, answers, ask } = rig(1);
    disk.failNext('create', { code: 'EIO', message: 'planned' });
    ask(1, 'log');
    ask(2, 'log');
    kernel.runUntil(1_000_000);
    ask(3, 'background');
    kernel.runUntil(2_000_000);
    assert.equal(answers, ['1 EIO 0', '2 EIO 0', '3 done 1']);
  });

  test('do and say nothing after they are abandoned', () => {
    const { kernel, disk, answers, lanes, ask } = rig(2);
    ask(1, 'log');
    lanes.abandon();
    kernel.runUntil(1_000_000);
    assert.equal([answers.length, disk.list('logs/').length], [0, 0]);
  });
});
