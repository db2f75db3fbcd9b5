/**
 * A leader is cut off from all others and does not notice: they lose power, which nobody is told
 * of, come up again at once and choose another. For a while there are two, and clients at both.
 */
import { packets } from '../../inside/quorum-stream.js';
import type { FaultWorld } from '../fault-world.js';
import type { SimServer } from '../sim-server.js';
import {
  canDecide,
  keepPinging,
  later,
  nextLeader,
  type Plot,
  part,
  settledLeader,
  when,
} from './scene.js';

/** What comes before the leader is left behind, and after it is back. */
const MORE_MS = 2_100;

export const coup: Plot = (world, random, told) => {
  const { servers, swarm, participants } = world;
  const leader = settledLeader(world);
  if (leader === undefined) return undefined;
  const others = servers.filter((server) => server !== leader);
  if (!canDecide(world, others)) return undefined;
  const { tickTime } = swarm;
  const lingersMs = leader.syncMs;
  const aloneMs = lingersMs + random.between(300, 1_500);
  const envoy = () => participants.envoy(tickTime * random.between(5, 9));
  const [stays, asks, writes, goes] = [envoy(), envoy(), envoy(), envoy()];
  const envoys = [stays, asks, writes, goes];
  const upAfterMs = others.map(() => random.between(1, 20));
  const breaksCut = random.chance(0.8) ? random.between(1, 6) : 0;
  const pause = random.between(0, 60);

  // Whoever is with the old leader must not miss what the new one has said.
  const compare = () => {
    goes.go(nextLeader(world, leader)!.local.address, () => {
      goes.ask('write', () => {
        later(world, 1, () => {
          asks.ask('sync');
          asks.ask('look');
        });
        goes.go(leader.local.address, () => goes.ask('look'));
      });
    });
  };
  const strike = () => {
    if (settledLeader(world) !== leader || !areIn()) return;
    told(`${leader.name} is left behind for ${aloneMs} ms`);
    for (const [at, other] of others.entries()) {
      part(world, [leader, other], aloneMs);
      part(world, [other, leader], aloneMs);
      if (other.isUp) other.cutPower();
      later(world, upAfterMs[at]!, () => {
        if (!other.isUp) other.start();
      });
    }
    keepPinging(world, stays, tickTime / 4);
    // What nobody else has: it will have to be cut off.
    writes.ask('write');
    if (breaksCut > 0) breakCut(world, leader, breaksCut);
    when(world, () => nextLeader(world, leader) !== undefined, compare);
  };

  for (const envoy of envoys) envoy.go(leader.local.address);
  const areIn = () => envoys.every(({ isIn }) => isIn);
  when(world, areIn, () => later(world, pause, strike));
  return aloneMs + MORE_MS;
};

/** Breaks the link over which a server is told to cut its log, after so many steps of its disk. */
function breakCut(world: FaultWorld, whose: SimServer, steps: number): void {
  world.witness.await(packets.trunc, (sender, receiver) => {
    if (receiver !== whose.id || !world.goesOn()) return;
    const leader = world.servers.find(({ id }) => id === sender);
    whose.afterSteps(steps, () => {
      for (const connection of [...world.network.connections]) {
        const { from, at } = connection.route;
        if (from === whose.local.address && at === leader?.local.address) {
          connection.cut('connection reset');
        }
      }
    });
  });
}
