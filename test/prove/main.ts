/**
 * `npm run prove -- NAME…` shows that Vivarium keeps a demand, and writes the dated result to
 * docs/internals/proofs. Without a name it lists the proofs; `all` runs every one.
 *
 * `--short` does a little of each kind of work and writes no page; `--minutes N` stops between two
 * slices when the time is over, and the same command goes on from there; `--fresh` forgets what
 * earlier runs got. Words after the name go to the proof.
 */
import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { renderPage } from './page.js';
import { OutOfTime, type Proof, type ProofContext, type Verdict } from './proof.js';
import { fingerprintOf, Slices } from './slices.js';

/** Every proof, in the order to run. Each is the file of its name beside this one. */
const names = [
  'back-to-back',
  'kazoo',
  'crash',
  'disk-exchange',
  'hostile-bytes',
  'clients',
  'on-apache',
  'examples',
  'quorum-rules',
  'browser',
  'console',
  'sim',
  'recipes-sim',
  'planted',
  'scenarios',
  'checkers',
  'processes',
  'fail-over',
  'mixed',
  'scale',
  'local-sessions',
  'kazoo-3',
  'leaks',
  'mixed-fleet',
  'inspect',
  'backup',
  'admin',
  'audit',
  'shell',
] as const;

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..', '..', '..');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(1); // told twice: now, and its children with it
    stopping.abort(new Error(`told to stop by ${signal}`));
  });
}

const wanted = positionals[0] === 'all' ? names : positionals.slice(0, 1);
if (wanted.length === 0 || values.help) await list();
else process.exitCode = await proveAll(wanted, positionals.slice(1));

async function list(): Promise<void> {
  process.stdout.write('npm run prove -- NAME [--short] [--minutes N] [--fresh] [WORD…]\n\n');
  for (const name of names) {
    const what = await load(name).then(
      (proof) => proof.what,
      (error: Error) => `cannot be loaded: ${error.message}`,
    );
    process.stdout.write(`${name.padEnd(15)} ${what}\n`);
  }
  process.stdout.write(`${'all'.padEnd(15)} Each of these in turn.\n`);
}

async function load(name: string): Promise<Proof> {
  if (!(names as readonly string[]).includes(name)) {
    throw new Error(`there is no proof named '${name}'; there are ${names.join(', ')}`);
  }
  const module: unknown = await import(pathToFileURL(join(here, `${name}.js`)).href);
  const { prove } = module as { readonly prove?: Proof };
  if (prove === undefined) throw new Error(`test/prove/${name}.ts exports no 'prove'`);
  return prove;
}

async function proveAll(all: readonly string[], args: readonly string[]): Promise<number> {
  let passed = 0;
  let failed = 0;
  for (const name of all) {
    const holds = await proveOne(name, args).catch((error: unknown) => {
      const late = error instanceof OutOfTime;
      const text = error instanceof Error ? (late ? error.message : error.stack) : String(error);
      process.stdout.write(`${name}: ${late ? 'not finished' : 'failed'}: ${text}\n`);
      return false;
    });
    if (holds) passed += 1;
    else failed += 1;
    if (stopping.signal.aborted) break;
  }
  failed += all.length - passed - failed; // A run that was stopped has not proved the rest.
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

async function proveOne(name: string, args: readonly string[]): Promise<boolean> {
  const proof = await load(name);
  const began = performance.now();
  const minutes = values.minutes === undefined ? Infinity : Number(values.minutes);
  if (!(minutes > 0)) throw new Error(`--minutes takes a number, not '${values.minutes}'`);
  const built = [
    'core/dist',
    'recipes/dist',
    'test/dist/prove',
    'test/dist/interop',
    'test/dist/sim',
    'test/dist/scenarios',
    'test/dist/recipes',
    'test/dist/compliance',
  ];
  const slices = new Slices({
    path: join(root, '.cache', 'prove', `${name}${values.short ? '-short' : ''}.json`),
    fingerprint: `${fingerprintOf(built.map((path) => join(root, path)))} ${args.join(' ')}`,
    deadlineMs: began + minutes * 60_000,
    signal: stopping.signal,
  });
  if (values.fresh || values.short) slices.restart();
  if (slices.done > 0) process.stdout.write(`${name}: ${slices.done} slices are done already\n`);
  const context: ProofContext = {
    short: values.short,
    args,
    signal: stopping.signal,
    log: (line) => process.stdout.write(`${name}: ${line}\n`),
    slice: (key, work) => slices.run(key, work),
  };
  const verdict = await proof.run(context);
  await tell(proof, verdict, slices, performance.now() - began, args);
  slices.restart();
  return verdict.holds;
}

async function tell(
  proof: Proof,
  verdict: Verdict,
  slices: Slices,
  ms: number,
  args: readonly string[],
): Promise<void> {
  const counts = Object.entries(verdict.counts).map(([what, count]) => `${what} ${count}`);
  const said = verdict.holds ? 'holds' : 'DOES NOT HOLD';
  process.stdout.write(`${proof.name}: ${said} after ${(ms / 1000).toFixed(1)} s`);
  process.stdout.write(counts.length === 0 ? '\n' : `: ${counts.join(', ')}\n`);
  if (values.short) {
    if (!verdict.holds && verdict.details !== undefined) {
      process.stdout.write(`${verdict.details}\n`);
    }
    return;
  }
  const folder = join(root, 'docs', 'internals', 'proofs');
  await mkdir(folder, { recursive: true });
  const command = ['npm run prove --', proof.name, ...args].join(' ');
  writeFileSync(
    join(folder, `${proof.name}.md`),
    renderPage(proof, verdict, command, slices.began),
  );
  process.stdout.write(`${proof.name}: written to docs/internals/proofs/${proof.name}.md\n`);
}
