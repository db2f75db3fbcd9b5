/** Whom a fault is for, and how long it lasts. */
import type { Random } from '@vivarium/core/internal/local/random';
import type { FaultWorld } from '../fault-world.js';
import type { SimServer } from '../sim-server.js';

/** One of the servers; the leader more often than others. */
export function aServer({ servers, leader }: FaultWorld, random: Random): SimServer {
  const leading = leader();
  return leading !== undefined && random.chance(0.3) ? leading : random.pick(servers);
}

/** Some servers that are up: one mostly, or as many as may fail at once, or more. */
export function someServers(world: FaultWorld, random: Random): SimServer[] {
  const { servers } = world;
  const first = aServer(world, random);
  const others = servers.filter((server) => server !== first);
  const minority = Math.floor((servers.length - 1) / 2);
  const count = random.pick([1, 1, 1, 1, 1, minority, minority + 1, servers.length]);
  const up = [first, ...shuffled(others, random)].filter(({ isUp }) => isUp);
  return up.slice(0, Math.max(1, count));
}

/** Times by which sessions end. */
export function longTimes({ swarm }: FaultWorld): readonly [number, number] {
  const long = Math.max(...swarm.sessionTimeoutMs);
  return [long, 2 * long];
}

/** For people: `s1 s3`. */
export function namesOf(servers: readonly SimServer[]): string {
  return servers.map(({ name }) => name).join(' ');
}

export function shuffled<T>(all: readonly T[], random: Random): T[] {
  const rest = [...all];
  return all.map(() => rest.splice(random.between(0, rest.length - 1), 1)[0]!);
}
