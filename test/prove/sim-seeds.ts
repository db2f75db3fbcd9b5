/** A thread that runs seeds of the simulator, one after the other, and tells what came out. */
import { parentPort } from 'node:worker_threads';
import { type Mark, marks } from '../sim/marks.js';
import { type RunOptions, type RunResult, runSeed } from '../sim/run-seed.js';
import { bootServer } from '../sim/world/boot.js';

/** What a thread is asked for. */
export interface SeedsAsked {
  readonly first: number;
  readonly count: number;
  readonly length: NonNullable<RunOptions['length']>;
  readonly focus: NonNullable<RunOptions['focus']>;
}

/** What it answers. */
export interface SeedsDone {
  readonly [what: string]: number | Readonly<Record<string, number>> | readonly string[];
  readonly seeds: number;
  /** How long it took, milliseconds. */
  readonly ms: number;
  /** Seeds that were run twice, to see that a seed is always the same life. */
  readonly twice: number;
  /** Sums over all runs, by what was counted. */
  readonly counts: Readonly<Record<string, number>>;
  /** How often each situation came up. */
  readonly marks: Readonly<Record<string, number>>;
  /** One line for each seed in which something did not hold. */
  readonly failures: readonly string[];
}

/** One seed of so many is run twice. */
const TWICE_EVERY = 100;

async function runAll({ first, count, length, focus }: SeedsAsked): Promise<SeedsDone> {
  const began = performance.now();
  const counts: Record<string, number> = {};
  const seen: Record<string, number> = {};
  const failures: string[] = [];
  let twice = 0;
  for (let seed = first; seed < first + count; seed++) {
    const name = length === 'medium' ? `medium seed ${seed}` : `seed ${seed}`;
    const options = { seed, boot: bootServer, length, focus };
    try {
      const result = await runSeed(options);
      add(result, counts, seen);
      const { traceHash, violation } = result;
      if (violation !== undefined) failures.push(`${name}: ${violation.message}`);
      if (seed % TWICE_EVERY !== 0) continue;
      twice++;
      const again = await runSeed(options);
      if (again.traceHash !== traceHash) failures.push(`${name}: is another life each time`);
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  const ms = Math.round(performance.now() - began);
  return { seeds: count, ms, twice, counts, marks: seen, failures };
}

function add(result: RunResult, counts: Record<string, number>, seen: Record<string, number>) {
  for (const [what, much] of Object.entries(result.counts)) {
    counts[what] = (counts[what] ?? 0) + much;
  }
  for (const mark of Object.keys(marks) as Mark[]) {
    const times = result.marks.count(mark);
    if (times > 0) seen[mark] = (seen[mark] ?? 0) + times;
  }
}

parentPort?.on('message', (asked: SeedsAsked) => {
  void runAll(asked).then((done) => parentPort?.postMessage(done));
});
