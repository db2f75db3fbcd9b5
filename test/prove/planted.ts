/** Whether the simulator finds what it is there to find: bugs are put in, one at a time. */
import { setPriority } from 'node:os';
import { table } from './page.js';
import type { Answer, Asked, Found } from './planted-seeds.js';
import { plants, rarePlants } from './plants/index.js';
import type { Plant } from './plants/plant.js';
import type { Proof, ProofContext } from './proof.js';
import { Threads } from './threads.js';
import { turnOfToday } from './turns.js';

/** A bug that this many seeds do not find is not found. */
const SEEDS_MAX = 2_000;
/** Seeds without a bug, with faults and without, that must find nothing. */
const CONTROL_SEEDS = 1_000;
const QUIET_SEEDS = 100;
const SLICE_SEEDS = 25;
/** How many bugs a short proof looks for; every day others, so that all have their turn. */
const SHORT_PLANTS = 5;

/** Others have work to do as well. */
const NICE = 10;

type Finders = Threads<Asked, Answer>;

export const prove: Proof = {
  name: 'planted',
  what:
    'The simulator finds each of the bugs that are planted in servers, their ensembles, their ' +
    'disks, their wires, the client and the recipes, within a bounded number of seeds, and finds ' +
    'nothing where none is planted.',
  async run(context) {
    const { short, log, args } = context;
    const chosen = short ? ofToday() : whole(args[0]);
    setPriority(NICE);
    const threads: Finders = new Threads(new URL('./planted-seeds.js', import.meta.url));
    try {
      const found = await Promise.all(chosen.map((plant) => find(context, threads, plant)));
      const control = short ? SLICE_SEEDS : CONTROL_SEEDS;
      const alarms = await alarmsIn(context, threads, control, false);
      const quiet = short ? 10 : QUIET_SEEDS;
      alarms.push(...(await alarmsIn(context, threads, quiet, true)));
      const missed = found.filter(({ seeds }) => seeds === 0);
      log(`${missed.length} of ${found.length} not found, ${alarms.length} false alarms`);
      const head = ['what is planted', 'seeds until found', 'found by'];
      const rows = chosen.map(({ name }, at) => {
        const { seeds, property } = found[at]!;
        return [name, seeds > 0 ? String(seeds) : 'not found', property];
      });
      const details = ['## The bugs', table(head, rows), ...alarms.map((alarm) => `- ${alarm}`)];
      return {
        holds: missed.length === 0 && alarms.length === 0,
        counts: {
          planted: chosen.length,
          found: chosen.length - missed.length,
          'most seeds needed': Math.max(...found.map(({ seeds }) => seeds)),
          'false alarms': alarms.length,
          'seeds without a bug': control + quiet,
        },
        details: details.join('\n\n'),
      };
    } finally {
      threads.end();
    }
  },
};

/** All of them; those with a word in their names, if one is given. */
function whole(word = ''): readonly Plant[] {
  return plants.filter(({ name }) => name.includes(word));
}

/** Some that are found soon. */
function ofToday(): readonly Plant[] {
  const common = whole().filter(({ name }) => !rarePlants.has(name));
  return turnOfToday(common, SHORT_PLANTS);
}

async function find(
  { slice, log }: ProofContext,
  threads: Finders,
  { name }: Plant,
): Promise<Found> {
  const found = await threads.run((ask) =>
    slice(`plant ${name}`, async () => {
      const done = await ask({ plant: name, seedsMax: SEEDS_MAX });
      return (done as { readonly found: Found }).found;
    }),
  );
  const { seeds, property, story } = found;
  log(`${name}: ${seeds > 0 ? `${property} after ${seeds}: ${story}` : 'NOT FOUND'}`);
  return found;
}

async function alarmsIn(
  { slice }: ProofContext,
  threads: Finders,
  seeds: number,
  quiet: boolean,
): Promise<string[]> {
  const slices: Promise<readonly string[]>[] = [];
  for (let first = 1; first <= seeds; first += SLICE_SEEDS) {
    const count = Math.min(SLICE_SEEDS, seeds - first + 1);
    const key = `${quiet ? 'quiet' : 'control'} ${first} ${count}`;
    slices.push(
      threads.run((ask) =>
        slice(key, async () => {
          const done = await ask({ first, count, quiet });
          return [...(done as { readonly alarms: readonly string[] }).alarms];
        }),
      ),
    );
  }
  return (await Promise.all(slices)).flat();
}
