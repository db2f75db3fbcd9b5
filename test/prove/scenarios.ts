/** Whether the scenarios of clients and recipes end well in many worlds, each made by a seed. */
import { titles } from '../scenarios/catalog.js';
import { scenarioRows, titlesOf } from '../scenarios/numbers.js';
import { table } from './page.js';
import { scenarioPlants } from './plants/in-scenarios.js';
import type { Proof, ProofContext } from './proof.js';
import type { Answer, Asked, PlantDone, ScenariosDone } from './scenario-seeds.js';
import { Threads } from './threads.js';

const FULL_SEEDS = 50;
const SHORT_SEEDS = 2;
const SLICE_SEEDS = 10;
/** A bug that so many seeds of its scenario do not find is not found. */
const PLANT_SEEDS_MAX = 50;

type Players = Threads<Asked, Answer>;

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
    const threads: Players = new Threads(new URL('./scenario-seeds.js', import.meta.url));
    const { done, found } = await (async () => {
      try {
        const found = findAll(context, threads);
        return { done: await run(context, threads, first, seeds), found: await found };
      } finally {
        threads.end();
      }
    })();
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
      holds: failures.length === 0 && found.every(({ seeds }) => seeds > 0),
      counts: {
        scenarios: `${covered.length} of ${rows.length}`,
        tests: titles.length,
        'seeds for each': seeds,
        'first seed': first,
        runs: sum('runs'),
        failed: failures.length,
        'made twice, with the same trace': sum('twice'),
        'bugs planted': scenarioPlants.length,
        'of them found': found.filter(({ seeds }) => seeds > 0).length,
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
        '## Bugs that are planted',
        'What a scenario was written for is broken on purpose: it has to fail.',
        table(
          ['what is planted', 'the scenario', 'seeds until it fails', 'how'],
          scenarioPlants.map(({ plant: { name }, foundBy }, at) => {
            const { seeds, story } = found[at]!;
            return [name, foundBy, seeds > 0 ? String(seeds) : 'NOT FOUND', story.split('\n')[0]!];
          }),
        ),
      ].join('\n\n'),
    };
  },
};

/** Puts in each bug, and plays its scenario until it fails. */
function findAll({ slice, log }: ProofContext, threads: Players): Promise<readonly PlantDone[]> {
  const finding = scenarioPlants.map(async ({ plant: { name }, foundBy }, plant) => {
    const found = await threads.run((ask) =>
      slice(
        `plant ${name} ${foundBy}`,
        () => ask({ plant, seedsMax: PLANT_SEEDS_MAX }) as Promise<PlantDone>,
      ),
    );
    if (found.seeds === 0) log(`${name}: NOT FOUND by ${foundBy}`);
    return found;
  });
  return Promise.all(finding);
}

/** Plays every test with every seed, on all processors. */
async function run(
  { slice, log }: ProofContext,
  threads: Players,
  first: number,
  count: number,
): Promise<readonly ScenariosDone[]> {
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
    const key = `${suite} ${from} ${few}`;
    const work = (ask: (asked: Asked) => Promise<Answer>) =>
      slice(key, () => ask(asked) as Promise<ScenariosDone>);
    done.push(await threads.run(work));
    const runs = done.reduce((sum, each) => sum + each.runs, 0);
    if (done.length % suites.size === 0) {
      log(`${runs} runs: ${done.flatMap(failuresOf).length} failed`);
    }
  };
  for (let from = first; from < first + count; from += SLICE_SEEDS) {
    for (const suite of suites.keys()) slices.push(play(suite, from));
  }
  await Promise.all(slices);
  return done;
}

function failuresOf({ failures }: ScenariosDone): readonly Failure[] {
  return failures.flatMap((title, at) =>
    at % 3 === 0 ? [{ title, seed: failures[at + 1]!, story: failures[at + 2]! }] : [],
  );
}
