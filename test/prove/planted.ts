/** Whether the simulator finds what it is there to find: bugs are put in, one at a time. */

import { runSeed } from '../sim/run-seed.js';
import { bootServer } from '../sim/world/boot.js';
import { table } from './page.js';
import { plants } from './plants/index.js';
import type { Plant } from './plants/plant.js';
import type { Proof } from './proof.js';

/** A bug that this many seeds do not find is not found. */
const SEEDS_MAX = 300;
/** Seeds without a bug, with faults and without, that must find nothing. */
const CONTROL_SEEDS = 1_000;
const QUIET_SEEDS = 100;
const SLICE_SEEDS = 50;

interface Found {
  readonly [what: string]: string | number;
  /** How many seeds it took; 0 when none found it. */
  readonly seeds: number;
  readonly property: string;
  readonly story: string;
}

export const prove: Proof = {
  name: 'planted',
  what:
    'The simulator finds each of the bugs that are planted in the server, its disk, its wire and ' +
    'the client, within a bounded number of seeds, and finds nothing where none is planted.',
  async run({ short, slice, log }) {
    const rows: string[][] = [];
    const counts = { planted: plants.length, found: 0, 'most seeds needed': 0, 'false alarms': 0 };
    const chosen = short ? plants.filter((_, at) => at % 3 === 0) : plants;
    counts.planted = chosen.length;
    for (const plant of chosen) {
      const found = await slice(`plant ${plant.name}`, () => find(plant));
      const isFound = found.seeds > 0;
      if (isFound) counts.found += 1;
      counts['most seeds needed'] = Math.max(counts['most seeds needed'], found.seeds);
      log(`${plant.name}: ${isFound ? `${found.property} after ${found.seeds}` : 'NOT FOUND'}`);
      rows.push([plant.name, isFound ? String(found.seeds) : 'not found', found.property]);
    }
    const control = short ? SLICE_SEEDS : CONTROL_SEEDS;
    const alarms: string[] = [];
    for (let first = 1; first <= control; first += SLICE_SEEDS) {
      alarms.push(...(await slice(`control ${first}`, () => clean(first, SLICE_SEEDS, false))));
    }
    const quiet = short ? 10 : QUIET_SEEDS;
    alarms.push(...(await slice('quiet', () => clean(1, quiet, true))));
    counts['false alarms'] = alarms.length;
    const head = ['what is planted', 'seeds until found', 'found by'];
    const details = ['## The bugs', table(head, rows), ...alarms.map((alarm) => `- ${alarm}`)];
    return {
      holds: counts.found === counts.planted && alarms.length === 0,
      counts: { ...counts, 'seeds without a bug': control + quiet },
      details: details.join('\n\n'),
    };
  },
};

async function find(plant: Plant): Promise<Found> {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    const { boot, remove } = plant.put(bootServer);
    try {
      const { violation } = await runSeed({ seed, boot });
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
    const { violation } = await runSeed({ seed, boot: bootServer, quiet });
    if (violation !== undefined) alarms.push(`seed ${seed}: ${violation.message}`);
  }
  return alarms;
}
