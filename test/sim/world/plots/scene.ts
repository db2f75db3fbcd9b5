/** What plots have to work on, and what they have in common. */
import type { Random } from '@vivarium/core/internal/local/random';
import type { Envoy } from '../../programs/envoy.js';
import type { FaultWorld } from '../fault-world.js';
import type { SimServer } from '../sim-server.js';

/**
 * Begins several things that go wrong one after the other, in the order in which one mistake would
 * show, with somebody who looks.
 *
 * @param told what was done, in a few words, as it is done
 * @returns how long it may take, in ms; undefined when this is not the moment
 */
export type Plot = (
  world: FaultWorld,
  random: Random,
  told: (what: string) => void,
) => number | undefined;

const LOOK_EVERY_MICROS = 2_000;

/** Calls back as soon as something is so, if it comes to be before the heal. */
export function when(world: FaultWorld, isSo: () => boolean, then: () => void): void {
  if (!world.goesOn()) return;
  if (isSo()) then();
  else world.kernel.quietly(LOOK_EVERY_MICROS, 'a plot looks', () => when(world, isSo, then));
}

/** Calls back after a time, unless the heal comes before. */
export function later(world: FaultWorld, ms: number, then: () => void): void {
  world.kernel.after(Math.round(ms * 1_000), 'a plot goes on', () => {
    if (world.goesOn()) then();
  });
}

/** Lets somebody ping again and again, for as long as it is let in where it is. */
export function keepPinging(world: FaultWorld, envoy: Envoy, everyMs: number): void {
  if (!envoy.isIn) return;
  envoy.ask('ping');
  later(world, everyMs, () => keepPinging(world, envoy, everyMs));
}

/** Whether these servers can decide without the others. */
export function canDecide(world: FaultWorld, servers: readonly SimServer[]): boolean {
  const ids = new Set(servers.map(({ id }) => id));
  return world.witness.ensemble?.members.isQuorum(ids) === true;
}

/** Who leads and serves; undefined while nobody does, or while too few follow. */
export function settledLeader(world: FaultWorld): SimServer | undefined {
  const leader = world.leader();
  if (leader === undefined || !serves(leader)) return undefined;
  return canDecide(world, [leader, ...followersOf(world, leader)]) ? leader : undefined;
}

/** Those that follow and serve. */
export function followersOf({ servers }: FaultWorld, leader: SimServer): SimServer[] {
  return servers.filter((server) => {
    return server !== leader && serves(server) && server.local.view?.mode === 'follower';
  });
}

function serves({ local }: SimServer): boolean {
  return local.state === 'running' && local.view?.serving === true;
}

/** The leader that was established after another one, once it serves. */
export function nextLeader(world: FaultWorld, last: SimServer): SimServer | undefined {
  const leader = world.leader();
  return leader !== undefined && leader !== last && serves(leader) ? leader : undefined;
}

/** Cuts the ways between a server and others, for so long. */
export function part(
  { ways, lasting }: FaultWorld,
  [from, to]: readonly [SimServer, SimServer],
  ms: number,
): void {
  const mend = ways.cut(from.local.address, to.local.address);
  lasting.begin([from.name, to.name], ms, `way from ${from.name} to ${to.name}`, mend);
}
