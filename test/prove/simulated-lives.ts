/** A proof by many seeds of the simulator: what they are, and what is told of them. */
import type { Mark } from '../sim/marks.js';
import { table } from './page.js';
import type { Proof, ProofContext } from './proof.js';
import type { SeedsAsked, SeedsDone } from './sim-seeds.js';
import { Threads } from './threads.js';

type Length = SeedsAsked['length'];

/** How many seeds of each length. */
type Seeds = Readonly<Record<Length, number>>;

/** What tells one such proof from the others. */
export interface Lives extends Pick<Proof, 'name' | 'what'> {
  readonly focus: SeedsAsked['focus'];
  readonly full: Seeds;
  readonly short: Seeds;
  /** Situations that come up, all of them, in {@link SEEDS_WITH_ALL_MARKS} seeds. */
  readonly marks: Readonly<Partial<Record<Mark, string>>>;
}

const SLICE_SEEDS = { short: 50, medium: 10 } as const;
/** With fewer seeds nothing is said of situations that were not met. */
const SEEDS_WITH_ALL_MARKS = 1_000;
const FAULT = 'fault ';

/** The proof that all properties hold in these lives. Its first word is the seed to begin with. */
export function proofByLives({ name, what, focus, full, short, marks }: Lives): Proof {
  const prove = async (context: ProofContext) => {
    const first = Number(context.args[0] ?? 1);
    const wanted = context.short ? short : full;
    const run = (length: Length) =>
      runAll(context, { first, count: wanted[length], length, focus });
    // The long lives first: they find more in the same time.
    const medium = wanted.medium > 0 ? await run('medium') : [];
    const done = { medium, short: await run('short') };
    const all = [...done.short, ...done.medium];
    const failures = all.flatMap((part) => part.failures);
    const counts = sums(all.map((part) => part.counts));
    const seen = sums(all.map((part) => part.marks));
    const missing = Object.keys(marks).filter((mark) => !seen[mark]);
    const isComplete = seedsOf(all) < SEEDS_WITH_ALL_MARKS || missing.length === 0;
    return {
      holds: failures.length === 0 && isComplete,
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
        'holds and claims': counts.holds ?? 0,
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
  };
  return { name, what, run: prove };
}

/** Runs the seeds on all processors. */
async function runAll(
  { slice, log }: ProofContext,
  { first, count, length, focus }: SeedsAsked,
): Promise<readonly SeedsDone[]> {
  const threads = new Threads<SeedsAsked, SeedsDone>(new URL('./sim-seeds.js', import.meta.url));
  const done: SeedsDone[] = [];
  const step = SLICE_SEEDS[length];
  const runSlice = async (from: number) => {
    const asked = { first: from, count: Math.min(step, first + count - from), length, focus };
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
