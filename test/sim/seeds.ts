import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { runSeed } from './run-seed.js';
import { bootServer } from './world/boot.js';

/** Tests of so many seeds, ten to a test, so that a failure is told soon. */
const SEEDS_PER_TEST = 10;

/** Declares the runs of the seeds from `first` to `last`. */
export function seedsSuite(first: number, last: number): void {
  suite(`the simulator, seeds ${first} to ${last}`, (test) => {
    for (let from = first; from <= last; from += SEEDS_PER_TEST) {
      const to = Math.min(last, from + SEEDS_PER_TEST - 1);
      const options = { timeoutMs: 60_000 };
      test(`all properties hold in the runs ${from} to ${to}`, () => holds(from, to), options);
    }
  });
}

async function holds(from: number, to: number): Promise<void> {
  for (let seed = from; seed <= to; seed++) {
    const { violation, counts } = await runSeed({ seed, boot: bootServer });
    if (violation !== undefined) {
      throw new Error(`${violation.message}\n  npm run sim -- --seed ${seed} --log`);
    }
    assert.ok((counts.writes ?? 0) + (counts.reads ?? 0) > 0, `seed ${seed} compared nothing`);
  }
}
