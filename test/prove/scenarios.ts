/** Whether the scenarios of clients and recipes end well in many worlds, each made by a seed. */
import { titles } from '../scenarios/catalog.js';
import { scenarioRows, titlesOf } from '../scenarios/numbers.js';
import { table } from './page.js';
import type { Proof, ProofContext } from './proof.js';
import type { ScenariosAsked, ScenariosDone } from './scenario-seeds.js';
import { Threads } from './threads.js';

const FULL_SEEDS = 100;
const SHORT_SEEDS = 2;
const SLICE_SEEDS = 10;

interface Failure {
  readonly title: string;
  readonly seed: string;
  readonly story: string;
}

export const prove: Proof = {
  name: 'scenarios',
  what:
    'The scenarios of clients and recipes end well over an ensemble of three servers, whatever ' +
    'the distances, the delays, the cuts in what is said, the places of the clients and the order ' +
    'of things that a seed decides.',
  async run(context) {
    const { short, args, log } = context;
    const first = Number(args[0] ?? 1);
    const seeds = short ? SHORT_SEEDS : FULL_SEEDS;
    const done = await run(context, first, seeds);
    const failures = done.flatMap(failuresOf);
    for (const { title, seed, story } of failures) {
      log(`seed ${seed} fails ${title}: ${story}`);
      log(`  npm run scenarios -- --seed ${seed} --only '${title.replaceAll("'", `'\\''`)}'`);
    }
    const rows = scenarioRows().map((row) => ({ row, played: titlesOf(row, titles) }));
    const covered = rows.filter(({ played }) => played.length > 0);
    const sum = (what: 'runs' | 'twice' | 'virtualMs') =>
      done.reduce((total, each) => total + each[what], 0);
    return {
      holds: failures.length === 0,
      counts: {
        scenarios: `${covered.length} of ${rows.length}`,
        tests: titles.length,
        'seeds for each': seeds,
        'first seed': first,
        runs: sum('runs'),
        failed: failures.length,
        'made twice, with the same trace': sum('twice'),
        'simulated hours': (sum('virtualMs') / 3_600_000).toFixed(1),
      },
      details: [
        ...failures.slice(0, 20).map(({ title, seed, story }) => `- ${title}, ${seed}: ${story}`),
        '## The scenarios',
        'Numbers are those of the [list](../scenarios.md).',
        table(
          ['scenario', 'what happens', 'tests', 'runs', 'failed'],
          covered.map(({ row: { number, what }, played }) => [
            number,
            what,
            String(played.length),
            String(played.length * seeds),
            String(failures.filter(({ title }) => played.includes(title)).length),
          ]),
        ),
      ].join('\n\n'),
    };
  },
};

/** Plays every test with every seed, on all processors. */
async function run(
  { slice, log }: ProofContext,
  first: number,
  count: number,
): Promise<readonly ScenariosDone[]> {
  const url = new URL('./scenario-seeds.js', import.meta.url);
  const threads = new Threads<ScenariosAsked, ScenariosDone>(url);
  const suites = new Map<string, string[]>();
  for (const title of titles) {
    const suite = title.split(' › ')[0]!;
    suites.set(suite, [...(suites.get(suite) ?? []), title]);
  }
  const done: ScenariosDone[] = [];
  const slices: Promise<void>[] = [];
  const play = async (suite: string, from: number) => {
    const few = Math.min(SLICE_SEEDS, first + count - from);
    const asked = { titles: suites.get(suite)!, first: from, count: few };
    done.push(await threads.run((ask) => slice(`${suite} ${from} ${few}`, () => ask(asked))));
    const runs = done.reduce((sum, each) => sum + each.runs, 0);
    if (done.length % suites.size === 0) {
      log(`${runs} runs: ${done.flatMap(failuresOf).length} failed`);
    }
  };
  try {
    for (let from = first; from < first + count; from += SLICE_SEEDS) {
      for (const suite of suites.keys()) slices.push(play(suite, from));
    }
    await Promise.all(slices);
    return done;
  } finally {
    threads.end();
  }
}

function failuresOf({ failures }: ScenariosDone): readonly Failure[] {
  return failures.flatMap((title, at) =>
    at % 3 === 0 ? [{ title, seed: failures[at + 1]!, story: failures[at + 2]! }] : [],
  );
}
