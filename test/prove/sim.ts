/** Whether all properties hold in simulated lives of ensembles, many of them. */
import { type Mark, marks } from '../sim/marks.js';
import { table } from './page.js';
import type { Proof, ProofContext } from './proof.js';
import type { SeedsAsked, SeedsDone } from './sim-seeds.js';
import { Threads } from './threads.js';

const FULL = { short: 15_000, medium: 300 } as const;
/** A part of it that ends within two minutes on two cores. */
const SHORT = { short: 300, medium: 0 } as const;
const SLICE_SEEDS = { short: 50, medium: 10 } as const;
/** Situations that come up at least once in so many seeds, or they are said to be missing. */
const SEEDS_WITH_ALL_MARKS = 1_000;
const FAULT = 'fault ';

type Length = SeedsAsked['length'];

export const prove: Proof = {
  name: 'sim',
  what:
    'Every property of the protocol, of the sessions, of the watches and of the recipes holds in ' +
    'simulated lives of one to seven servers, their clients, disks and networks, with faults.',
  async run(context) {
    const { short, args } = context;
    const first = Number(args[0] ?? 1);
    const wanted = short ? SHORT : FULL;
    // The long lives first: they find more in the same time.
    const medium = wanted.medium > 0 ? await run(context, 'medium', first, wanted.medium) : [];
    const done = { medium, short: await run(context, 'short', first, wanted.short) };
    const all = [...done.short, ...done.medium];
    const failures = all.flatMap((part) => part.failures);
    const counts = sums(all.map((part) => part.counts));
    const seeds = seedsOf(all);
    const seen = sums(all.map((part) => part.marks));
    const missing = (Object.keys(marks) as Mark[]).filter((mark) => !seen[mark]);
    return {
      holds: failures.length === 0 && (seeds < SEEDS_WITH_ALL_MARKS || missing.length === 0),
      counts: {
        'short seeds': seedsOf(done.short),
        'medium seeds': seedsOf(done.medium),
        failed: failures.length,
        'run twice, with the same trace': all.reduce((sum, part) => sum + part.twice, 0),
        'simulated hours': ((counts.virtual_ms ?? 0) / 3_600_000).toFixed(1),
        'faults that took effect': counts.faults ?? 0,
        'of them in a short seed, on average': meanFaults(done.short),
        writes: counts.writes ?? 0,
        reads: counts.reads ?? 0,
        'situations never met': missing.length,
        'short seeds a second and core': perSecond(done.short),
      },
      details: [
        ...failures.slice(0, 20).map((failure) => `- ${failure}`),
        '## Faults',
        table(['what went wrong', 'times'], faultsIn(counts)),
        '## Situations',
        table(
          ['situation', 'what it is', 'times'],
          Object.entries(marks).map(([mark, what]) => [mark, what, String(seen[mark] ?? 0)]),
        ),
      ].join('\n\n'),
    };
  },
};

/** Runs the seeds on all processors. */
async function run(
  { slice, log }: ProofContext,
  length: Length,
  first: number,
  count: number,
): Promise<readonly SeedsDone[]> {
  const threads = new Threads<SeedsAsked, SeedsDone>(new URL('./sim-seeds.js', import.meta.url));
  const done: SeedsDone[] = [];
  const step = SLICE_SEEDS[length];
  const runSlice = async (from: number) => {
    const asked = { first: from, count: Math.min(step, first + count - from), length };
    const key = `${length} ${from} ${asked.count}`;
    done.push(await threads.run((ask) => slice(key, () => ask(asked))));
    const failed = done.reduce((sum, { failures }) => sum + failures.length, 0);
    log(`${seedsOf(done)} ${length} seeds: ${failed} failed`);
  };
  try {
    const slices: Promise<void>[] = [];
    for (let from = first; from < first + count; from += step) slices.push(runSlice(from));
    await Promise.all(slices);
    return done;
  } finally {
    threads.end();
  }
}

function seedsOf(done: readonly SeedsDone[]): number {
  return done.reduce((sum, { seeds }) => sum + seeds, 0);
}

function meanFaults(done: readonly SeedsDone[]): string {
  const faults = done.reduce((sum, { counts }) => sum + (counts.faults ?? 0), 0);
  return (faults / seedsOf(done)).toFixed(1);
}

function perSecond(done: readonly SeedsDone[]): string {
  const runs = done.reduce((sum, { seeds, twice }) => sum + seeds + twice, 0);
  const ms = done.reduce((sum, part) => sum + part.ms, 0);
  return (runs / (ms / 1_000)).toFixed(1);
}

function faultsIn(counts: Readonly<Record<string, number>>): string[][] {
  return Object.entries(counts)
    .filter(([what]) => what.startsWith(FAULT))
    .sort(([, a], [, b]) => b - a)
    .map(([what, times]) => [what.slice(FAULT.length), String(times)]);
}

function sums(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const one of all) {
    for (const [what, much] of Object.entries(one)) total[what] = (total[what] ?? 0) + much;
  }
  return total;
}
