import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { type RunOptions, runSeed } from './run-seed.js';
import { bootServer } from './world/boot.js';

/** Tests of so many seeds, ten to a test, so that a failure is told soon. */
const SEEDS_PER_TEST = 10;

/** Declares the runs of the seeds from `first` to `last`. */
export function seedsSuite(
  first: number,
  last: number,
  focus: NonNullable<RunOptions['focus']> = 'requests',
): void {
  suite(`the simulator with many ${focus}, seeds ${first} to ${last}`, (test) => {
    for (let from = first; from <= last; from += SEEDS_PER_TEST) {
      const to = Math.min(last, from + SEEDS_PER_TEST - 1);
      const options = { timeoutMs: 60_000 };
      test(
        `all properties hold in the runs ${from} to ${to}`,
        () => holds(from, to, focus),
        options,
      );
    }
  });
}

async function holds(from: number, to: number, focus: RunOptions['focus']): Promise<void> {
  for (let seed = from; seed <= to; seed++) {
    const { violation, counts } = await runSeed({
      seed,
      boot: bootServer,
      ...(focus && { focus }),
    });
    if (violation !== undefined) {
      const words = `--seed ${seed} --log${focus === 'recipes' ? ' --recipes' : ''}`;
      throw new Error(`${violation.message}\n  npm run sim -- ${words}`);
    }
    assert.ok((counts.writes ?? 0) + (counts.reads ?? 0) > 0, `seed ${seed} compared nothing`);
  }
}
