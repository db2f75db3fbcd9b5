/** Whether all properties hold in simulated lives of ensembles, many of them. */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type Mark, marks } from '../sim/marks.js';
import { table } from './page.js';
import type { Json, Proof } from './proof.js';
import type { SeedsAsked, SeedsDone } from './sim-seeds.js';

const FULL = { short: 15_000, medium: 300 } as const;
/** A part of it that ends within two minutes on two cores. */
const SHORT = { short: 300, medium: 0 } as const;
const SLICE_SEEDS = 100;
/** Situations that come up at least once in so many seeds, or they are said to be missing. */
const SEEDS_WITH_ALL_MARKS = 1_000;

export const prove: Proof = {
  name: 'sim',
  what:
    'Every property of the protocol, of the sessions, of the watches and of the recipes holds in ' +
    'simulated lives of one to seven servers, their clients, disks and networks, with faults.',
  async run({ short, slice, log, args }) {
    const first = Number(args[0] ?? 1);
    const wanted = short ? SHORT : FULL;
    const done: SeedsDone[] = [];
    for (const length of ['short', 'medium'] as const) {
      const end = first + wanted[length];
      for (let from = first; from < end; from += SLICE_SEEDS) {
        const count = Math.min(SLICE_SEEDS, end - from);
        const asked = { first: from, count, length };
        const part = await slice(`${length} ${from} ${count}`, () => inThreads(asked));
        done.push(part as unknown as SeedsDone);
        log(`${length} seeds up to ${from + count - 1}: ${failuresOf(done).length} failed`);
      }
    }
    const failures = failuresOf(done);
    const seeds = done.reduce((sum, part) => sum + part.seeds, 0);
    const counts = sums(done.map((part) => part.counts));
    const seen = sums(done.map((part) => part.marks as Record<string, number>));
    const missing = (Object.keys(marks) as Mark[]).filter((mark) => !seen[mark]);
    const rows = Object.entries(marks).map(([mark, what]) => [mark, what, String(seen[mark] ?? 0)]);
    return {
      holds: failures.length === 0 && (seeds < SEEDS_WITH_ALL_MARKS || missing.length === 0),
      counts: {
        seeds,
        failed: failures.length,
        faults: counts.faults ?? 0,
        writes: counts.writes ?? 0,
        reads: counts.reads ?? 0,
        'situations never met': missing.length,
      },
      details: [
        ...failures.slice(0, 20).map((failure) => `- ${failure}`),
        '## Situations',
        table(['situation', 'what it is', 'times'], rows),
      ].join('\n'),
    };
  },
};

function failuresOf(done: readonly SeedsDone[]): readonly string[] {
  return done.flatMap((part) => part.failures);
}

function sums(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const one of all) {
    for (const [what, much] of Object.entries(one)) total[what] = (total[what] ?? 0) + much;
  }
  return total;
}

/** Runs the seeds on all processors. */
async function inThreads({ first, count, length }: SeedsAsked): Promise<Json> {
  const each = Math.ceil(count / availableParallelism());
  const threads: Promise<SeedsDone>[] = [];
  for (let from = first; from < first + count; from += each) {
    threads.push(inThread({ first: from, count: Math.min(each, first + count - from), length }));
  }
  const parts = await Promise.all(threads);
  return {
    seeds: count,
    counts: sums(parts.map((part) => part.counts)),
    marks: sums(parts.map((part) => part.marks as Record<string, number>)),
    failures: [...failuresOf(parts)],
  };
}

async function inThread(asked: SeedsAsked): Promise<SeedsDone> {
  const worker = new Worker(new URL('./sim-seeds.js', import.meta.url), { workerData: asked });
  const [done] = (await once(worker, 'message')) as [SeedsDone];
  return done;
}
