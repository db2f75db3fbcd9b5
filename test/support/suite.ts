/**
 * The only door to uvu. uvu by itself ends green when a hook throws, when something other than an
 * Error is thrown, or when `.run()` is forgotten; it has no time limits and waits for ever for a
 * socket that was left open. Here each of these is red: every test has a limit, whatever is thrown
 * becomes an Error, setup and teardown are part of the test, and the process looks at itself when
 * its last test has ended.
 */
import { suite as uvuSuite } from 'uvu';
import { asError } from './as-error.js';
import { inSources } from './in-sources.js';
import { activeResources, describeLeft } from './left-open.js';
import { report } from './report.js';

/** Time as a test sees it: it passes with the world that the test runs in. */
export interface TestClock {
  /** Monotonic milliseconds; only differences mean anything. */
  now(): number;
  /** Calls `run` once after `delayMs`; the returned function takes it back. */
  setTimer(delayMs: number, run: () => void): () => void;
}

/** What a running test holds in its hand. */
export interface TestContext {
  /** The test's own name. */
  readonly name: string;
  /** For whoever waits. */
  readonly clock: TestClock;
  /** How much of its clock's time the test has. */
  readonly limitMs: number;
  /** Aborted when the test has ended, in time or not. */
  readonly signal: AbortSignal;
  /**
   * Registers work to do when the test has ended, whether it passed or not. The last registered
   * runs first; each runs although another failed; a failure fails the test.
   */
  cleanup(work: () => unknown): void;
}

/** Declares one test. The name is a sentence that is true when the test is green. */
export type DeclareTest = (
  name: string,
  run: (t: TestContext) => void | Promise<void>,
  options?: TestOptions,
) => void;

export interface TestOptions {
  /** Limit for the test, and again for all its cleanup together. Default 10,000. */
  readonly timeoutMs?: number;
}

/** A test that was declared and is run by somebody else, maybe many times. */
export interface CollectedTest {
  readonly suite: string;
  readonly name: string;
  readonly run: (t: TestContext) => void | Promise<void>;
}

const realClock: TestClock = {
  now: () => performance.now(),
  setTimer(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Where suites go that are not to run by themselves. */
let collected: CollectedTest[] | undefined;

/** Collects the tests of all suites that `declare` declares; none of them runs. */
export function collectTests(declare: () => void): readonly CollectedTest[] {
  const all: CollectedTest[] = [];
  collected = all;
  try {
    declare();
  } finally {
    collected = undefined;
  }
  return all;
}

/** How long an ended file may take to close what it opened. */
const CLOSING_MS = 2_000;

let declared = 0;
let finished = 0;
let failed = 0;
let started = false;
/** What has gone wrong so far in the test that runs; told although its cleanup ends the process. */
let running:
  | { readonly suite: string; readonly name: string; readonly errors: Error[] }
  | undefined;
const baseline = activeResources();

/**
 * Declares a suite and runs it. Every suite of a file is declared before the first `await` at its
 * top level, and every test before `body` returns; anything else is an error.
 */
export function suite(
  title: string,
  body: (test: DeclareTest) => void,
  options: TestOptions = {},
): void {
  if (collected !== undefined) {
    const into = collected;
    body((name, run) => into.push({ suite: title, name, run }));
    return;
  }
  if (started) throw new Error(`suite "${title}" was declared after the tests had begun`);
  const uvu = uvuSuite(title);
  let open = true;
  let tests = 0;
  const declare: DeclareTest = (name, run, own = {}) => {
    if (!open) throw new Error(`test "${name}" was declared after its suite "${title}" had begun`);
    tests += 1;
    declared += 1;
    const timeoutMs = own.timeoutMs ?? options.timeoutMs ?? 20_000;
    uvu(name, () => runTest(title, name, timeoutMs, run));
  };
  const answer: unknown = body(declare);
  if (answer instanceof Promise) throw new Error(`the body of suite "${title}" must not be async`);
  if (tests === 0) {
    declare('declares at least one test', () => {
      throw new Error(`suite "${title}" declares no test`);
    });
  }
  open = false;
  report({ type: 'declared', suite: title, tests });
  uvu.run();
}

async function runTest(
  suiteTitle: string,
  name: string,
  timeoutMs: number,
  run: (t: TestContext) => void | Promise<void>,
): Promise<void> {
  started = true;
  report({ type: 'start', suite: suiteTitle, name });
  const began = performance.now();
  const errors: Error[] = [];
  running = { suite: suiteTitle, name, errors };
  const cleanups: (() => unknown)[] = [];
  const ending = new AbortController();
  const context: TestContext = {
    name,
    clock: realClock,
    limitMs: timeoutMs,
    signal: ending.signal,
    cleanup: (work) => {
      cleanups.push(work);
    },
  };
  await attempt(errors, `"${name}"`, timeoutMs, async () => run(context));
  ending.abort(new Error(`test "${name}" has ended`));
  await attempt(errors, `the cleanup of "${name}"`, timeoutMs, async () => {
    for (let work = cleanups.pop(); work !== undefined; work = cleanups.pop()) {
      try {
        await work();
      } catch (thrown) {
        errors.push(inSources(asError(thrown)));
      }
    }
  });
  finished += 1;
  running = undefined;
  const ms = Math.round(performance.now() - began);
  if (errors.length > 0) failed += 1;
  report({ type: 'result', suite: suiteTitle, name, ms, errors: errors.map(told) });
  if (finished === declared) setTimeout(watchTheEnd, 0);
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) {
    throw new Error(errors.map(told).join('\n  and then: '));
  }
}

function told(error: Error): string {
  return error.stack ?? error.message;
}

/** Runs `work` within the limit; what it throws is added to `errors`. */
async function attempt(
  errors: Error[],
  what: string,
  timeoutMs: number,
  work: () => Promise<unknown>,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what} did not end within ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  try {
    await Promise.race([work(), late]);
  } catch (thrown) {
    errors.push(inSources(asError(thrown)));
  } finally {
    clearTimeout(timer);
  }
}

/** Ends the process with an error when something keeps it alive although all tests have ended. */
function watchTheEnd(): void {
  setTimeout(() => {
    const left = describeLeft(baseline);
    if (left.length === 0) return;
    report({ type: 'left', left });
    process.stderr.write(`\nSomething was left open when the tests had ended:\n`);
    for (const line of left) process.stderr.write(`  ${line}\n`);
    process.exit(1);
  }, CLOSING_MS).unref();
}

// The last word on the exit code: uvu sets it from its own count, which can be wrong.
process.on('exit', (code) => {
  if (finished < declared) {
    process.stderr.write(`\nThe process ended after ${finished} of ${declared} tests.\n`);
    if (running !== undefined && running.errors.length > 0) {
      const { suite, name, errors } = running;
      process.stderr.write(`"${name}" had failed already: ${errors.map(told).join('\n')}\n`);
      report({ type: 'result', suite, name, ms: 0, errors: errors.map(told) });
    }
    process.exitCode = code || 1;
  } else if (failed > 0) {
    process.exitCode = code || 1;
  }
  report({ type: 'end', declared, finished, failed });
});
