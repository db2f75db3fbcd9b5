/** A thread that runs seeds of the simulator, one after the other, and tells what came out. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Mark, marks } from '../sim/marks.js';
import { type RunOptions, runSeed } from '../sim/run-seed.js';
import { bootServer } from '../sim/world/boot.js';

/** What a thread is asked for. */
export interface SeedsAsked {
  readonly first: number;
  readonly count: number;
  readonly length: NonNullable<RunOptions['length']>;
}

/** What it answers. */
export interface SeedsDone {
  readonly seeds: number;
  /** Sums over all runs, by what was counted. */
  readonly counts: Readonly<Record<string, number>>;
  /** How often each situation came up. */
  readonly marks: Readonly<Partial<Record<Mark, number>>>;
  /** One line for each seed in which something did not hold. */
  readonly failures: readonly string[];
}

async function runAll({ first, count, length }: SeedsAsked): Promise<SeedsDone> {
  const counts: Record<string, number> = {};
  const seen: Partial<Record<Mark, number>> = {};
  const failures: string[] = [];
  for (let seed = first; seed < first + count; seed++) {
    try {
      const result = await runSeed({ seed, boot: bootServer, length });
      if (result.violation !== undefined)
        failures.push(`seed ${seed}: ${result.violation.message}`);
      for (const [what, much] of Object.entries(result.counts)) {
        counts[what] = (counts[what] ?? 0) + much;
      }
      for (const mark of Object.keys(marks) as Mark[]) {
        const times = result.marks.count(mark);
        if (times > 0) seen[mark] = (seen[mark] ?? 0) + times;
      }
    } catch (error) {
      failures.push(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  return { seeds: count, counts, marks: seen, failures };
}

parentPort?.postMessage(await runAll(workerData as SeedsAsked));
