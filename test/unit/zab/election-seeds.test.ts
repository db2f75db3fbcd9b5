import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { liveThrough, type Rest } from './election-life.js';

/* SEEDS=20000 FIRST_SEED=1 npm test -- zab/election-seeds */
const first = Number(process.env.FIRST_SEED ?? 1);
const count = Number(process.env.SEEDS ?? 800);
const PARTS = 4;

suite(
  'an ensemble comes to rest with one leader that lacks nothing, whatever has happened before,',
  (test) => {
    for (let part = 0; part < PARTS; part++) {
      const seeds: number[] = [];
      for (let seed = first + part; seed < first + count; seed += PARTS) seeds.push(seed);
      test(`in ${seeds.length} lives, part ${part + 1}`, () => {
        const rests: Rest[] = [];
        for (const seed of seeds) {
          try {
            rests.push(liveThrough(seed));
          } catch (error) {
            throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
          }
        }
        const times = rests.map((rest) => rest.settledMs).sort((a, b) => a - b);
        const median = times[times.length >> 1]!;
        assert.ok(median <= 1_200, `half of them take ${median} ms or more`);
      });
    }
  },
  { timeoutMs: 600_000 },
);
