/**
 * Apache ZooKeeper and Vivarium side by side: seeded sequences of requests go to both, and every
 * reply and event has to be the same, but for what no two servers share and for the table of
 * intended differences.
 *
 * `npm run prove -- back-to-back 3.8.0 from=17 seeds=1 requests=500` looks at less, and
 * `against=apache` puts Apache in Vivarium's place, to try the comparison itself.
 */
import { type ApacheVersion, apacheVersions } from '../interop/apache.js';
import { type Counts, Coverage, cellTable } from '../interop/back-to-back/coverage.js';
import { expectedCount, missing } from '../interop/back-to-back/expected.js';
import { explain, intended, probe } from '../interop/back-to-back/intended.js';
import type { Lane } from '../interop/back-to-back/lane.js';
import { Planting, planted } from '../interop/back-to-back/planted.js';
import { type Difference, runSeed } from '../interop/back-to-back/run.js';
import { type Subject, startPair } from '../interop/back-to-back/servers.js';
import { table } from './page.js';
import type { Proof, ProofContext, Verdict } from './proof.js';

const SEEDS_PER_SLICE = 20;
const PLANTED_REQUESTS = 500;
const PLANTED_TRIES = 20;

export const prove: Proof = {
  name: 'back-to-back',
  what: 'Vivarium and Apache ZooKeeper answer the same long request sequences with the same bytes.',
  run,
};

interface Plan {
  readonly versions: readonly ApacheVersion[];
  readonly subject: Subject;
  readonly from: number;
  readonly seeds: (version: ApacheVersion) => number;
  readonly requests: number;
  /** Whether everything is done, so that the expected cells have to be met. */
  readonly whole: boolean;
}

type Seeds = {
  readonly counts: Counts;
  readonly steps: number;
  readonly explained: number;
  readonly stories: readonly string[];
};

async function run(context: ProofContext): Promise<Verdict> {
  const plan = planOf(context);
  const parts: string[] = [];
  const failures: string[] = [];
  let explained = 0;
  let seeds = 0;
  let steps = 0;
  for (const version of plan.versions) {
    const coverage = new Coverage();
    const last = plan.from + plan.seeds(version);
    for (let first = plan.from; first < last; first += SEEDS_PER_SLICE) {
      const count = Math.min(SEEDS_PER_SLICE, last - first);
      const key = `${version} seeds ${first} to ${first + count - 1}`;
      const got = await context.slice(key, () => compare(version, first, count, plan, context));
      coverage.merge(got.counts);
      explained += got.explained;
      steps += got.steps;
      seeds += count;
      failures.push(...got.stories);
      context.log(`${key}: ${got.stories.length} differences`);
    }
    const old = version === apacheVersions.oldest;
    const lacking = plan.whole ? missing(coverage.counts, old) : [];
    if (lacking.length > 0) failures.push(`${version}: never met: ${lacking.join(', ')}`);
    parts.push(
      coverageOf(version, coverage.counts, missing(coverage.counts, old), expectedCount(old)),
    );
  }
  const version = plan.versions[0]!;
  const tools = await context.slice(`${version} planted and probed`, () => tryTools(version, plan));
  failures.push(...tools.missed, ...tools.wrong);
  for (const failure of failures) context.log(failure);
  return {
    holds: failures.length === 0,
    counts: {
      'sequences (seeds)': seeds,
      'requests per sequence': plan.requests,
      'steps compared': steps,
      'differences that no row explains': failures.length,
      'intended differences met in the sequences': explained,
      'planted differences found': `${planted.length - tools.missed.length} of ${planted.length}`,
    },
    versions: { 'Apache ZooKeeper': plan.versions.join(' and ') },
    details: [
      ...(failures.length > 0 ? ['## What failed', ...failures.map((text) => `\`${text}\``)] : []),
      '## Intended differences',
      table(
        ['case', 'theirs', 'ours', 'why', 'releases', 'in the sequences'],
        intended.map((row) => [
          ...[row.case, row.theirs, row.ours, row.why, row.release, row.inSequences],
        ]),
      ),
      '## Planted differences',
      `Each was planted once into what the second server said, and found: ${planted
        .map(({ what }) => what)
        .join('; ')}.`,
      ...parts,
    ].join('\n\n'),
  };
}

