/**
 * `npm run sim -- --seed 42 --log` runs one seed and prints everything that happens in it.
 * `npm run sim -- --seed 1 --count 1000` runs a thousand seeds, up to the first violation.
 * `--quiet` leaves the faults out; `--keep-going` runs all of them and counts; `--marks` tells
 * which situations they got into, and how often.
 * `--seed 42 --shrink` leaves out of a run that fails whatever it fails without, and prints the
 * rest; `--only f3,c1.7` does these faults and requests alone, as `--shrink` tells.
 */
import { parseArgs } from 'node:util';
import { type Mark, Marks, marks } from './marks.js';
import { type RunResult, runSeed } from './run-seed.js';
import { textOf } from './script.js';
import { shrink } from './shrink.js';
import { bootServer } from './world/boot.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    count: { type: 'string', default: '1' },
    log: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
    marks: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});

const first = Number(values.seed ?? 1 + Math.floor(Math.random() * 2 ** 31));
const count = Number(values.count);
if (!Number.isSafeInteger(first) || !(count >= 1)) {
  process.stderr.write('npm run sim -- [--seed N] [--count N] [--log] [--quiet] [--keep-going]\n');
  process.stderr.write('            [--marks] [--shrink] [--only NAMES]\n');
  process.exit(2);
}
const seen = new Marks();
const only = values.only === undefined ? undefined : new Set(values.only.split(','));
process.exitCode = values.shrink ? await shrinkOne(first) : await runAll();
if (values.marks) tellMarks();

function tellMarks(): void {
  for (const [mark, what] of Object.entries(marks)) {
    const count = String(seen.count(mark as Mark)).padStart(8);
    process.stdout.write(`${count} ${mark}: ${what}\n`);
  }
  process.stdout.write(`never seen: ${seen.missing.join(' ') || 'none'}\n`);
}

async function runAll(): Promise<number> {
  const totals: Record<string, number> = {};
  let failed = 0;
  let done = 0;
  const began = performance.now();
  for (let seed = first; seed < first + count; seed++) {
    const holds = await runOne(seed, totals);
    done += 1;
    if (!holds) failed += 1;
    if (!holds && !values['keep-going']) break;
  }
  const seconds = (performance.now() - began) / 1_000;
  if (count > 1) {
    const facts = Object.entries(totals).map(([what, sum]) => `${what} ${sum}`);
    process.stdout.write(`${facts.sort().join(', ')}\n`);
  }
  process.stdout.write(`${done} seeds in ${seconds.toFixed(1)} s: ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

async function runOne(seed: number, totals: Record<string, number>): Promise<boolean> {
  let result: RunResult;
  try {
    const log = values.log ? (line: string) => process.stdout.write(`${line}\n`) : undefined;
    const { quiet } = values;
    const chosen = { ...(log && { log }), ...(only && { only }) };
    result = await runSeed({ seed, boot: bootServer, quiet, ...chosen });
  } catch (error) {
    const story = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return tellFailure(seed, `broke: ${story}`);
  }
  seen.add(result.marks);
  for (const [what, much] of Object.entries(result.counts)) {
    totals[what] = (totals[what] ?? 0) + much;
  }
  if (result.violation !== undefined) return tellFailure(seed, result.violation.message);
  if (count === 1) {
    const facts = Object.entries(result.counts).map(([what, much]) => `${what} ${much}`);
    process.stdout.write(`seed ${seed}: all properties hold: ${facts.join(', ')}\n`);
    process.stdout.write(`trace ${result.traceHash}\n`);
  }
  return true;
}

async function shrinkOne(seed: number): Promise<number> {
  const { quiet } = values;
  const shorter = (lines: number) => void process.stderr.write(`${lines} things are left\n`);
  const options = { seed, boot: bootServer, quiet, ...(only && { only }) };
  const shrunk = await shrink(options, { shorter });
  if (shrunk === undefined) {
    process.stdout.write(`seed ${seed}: all properties hold, there is nothing to shrink\n`);
    return 0;
  }
  const { message, lines, runs } = shrunk;
  process.stdout.write(`seed ${seed} FAILED: ${message}\n`);
  process.stdout.write(`after ${runs} runs, all that it needs:\n${textOf(lines)}\n`);
  const flags = `${values.quiet ? ' --quiet' : ''} --only ${[...shrunk.only].join(',') || 'nothing'}`;
  process.stdout.write(`  again: npm run sim -- --seed ${seed} --log${flags}\n`);
  return 1;
}

function tellFailure(seed: number, story: string): false {
  process.stdout.write(`seed ${seed} FAILED: ${story}\n`);
  const flags = values.quiet ? ' --quiet' : '';
  process.stdout.write(`  again, with everything that happens:`);
  process.stdout.write(` npm run sim -- --seed ${seed} --log${flags}\n`);
  return false;
}
