/**
 * `npm run sim -- --seed 42 --log` runs one seed and prints everything that happens in it.
 * `npm run sim -- --seed 1 --count 1000` runs a thousand seeds, up to the first violation.
 * `--medium` makes lives several times as long; `--recipes` has programs use more of the recipes
 * and ask for less by themselves; `--quiet` leaves the faults out; `--keep-going` runs all of them
 * and counts; `--marks` tells which situations they got into, and how often.
 * `--seed 42 --shrink` leaves out of a run that fails whatever it fails without, and prints the
 * rest; `--only f3,c1.7` does these faults and requests alone, as `--shrink` tells.
 *
 * Exit codes: 0 all holds, 1 something wrong was done or told, 2 usage, 3 something due did not
 * come about, 4 something broke.
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
    medium: { type: 'boolean', default: false },
    recipes: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
    marks: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});

const exitCodes = { holds: 0, safety: 1, liveness: 3, crash: 4 } as const;
type Outcome = keyof typeof exitCodes;

const first = Number(values.seed ?? 1 + Math.floor(Math.random() * 2 ** 31));
const count = Number(values.count);
if (!Number.isSafeInteger(first) || !(count >= 1)) {
  process.stderr.write('npm run sim -- [--seed N] [--count N] [--log] [--medium] [--recipes]\n');
  process.stderr.write(
    '            [--quiet] [--keep-going] [--marks] [--shrink] [--only NAMES]\n',
  );
  process.exit(2);
}
const seen = new Marks();
const life = {
  quiet: values.quiet,
  length: values.medium ? 'medium' : 'short',
  focus: values.recipes ? 'recipes' : 'requests',
} as const;
/** The words that make the same life again. */
const lifeWords = (['medium', 'recipes', 'quiet'] as const)
  .filter((word) => values[word])
  .map((word) => ` --${word}`)
  .join('');
const only = values.only === undefined ? undefined : new Set(values.only.split(','));
process.exitCode = values.shrink ? await shrinkOne(first) : await runAll();
if (values.marks) tellMarks();

function tellMarks(): void {
  for (const [mark, what] of Object.entries(marks)) {
    const count = String(seen.count(mark as Mark)).padStart(8);
    process.stdout.write(`${count} ${mark}: ${what}\n`);
  }
}

async function runAll(): Promise<number> {
  const totals: Record<string, number> = {};
  let failed = 0;
  let done = 0;
  let worst: Outcome = 'holds';
  const began = performance.now();
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await runOne(seed, totals);
    done += 1;
    if (outcome === 'holds') continue;
    if (worst === 'holds') worst = outcome;
    failed += 1;
    if (!values['keep-going']) break;
  }
  const seconds = (performance.now() - began) / 1_000;
  if (count > 1) {
    const facts = Object.entries(totals).map(([what, sum]) => `${what} ${sum}`);
    process.stdout.write(`${facts.sort().join(', ')}\n`);
    process.stdout.write(`never seen: ${seen.missing.join(' ') || 'none'}\n`);
  }
  process.stdout.write(`${done} seeds in ${seconds.toFixed(1)} s: ${failed} failed\n`);
  return exitCodes[worst];
}

async function runOne(seed: number, totals: Record<string, number>): Promise<Outcome> {
  let result: RunResult;
  try {
    const log = values.log ? (line: string) => process.stdout.write(`${line}\n`) : undefined;
    const chosen = { ...(log && { log }), ...(only && { only }) };
    result = await runSeed({ seed, boot: bootServer, ...life, ...chosen });
  } catch (error) {
    const story = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return tellFailure(seed, `broke: ${story}`, 'crash');
  }
  seen.add(result.marks);
  for (const [what, much] of Object.entries(result.counts)) {
    totals[what] = (totals[what] ?? 0) + much;
  }
  const { violation } = result;
  if (violation !== undefined) {
    return tellFailure(seed, violation.message, outcomeOf(violation.property));
  }
  if (count === 1) {
    const facts = Object.entries(result.counts).map(([what, much]) => `${what} ${much}`);
    process.stdout.write(`seed ${seed}: all properties hold: ${facts.join(', ')}\n`);
    process.stdout.write(`trace ${result.traceHash}\n`);
  }
  return 'holds';
}

/** Properties of what must come about have ids with an L, and E4. */
function outcomeOf(property: string): Outcome {
  return property.startsWith('L') || property === 'E4' ? 'liveness' : 'safety';
}

async function shrinkOne(seed: number): Promise<number> {
  const shorter = (lines: number) => void process.stderr.write(`${lines} things are left\n`);
  const options = { seed, boot: bootServer, ...life, ...(only && { only }) };
  const shrunk = await shrink(options, { shorter });
  if (shrunk === undefined) {
    process.stdout.write(`seed ${seed}: all properties hold, there is nothing to shrink\n`);
    return 0;
  }
  const { property, message, lines, runs } = shrunk;
  process.stdout.write(`seed ${seed} FAILED: ${message}\n`);
  process.stdout.write(`after ${runs} runs, all that it needs:\n${textOf(lines)}\n`);
  const flags = `${lifeWords} --only ${[...shrunk.only].join(',') || 'nothing'}`;
  process.stdout.write(`  again: npm run sim -- --seed ${seed} --log${flags}\n`);
  return exitCodes[outcomeOf(property)];
}

function tellFailure(seed: number, story: string, outcome: Outcome): Outcome {
  process.stdout.write(`seed ${seed} FAILED: ${story}\n`);
  process.stdout.write(`  again, with everything that happens:`);
  process.stdout.write(` npm run sim -- --seed ${seed} --log${lifeWords}\n`);
  return outcome;
}