function planOf({ args, short }: ProofContext): Plan {
  const words = new Map(args.map((word) => word.split('=', 2) as [string, string | undefined]));
  const number = (name: string, otherwise: number) => Number(words.get(name) ?? otherwise);
  const all = [apacheVersions.newest, apacheVersions.oldest] as const;
  const chosen = all.filter((version) => words.has(version));
  const counted = (version: ApacheVersion) => (version === apacheVersions.newest ? 8 : 4);
  return {
    versions: chosen.length > 0 ? chosen : all,
    subject: words.get('against') === 'apache' ? 'apache' : 'vivarium',
    from: number('from', 1),
    seeds: (version) => number('seeds', short ? counted(version) : 200),
    requests: number('requests', 500),
    whole: !short && !words.has('seeds') && !words.has('requests'),
  };
}

async function compare(
  version: ApacheVersion,
  first: number,
  count: number,
  plan: Plan,
  { signal }: ProofContext,
): Promise<Seeds> {
  const coverage = new Coverage();
  const stories: string[] = [];
  let steps = 0;
  let explained = 0;
  let pair = await startPair(version, plan.subject);
  try {
    for (let seed = first; seed < first + count && !signal.aborted; seed++) {
      const follow = coverage.follow();
      const differences = await runSeed({
        ...{ seed, requests: plan.requests, theirs: pair.theirs, ours: pair.ours },
        watch: (context) => {
          steps++;
          follow(context);
        },
        explain: async (context) => {
          const does = await explain(context);
          if (does) explained++;
          return does;
        },
      });
      if (differences.length === 0) continue;
      stories.push(`${version} ${storyOf(differences)}`);
      await pair.stop(); // what one left behind is not the next one's fault
      pair = await startPair(version, plan.subject);
    }
  } finally {
    await pair.stop();
  }
  signal.throwIfAborted();
  return { counts: coverage.counts, steps, explained, stories };
}

/** The smallest useful story: what was done, and the first line on which the answers part. */
function storyOf(differences: readonly Difference[]): string {
  const { seed, step, did, connection, theirs, ours } = differences[0]!;
  const length = Math.max(theirs.length, ours.length);
  const at = Array.from({ length }, (_, i) => i).find((i) => theirs[i] !== ours[i]) ?? 0;
  const line = (lines: readonly string[]) => lines[at] ?? 'nothing';
  return `seed ${seed} step ${step}: ${did}; on #${connection} theirs: ${line(theirs)}; ours: ${line(ours)}`;
}

async function tryTools(version: ApacheVersion, plan: Plan) {
  const pair = await startPair(version, plan.subject);
  try {
    const missed: string[] = [];
    const lanes: Lanes = { theirs: pair.theirs, ours: pair.ours };
    for (const [index] of planted.entries()) {
      const problem = await plant(index, lanes);
      if (problem !== undefined) missed.push(problem);
    }
    const wrong: string[] = [];
    if (plan.subject === 'vivarium') {
      for (const row of intended) {
        const problem = await probe(row, lanes.theirs, lanes.ours);
        if (problem !== undefined) wrong.push(problem);
      }
    }
    return { missed, wrong };
  } finally {
    await pair.stop();
  }
}

/** The two servers as the last run has left them. */
interface Lanes {
  theirs: Lane;
  ours: Lane;
}

/** Plants one difference into one run; says what went wrong unless it was found. */
async function plant(index: number, lanes: Lanes): Promise<string | undefined> {
  const what = planted[index]!;
  for (let attempt = 0; attempt < PLANTED_TRIES; attempt++) {
    // What a lane has seen of a falsified run must not trouble the next one.
    const shared = lanes.theirs.lastZxid;
    const theirs = lanes.theirs.fresh(shared);
    const ours = lanes.ours.fresh(shared);
    Object.assign(lanes, { theirs, ours });
    const planting = new Planting(what, attempt === 0 ? 3 : 0);
    ours.mutation = planting;
    const seed = 10_000 + index * PLANTED_TRIES + attempt;
    const found = await runSeed({ seed, requests: PLANTED_REQUESTS, theirs, ours, explain });
    if (planting.done) return found.length > 0 ? undefined : `planted and not found: ${what.what}`;
    if (found.length > 0) return `seed ${seed} differs by itself: ${storyOf(found)}`;
  }
  return `never planted: ${what.what}`;
}

function coverageOf(
  version: string,
  counts: Counts,
  lacking: readonly string[],
  expected: number,
): string {
  const [head, ...rows] = cellTable(counts.cells);
  const others = Object.entries(counts.cells).filter(([cell]) => /^(connect|bytes) /.test(cell));
  const list = (entries: readonly (readonly [string, number])[]) =>
    table(
      ['what', 'count'],
      entries.map(([what, count]) => [what, String(count)]),
    );
  return [
    `## Met on ${version}`,
    `${expected - lacking.length} of ${expected} expected cells and rows were met.`,
    table(head!, rows),
    list(others),
    list(Object.entries(counts.watches)),
  ].join('\n\n');
}
