/**
 * `npm run bench -- recipes` drives our recipes on Vivarium and Curator's on Apache ZooKeeper in
 * turn, on this machine in the same run, and ours on Apache ZooKeeper too, so that client and
 * server can be told apart. What came out is written to docs/internals/proofs/bench-recipes.md,
 * with every single measurement as a line of JSON beside it.
 *
 * `--cases lock,"hand-over 20"`, `--rounds N`, `--subjects apache,on-apache,vivarium` do a part of
 * it; `--servers 3` has ensembles; `--short` does a little of everything. Only a full run with one
 * server writes the page, or one with `--write`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { apacheVersions } from '../../interop/apache.js';
import { CURATOR } from '../../interop/clients/programs.js';
import { renderPage } from '../../prove/page.js';
import { words } from '../words.js';
import { caseNames, cases } from './cases.js';
import { measure } from './measure.js';
import { renderRecipes } from './page.js';
import { judgeRecipes, quantile, type RecipeRecord, recipeSubjects } from './records.js';
import { type Contestant, setStage } from './stage.js';

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    cases: { type: 'string', default: caseNames.join() },
    subjects: { type: 'string', default: recipeSubjects.join() },
    rounds: { type: 'string', default: '5' },
    servers: { type: 'string', default: '1' },
    short: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

// Without this a signal would end the bench and leave its servers running.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const { short } = values;
const rounds = short ? 1 : Number(values.rounds);
const servers = Number(values.servers);
const chosenNames = words('cases', values.cases, caseNames);
const chosen = cases.filter(({ name }) => chosenNames.includes(name));
const subjects = words('subjects', values.subjects, recipeSubjects);

const top = fileURLToPath(new URL('../../../..', import.meta.url));
const cache = join(top, '.cache', 'bench', 'recipes');
const pages = join(top, 'docs', 'internals', 'proofs');
const began = new Date().toISOString();
const records: RecipeRecord[] = [];

/** Does every case once with every contestant; they take turns in being the first. */
async function doRound(round: number, contestants: readonly Contestant[]): Promise<void> {
  for (const [at, one] of chosen.entries()) {
    const times = short || round === 0 ? one.shortTimes : one.times;
    const first = (round + at) % contestants.length;
    const order = [...contestants.slice(first), ...contestants.slice(0, first)];
    const doOne = async (contestant: Contestant) => {
      const measured = await measure(contestant, one, times);
      if (round > 0) record(round, contestant, one.name, measured);
    };
    // There all wait for a session to end, and disturb nobody; once is enough to warm up.
    if (one.name === 'leader killed') await Promise.all(round === 0 ? [] : order.map(doOne));
    else for (const contestant of order) await doOne(contestant);
  }
}

function record(
  round: number,
  { subject }: Contestant,
  name: RecipeRecord['case'],
  { times, requests }: Awaited<ReturnType<typeof measure>>,
): void {
  const count = times.length;
  const quantiles = { p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
  const one = {
    ...{ round, subject, case: name, count, ...quantiles },
    ...(requests === undefined ? {} : { requests: requests / count }),
  };
  records.push(one);
  process.stdout.write(`${JSON.stringify(one)}\n`);
}

mkdirSync(cache, { recursive: true });
const undo: (() => Promise<unknown>)[] = [];
let broken = 0;
try {
  const contestants = await setStage(subjects, servers, cache, undo);
  // Round 0 warms up: nobody is measured with code that is not compiled yet.
  for (let round = 0; round <= rounds; round++) await doRound(round, contestants);
} catch (error) {
  broken += 1;
  process.stdout.write(`${error instanceof Error ? error.stack : String(error)}\n`);
} finally {
  for (const each of undo.reverse()) await each();
}

const judged = judgeRecipes(records);
const reached = judged.filter(({ holds }) => holds).length;
const body = renderRecipes({ records, servers });
process.stdout.write(`\n${body}\n\n`);
const isWhole = chosen.length === cases.length && subjects.length === recipeSubjects.length;
const full = !short && isWhole && servers === 1;
if ((full || values.write) && broken === 0) {
  const what = 'What recipes take, beside Apache Curator on Apache ZooKeeper in the same run.';
  const verdict = {
    holds: reached === judged.length,
    counts: { targets: judged.length, reached, rounds, 'servers of each kind': servers },
    versions: { 'Apache ZooKeeper': apacheVersions.newest, 'Apache Curator': CURATOR },
    details: body,
  };
  mkdirSync(pages, { recursive: true });
  const page = renderPage(
    { name: 'bench-recipes', what },
    verdict,
    'npm run bench -- recipes',
    began,
  );
  writeFileSync(join(pages, 'bench-recipes.md'), page);
  const lines = records.map((one) => `${JSON.stringify(one)}\n`);
  writeFileSync(join(pages, 'bench-recipes.jsonl'), lines.join(''));
}
process.stdout.write(`${reached} of ${judged.length} targets reached\n`);
// A short run on a busy machine proves that the bench works; only a full one judges the speed.
process.exitCode = broken > 0 || (full && reached < judged.length) ? 1 : 0;
