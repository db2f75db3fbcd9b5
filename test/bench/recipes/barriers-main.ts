/**
 * `npm run bench -- barriers` repeats the barrier experiment of ZooKeeper's paper: so many clients
 * enter so many double barriers, one after the other, then leave them. Curator's on Apache
 * ZooKeeper and ours on Vivarium take turns on one server each. What came out is written to
 * docs/internals/proofs/bench-barriers.md.
 *
 * It is done in steps: `--minutes N` stops between two when the time is over, and the same command
 * goes on from there; `--fresh` begins anew. `--clients 50,100`, `--barriers 200`, `--subjects
 * apache,on-apache,vivarium` do a part of it, `--short` a little; only a whole run writes the page,
 * or one with `--write`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { apacheVersions } from '../../interop/apache.js';
import { CURATOR } from '../../interop/clients/programs.js';
import { renderPage } from '../../prove/page.js';
import { OutOfTime } from '../../prove/proof.js';
import { fingerprintOf, Slices } from '../../prove/slices.js';
import { words } from '../words.js';
import { type BarrierRecord, judgeBarriers, renderBarriers } from './barriers-page.js';
import { recipeSubjects } from './records.js';
import { type Contestant, setStage } from './stage.js';

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    clients: { type: 'string', default: '50,100,200' },
    barriers: { type: 'string', default: '200,400,800' },
    subjects: { type: 'string', default: 'apache,vivarium' },
    minutes: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(1); // told twice: now, and its children with it
    stopping.abort(new Error(`told to stop by ${signal}`));
    process.stdout.write(
      'It stops after this step, which is kept. Told again, it stops at once.\n',
    );
  });
}

const { short } = values;
const numbers = (text: string) => text.split(',').map(Number);
const crowds = numbers(short ? '20' : values.clients);
const counts = numbers(short ? '10' : values.barriers);
const subjects = words('subjects', values.subjects, recipeSubjects);
const minutes = values.minutes === undefined ? Number.POSITIVE_INFINITY : Number(values.minutes);
const isWhole = values.clients === '50,100,200' && values.barriers === '200,400,800';
const isFull =
  !short && isWhole && ['apache', 'vivarium'].every((s) => subjects.includes(s as never));
const WARM_CLIENTS = 50;
const WARM_BARRIERS = short ? 2 : 40;

const top = fileURLToPath(new URL('../../../..', import.meta.url));
const cache = join(top, '.cache', 'bench', 'barriers');
const pages = join(top, 'docs', 'internals', 'proofs');
const built = ['core/dist', 'recipes/dist', 'test/dist/bench/recipes'];
const asked = [crowds, counts, subjects].map((each) => each.join()).join(' ');
const slices = new Slices({
  path: join(cache, 'slices.json'),
  fingerprint: `${fingerprintOf(built.map((path) => join(top, path)))} ${asked}`,
  deadlineMs: performance.now() + minutes * 60_000,
  signal: stopping.signal,
});
if (values.fresh || short) slices.restart();

/** One step: all contestants, since only what is measured together can be compared. */
async function step(
  contestants: () => Promise<readonly Contestant[]>,
  clients: number,
  barriers: number,
): Promise<BarrierRecord> {
  return slices.run(`${clients} ${barriers}`, async () => {
    const seconds: Record<string, number> = {};
    const running = await contestants();
    const order = counts.indexOf(barriers) % 2 === 0 ? running : [...running].reverse();
    for (const { subject, side } of order) {
      const times = await side.ask('barriers', clients, barriers);
      seconds[subject] = times.reduce((sum, ms) => sum + ms, 0) / times.length / 1000;
    }
    const one = { clients, barriers, seconds };
    process.stdout.write(`${JSON.stringify(one)}\n`);
    return one;
  });
}

mkdirSync(cache, { recursive: true });
const undo: (() => Promise<unknown>)[] = [];
let stage: Promise<readonly Contestant[]> | undefined;
/** Nothing is started for steps that are all done. */
const contestants = () => {
  stage ??= setStage(subjects, 1, cache, undo).then(async (all) => {
    for (const { side } of all) await side.ask('barriers', WARM_CLIENTS, WARM_BARRIERS);
    return all;
  });
  return stage;
};
const records: BarrierRecord[] = [];
let failed: unknown;
try {
  for (const clients of crowds) {
    for (const barriers of counts) records.push(await step(contestants, clients, barriers));
  }
} catch (error) {
  failed = error;
  const text = error instanceof Error && !(error instanceof OutOfTime) ? error.stack : error;
  process.stdout.write(`${String(text)}\n`);
} finally {
  for (const each of undo.reverse()) await each();
}

const body = renderBarriers(records);
process.stdout.write(`\n${body}\n\n`);
const judged = judgeBarriers(records);
const reached = judged.filter(({ holds }) => holds).length;
if ((isFull || values.write) && failed === undefined) {
  const what =
    'The barrier experiment of ZooKeeper’s paper, beside Apache Curator on Apache ZooKeeper in the ' +
    'same run.';
  const verdict = {
    holds: reached === judged.length,
    counts: { targets: judged.length, reached },
    versions: { 'Apache ZooKeeper': apacheVersions.newest, 'Apache Curator': CURATOR },
    details: body,
  };
  mkdirSync(pages, { recursive: true });
  const proof = { name: 'bench-barriers', what };
  const page = renderPage(proof, verdict, 'npm run bench -- barriers', slices.began);
  writeFileSync(join(pages, 'bench-barriers.md'), page);
  slices.restart();
}
process.stdout.write(`${reached} of ${judged.length} targets reached\n`);
// A short run on a busy machine proves that the bench works; only a full one judges the speed.
process.exitCode = failed !== undefined || (isFull && reached < judged.length) ? 1 : 0;
