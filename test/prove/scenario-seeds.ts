/** A thread that plays scenarios with seeds, one after the other, and tells what came out. */
import { parentPort } from 'node:worker_threads';
import { playSeed } from '../scenarios/catalog.js';

/** What a thread is asked for. */
export interface ScenariosAsked {
  readonly titles: readonly string[];
  readonly first: number;
  readonly count: number;
}

/** What it answers. */
export interface ScenariosDone {
  readonly [what: string]: number | readonly string[];
  readonly runs: number;
  /** Runs that were made twice, to see that a seed is always the same run. */
  readonly twice: number;
  readonly virtualMs: number;
  /** For each run that failed: title, seed, story; in one list, three by three. */
  readonly failures: readonly string[];
}

/** One seed of so many is played twice. */
const TWICE_EVERY = 10;

async function playAll({ titles, first, count }: ScenariosAsked): Promise<ScenariosDone> {
  const failures: string[] = [];
  let twice = 0;
  let virtualMs = 0;
  for (const title of titles) {
    for (let seed = first; seed < first + count; seed++) {
      const fail = (story: string) => failures.push(title, String(seed), story);
      const played = await playSeed(title, seed);
      virtualMs += played.virtualMs;
      if (played.errors.length > 0) {
        fail(played.errors.map(({ name, message }) => `${name}: ${message}`).join(' · '));
      }
      if (seed % TWICE_EVERY !== 0) continue;
      twice++;
      const again = await playSeed(title, seed);
      if (again.trace !== played.trace) fail('is another run each time');
    }
  }
  return { runs: titles.length * count, twice, virtualMs: Math.round(virtualMs), failures };
}

parentPort?.on('message', (asked: ScenariosAsked) => {
  void playAll(asked).then((done) => parentPort?.postMessage(done));
});
