/** Plays one test in the world of a seed. */
import { asError } from '../support/as-error.js';
import type { CollectedTest, TestContext } from '../support/suite.js';
import type { SeededWorld } from './seeded-world.js';

/** How much virtual time a test has, and its cleanup after it. */
const LIMIT_MS = 600_000;

/** Lets the test run, and what it wants done after it; returns what went wrong. */
export async function play(test: CollectedTest, world: SeededWorld): Promise<readonly Error[]> {
  const { ensemble } = world;
  const { host } = ensemble;
  const errors: Error[] = [];
  const attempt = async (work: () => unknown) => {
    const done = (async () => {
      await work();
    })();
    await ensemble.until(done, LIMIT_MS).catch((thrown) => errors.push(asError(thrown)));
  };
  const unhandled = (thrown: unknown) => void errors.push(asError(thrown));
  process.on('unhandledRejection', unhandled);
  try {
    const cleanups: (() => unknown)[] = [];
    const ending = new AbortController();
    const context: TestContext = {
      name: test.name,
      clock: { now: () => host.now(), setTimer: (ms, run) => host.setTimer(ms, run) },
      limitMs: LIMIT_MS,
      signal: ending.signal,
      cleanup: (work) => void cleanups.push(work),
    };
    await attempt(() => test.run(context));
    ending.abort(new Error(`test "${test.name}" has ended`));
    for (let work = cleanups.pop(); work !== undefined; work = cleanups.pop()) await attempt(work);
    await world.stop().catch((thrown) => errors.push(asError(thrown)));
    // Unhandled rejections are told in a turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('unhandledRejection', unhandled);
  }
  return errors;
}
