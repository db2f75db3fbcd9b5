/** Faults of the ways between servers, and between a client and one of them. */
import type { Random } from '@vivarium/core/internal/local/random';
import type { FaultAct, FaultWorld } from '../fault-world.js';
import type { SimServer } from '../sim-server.js';
import { aServer, longTimes, namesOf, shuffled } from './choices.js';

/** One way that is cut: names of who is there, and how long. */
interface Cut {
  readonly from: SimServer;
  readonly to: SimServer;
  readonly ms: number;
}

export const linkFaults = {
  'isolate-server': (world, random, took) => {
    const server = aServer(world, random);
    const ms = someTime(world, random);
    isolate(world, server, ms);
    took(`${server.name} for ${ms} ms`);
  },
  'one-way': (world, random, took) => {
    const server = aServer(world, random);
    const others = shuffled(
      world.servers.filter((other) => other !== server),
      random,
    );
    const ms = someTime(world, random);
    // One of the ways from it or to it, or all: it is mute, or deaf.
    const cut = random.chance(0.5) ? others : others.slice(0, 1);
    const isMute = random.chance(0.5);
    for (const other of cut) {
      cutWay(world, isMute ? { from: server, to: other, ms } : { from: other, to: server, ms });
    }
    took(`${isMute ? 'from' : 'to'} ${server.name}, ${namesOf(cut)}, for ${ms} ms`);
  },
  partition: (world, random, took) => {
    const [some, others] = halves(world, random);
    const ms = someTime(world, random);
    cutBetween(world, some, others, ms);
    took(`${namesOf(some)} | ${namesOf(others)} for ${ms} ms`);
  },
  bridge: (world, random, took) => {
    const [some, [bridge, ...others]] = halves(world, random);
    if (bridge === undefined || others.length === 0) return;
    const ms = someTime(world, random);
    cutBetween(world, some, others, ms);
    took(`${namesOf(some)} | ${bridge.name} | ${namesOf(others)} for ${ms} ms`);
  },
  flap: (world, random, took) => {
    const [some, others] = halves(world, random);
    const ms = random.between(20, 300);
    const times = random.between(3, 10);
    for (let n = 0; n < times; n++) {
      world.kernel.after(2 * n * ms * 1_000, 'flap', () => {
        if (world.goesOn()) cutBetween(world, some, others, ms);
      });
    }
    took(`${namesOf(some)} | ${namesOf(others)}, ${times} times for ${ms} ms`);
  },
  clog: (world, random, took) => {
    const chosen = shuffled(world.servers, random).slice(0, random.between(2, 4));
    for (const server of chosen) {
      world.kernel.after(random.between(0, 500_000), `clog ${server.name}`, () => {
        if (world.goesOn()) isolate(world, server, random.between(500, 1_500));
      });
    }
    took(`${namesOf(chosen)}, one by one`);
  },
  strand: (world, random, took) => {
    const place = world.participants.anyPlace(random);
    if (place === undefined) return;
    const server = random.pick(world.servers);
    const ms = someTime(world, random);
    const { address } = server.local;
    const mends = [world.ways.cut(place, address), world.ways.cut(address, place)];
    world.lasting.begin([place, server.name], ms, `join ${place} and ${server.name}`, () => {
      for (const mend of mends) mend();
    });
    took(`${place} from ${server.name} for ${ms} ms`);
  },
  // A server answers its client without knowing what others do, and nobody hears of either then.
  maroon: (world, random, took) => {
    const pairs = [...world.network.connections].flatMap(({ route: { from, to } }) => {
      const server = world.servers.find(({ local }) => local.address === to);
      return server !== undefined && from.startsWith('c') ? [{ place: from, server }] : [];
    });
    if (pairs.length === 0) return;
    const { place, server } = random.pick(pairs);
    const { tickTime } = world.swarm;
    const delayMs = random.between(0, 8 * tickTime);
    const others = world.servers.filter((other) => other !== server);
    const [longMs] = longTimes(world);
    cutBetween(world, [server], others, delayMs + random.between(1, longMs));
    const dies = random.chance(0.3);
    world.kernel.after(delayMs * 1_000, `maroons ${place}`, () => {
      if (!world.goesOn()) return;
      world.lasting.begin([place], 2 * longMs, `join ${place}`, world.ways.isolate(place));
      if (dies && server.isUp) server.kill();
    });
    took(`${place} with ${server.name}, and alone after ${delayMs} ms${dies ? ', dead' : ''}`);
  },
} satisfies Readonly<Record<string, FaultAct>>;

function someTime(world: FaultWorld, random: Random): number {
  return random.between(1, random.pick([100, 1_000, ...longTimes(world)]));
}

function isolate({ ways, lasting }: FaultWorld, { name, local }: SimServer, ms: number): void {
  lasting.begin([name], ms, `join ${name}`, ways.isolate(local.address));
}

function cutWay({ ways, lasting }: FaultWorld, { from, to, ms }: Cut): void {
  const mend = ways.cut(from.local.address, to.local.address);
  lasting.begin([from.name, to.name], ms, `way from ${from.name} to ${to.name}`, mend);
}

function cutBetween(
  world: FaultWorld,
  some: readonly SimServer[],
  others: readonly SimServer[],
  ms: number,
): void {
  for (const one of some) {
    for (const other of others) {
      cutWay(world, { from: one, to: other, ms });
      cutWay(world, { from: other, to: one, ms });
    }
  }
}

/** All servers in two parts, neither of them empty. */
function halves({ servers }: FaultWorld, random: Random): readonly [SimServer[], SimServer[]] {
  const mixed = shuffled(servers, random);
  const first = random.between(1, mixed.length - 1);
  return [mixed.slice(0, first), mixed.slice(first)];
}
