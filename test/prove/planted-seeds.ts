/** A thread that looks for bugs with the simulator, one after the other, as it is asked. */
import { parentPort } from 'node:worker_threads';
import { type RunOptions, runSeed } from '../sim/run-seed.js';
import { Violation } from '../sim/violation.js';
import { bootServer } from '../sim/world/boot.js';
import { plants } from './plants/index.js';
import type { Plant } from './plants/plant.js';

/** What a thread is asked for. */
export type Asked =
  | { readonly plant: string; readonly seedsMax: number }
  /** Seeds without a bug. */
  | { readonly first: number; readonly count: number; readonly quiet: boolean };

/** Whether, when and how a bug was found. */
export interface Found {
  readonly [what: string]: string | number;
  /** How many seeds it took; 0 when none found it. */
  readonly seeds: number;
  readonly property: string;
  readonly story: string;
}

export type Answer = { readonly found: Found } | { readonly alarms: readonly string[] };

/** What was thrown where, by a bug, nobody waits for it any more. */
let unheard: unknown;
process.on('unhandledRejection', (reason) => {
  unheard ??= reason;
});

/** One life, and what went wrong in it. @throws what is no violation */
async function violationIn(life: RunOptions): Promise<Violation | undefined> {
  unheard = undefined;
  const { violation } = await runSeed(life);
  // Unhandled rejections are told in a turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  if (violation !== undefined) return violation;
  if (unheard instanceof Violation || unheard === undefined) return unheard;
  throw unheard;
}

async function find(plant: Plant, seedsMax: number): Promise<Found> {
  const recipes = await plant.recipes?.();
  const life = recipes === undefined ? {} : ({ recipes, focus: 'recipes' } as const);
  for (let seed = 1; seed <= seedsMax; seed++) {
    const { boot, remove } = plant.put(bootServer);
    try {
      const violation = await violationIn({ seed, boot, ...life });
      if (violation === undefined) continue;
      return { seeds: seed, property: violation.property, story: violation.message };
    } catch (error) {
      // An assertion of the server's or the client's own is a find as well.
      return { seeds: seed, property: 'an assertion', story: String(error) };
    } finally {
      remove();
    }
  }
  return { seeds: 0, property: '', story: '' };
}

async function clean(first: number, count: number, quiet: boolean): Promise<string[]> {
  const alarms: string[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const violation = await violationIn({ seed, boot: bootServer, quiet });
    if (violation !== undefined) alarms.push(`seed ${seed}: ${violation.message}`);
  }
  return alarms;
}

async function answer(asked: Asked): Promise<Answer> {
  if ('first' in asked) return { alarms: await clean(asked.first, asked.count, asked.quiet) };
  const plant = plants.find(({ name }) => name === asked.plant)!;
  return { found: await find(plant, asked.seedsMax) };
}

parentPort?.on('message', (asked: Asked) => {
  void answer(asked).then((done) => parentPort?.postMessage(done));
});
