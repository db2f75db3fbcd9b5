/**
 * `npm test`: runs the built test files, each in a process of its own; one more at a time than
 * there are processors, up to three: a third of them wait, most of their time.
 *
 * `npm test -- tree storage/log` runs the files whose path holds one of the words.
 * `--jobs N` runs N at a time; `--limit-ms N` is how long one file may take.
 */
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type FileResult, findTests, killRunning, runFile } from './runner.js';

const SLOW_SHOWN = 5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string', default: String(Math.min(3, availableParallelism() + 1)) },
    'limit-ms': { type: 'string', default: '180000' },
    root: { type: 'string', default: dirname(dirname(fileURLToPath(import.meta.url))) },
  },
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    killRunning();
    process.exit(1);
  });
}

const root = values.root;
const words = positionals.map((word) => word.replace(/^test\/(dist\/)?/, '').replace(/\.ts$/, ''));
const all = findTests(root);
const paths = all.filter((path) => words.length === 0 || words.some((word) => path.includes(word)));
/** Words that chose nothing: most likely misspelt, and what was meant went untested. */
const idleWords = words.filter((word) => !all.some((path) => path.includes(word)));
const results = await runAll(paths);
process.exitCode = summarize(results) ? 0 : 1;

async function runAll(chosen: readonly string[]): Promise<readonly FileResult[]> {
  const done: FileResult[] = [];
  const waiting = [...chosen];
  const worker = async () => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      const result = await runFile(join(root, path), Number(values['limit-ms']));
      done.push({ ...result, path });
      print({ ...result, path });
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, worker));
  return done;
}

function print(result: FileResult): void {
  const { path, passed, ms, problems, output } = result;
  if (problems.length === 0) {
    process.stdout.write(`ok    ${path}  ${passed} in ${ms} ms\n`);
    return;
  }
  process.stdout.write(`FAIL  ${path}  after ${ms} ms\n${output.trimEnd()}\n`);
  for (const problem of problems) process.stdout.write(`      ${problem}\n`);
}

/** Prints the end of the run; true when all is green. */
function summarize(done: readonly FileResult[]): boolean {
  let passed = 0;
  let failed = 0;
  for (const result of done) {
    passed += result.passed;
    failed += result.failed;
  }
  const slow = [...done].sort((a, b) => b.ms - a.ms).slice(0, SLOW_SHOWN);
  process.stdout.write(
    `\nslowest: ${slow.map((file) => `${file.path} ${file.ms} ms`).join(', ')}\n`,
  );
  for (const file of done) {
    if (file.problems.length > 0) {
      process.stdout.write(`FAIL  ${file.path}: ${file.problems[0]?.split('\n')[0]}\n`);
    }
  }
  if (done.length === 0) {
    process.stdout.write('no test file matches: nothing was tested, so this is a failure\n');
    failed += 1;
  } else if (idleWords.length > 0) {
    process.stdout.write(`FAIL  no test file matches ${idleWords.join(', ')}\n`);
    failed += 1;
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0;
}
