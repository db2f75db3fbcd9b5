/** A thread that plays scenarios with seeds, one after the other, and tells what came out. */
import { parentPort } from 'node:worker_threads';
import { bootServer } from '@vivarium/core/internal/peer/boot-server';
import { playSeed, titles } from '../scenarios/catalog.js';
import { scenarioPlants } from './plants/in-scenarios.js';
import type { Plant } from './plants/plant.js';

/** What a thread is asked for. */
export type Asked = ScenariosAsked | PlantAsked;
export type Answer = ScenariosDone | PlantDone;

/** To put a bug in, and to play a scenario until it fails. */
export interface PlantAsked {
  /** Its number among them. */
  readonly plant: number;
  readonly seedsMax: number;
}

export interface PlantDone {
  readonly [what: string]: number | string;
  /** How many seeds it took; 0 when none failed. */
  readonly seeds: number;
  readonly story: string;
}

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
/** RxJS reports what a subscriber throws from a timer of its own, whose time is real. */
const REAL = 'one subscriber that throws does not disturb the others';

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
      if (seed % TWICE_EVERY !== 0 || title.endsWith(REAL)) continue;
      twice++;
      const again = await playSeed(title, seed);
      if (again.trace !== played.trace) fail('is another run each time');
    }
  }
  return { runs: titles.length * count, twice, virtualMs: Math.round(virtualMs), failures };
}

async function find({ plant, seedsMax }: PlantAsked): Promise<PlantDone> {
  const { plant: bug, foundBy, harmless } = scenarioPlants[plant]!;
  const title = titles.find((each) => each.endsWith(foundBy));
  if (title === undefined) throw new Error(`no scenario ends with '${foundBy}'`);
  const errorWith = async (planted: Plant, seed: number) => {
    const { boot, remove } = planted.put(bootServer);
    try {
      return (await playSeed(title, seed, boot)).errors[0];
    } finally {
      remove();
    }
  };
  for (let seed = 1; seed <= seedsMax; seed++) {
    const error = await errorWith(bug, seed);
    if (error === undefined) continue;
    const alone = harmless && (await errorWith(harmless, seed));
    if (alone !== undefined) return { seeds: 0, story: `fails without it: ${alone.message}` };
    return { seeds: seed, story: error.message };
  }
  return { seeds: 0, story: '' };
}

parentPort?.on('message', (asked: Asked) => {
  const answer: Promise<Answer> = 'plant' in asked ? find(asked) : playAll(asked);
  void answer.then((done) => parentPort?.postMessage(done));
});
