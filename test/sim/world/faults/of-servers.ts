/** Faults of servers as processes and machines. */
import type { Random } from '@vivarium/core/internal/local/random';
import type { FaultAct, FaultWorld } from '../fault-world.js';
import type { SimServer } from '../sim-server.js';
import { longTimes, namesOf, shuffled, someServers } from './choices.js';

const DAY_MS = 86_400_000;
/** Clocks are wrong by as much, at most. */
const DRIFT_PERMILLE = 50;

export const serverFaults = {
  kill: (world, random, took) => die(world, random, (server) => server.kill(), took),
  power: (world, random, took) => die(world, random, (server) => server.cutPower(), took),
  stop: (world, random, took) => {
    const [server] = someServers(world, random);
    if (server === undefined) return;
    server.local.stop();
    took(server.name);
  },
  pause: (world, random, took) => {
    const chosen = someServers(world, random).filter(({ local }) => local.state === 'running');
    if (chosen.length === 0) return;
    const ms = random.between(1, random.pick([20, ...longTimes(world)]));
    for (const server of chosen) {
      server.local.pause();
      world.lasting.begin([server.name], ms, `unpause ${server.name}`, () => server.resume());
    }
    took(`${namesOf(chosen)} for ${ms} ms`);
  },
  'wall-jump': ({ servers }, random, took) => {
    const server = random.pick(servers);
    server.wallOffsetMs = random.between(-DAY_MS, DAY_MS);
    took(`${server.name} by ${server.wallOffsetMs} ms`);
  },
  drift: ({ servers }, random, took) => {
    const server = random.pick(servers);
    server.clock.rate = 1 + random.between(-DRIFT_PERMILLE, DRIFT_PERMILLE) / 1_000;
    took(`${server.name} at ${server.clock.rate}`);
  },
  wipe: (world, random, took) => {
    const server = random.pick(world.servers);
    if (!world.mayWipe(server)) return;
    server.wipe();
    took(server.name);
  },
  rot: (world, random, took) => {
    const server = random.pick(world.servers);
    if (!world.mayWipe(server)) return;
    const where = server.rot(random);
    if (where !== undefined) took(`${server.name}: ${where}`);
  },
  roll: (world, random, took) => {
    const gapMs = random.between(50, random.pick([200, 2_000]));
    for (const [at, server] of shuffled(world.servers, random).entries()) {
      world.kernel.after(at * gapMs * 1_000, `roll ${server.name}`, () => {
        if (world.goesOn() && server.isUp) server.local.stop();
      });
    }
    took(`one every ${gapMs} ms`);
  },
} satisfies Readonly<Record<string, FaultAct>>;

/** At once, or between two steps of the disk of the first of them, where it hurts most. */
function die(
  world: FaultWorld,
  random: Random,
  dies: (server: SimServer) => void,
  took: (what: string) => void,
): void {
  const chosen = someServers(world, random);
  const [first] = chosen;
  if (first === undefined) return;
  const happen = () => {
    const up = chosen.filter(({ isUp }) => isUp);
    for (const server of up) dies(server);
    if (world.servers.every(({ isUp }) => !isUp)) world.witness.marks.hit('all-down');
    if (up.length > 0) took(namesOf(up));
  };
  // Its next life may end as the last one did, when it is not even ready.
  if (random.chance(0.3)) first.afterNextStart(random.between(1, 60), happen);
  if (random.chance(0.5)) happen();
  else first.afterSteps(random.between(1, 12), happen);
}
