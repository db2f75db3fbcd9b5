/** Faults of single connections, between whomever they are. */
import type { Connection } from '@vivarium/core/internal/local/network';
import type { Random } from '@vivarium/core/internal/local/random';
import type { FaultAct, FaultWorld } from '../fault-world.js';
import { longTimes } from './choices.js';

export const connectionFaults = {
  reset: (world, random, took) => {
    const connection = anyOf(world, random);
    if (connection === undefined) return;
    connection.cut('connection reset');
    took(routeOf(connection));
  },
  break: (world, random, took) => {
    const connection = anyOf(world, random);
    if (connection === undefined) return;
    const bytes = random.between(0, 200);
    sideOf(connection, random).breakAfter(bytes);
    took(`${routeOf(connection)} after ${bytes} bytes`);
  },
  stall: (world, random, took) => {
    const connection = anyOf(world, random);
    if (connection === undefined) return;
    const ms = random.between(1, random.pick([50, longTimes(world)[0]]));
    sideOf(connection, random).stall(ms * 1_000);
    world.lasting.outlast(ms);
    took(`${routeOf(connection)} for ${ms} ms`);
  },
} satisfies Readonly<Record<string, FaultAct>>;

function anyOf({ network }: FaultWorld, random: Random): Connection | undefined {
  const open = [...network.connections];
  return open.length === 0 ? undefined : random.pick(open);
}

function sideOf(connection: Connection, random: Random) {
  return (random.chance(0.5) ? connection.dialer : connection.acceptor).incoming;
}

function routeOf({ route }: Connection): string {
  return `connection ${route.number} from ${route.from} to ${route.to}`;
}
