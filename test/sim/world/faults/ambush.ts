/** A fault that waits for its moment: for a packet of a certain kind, on whichever link. */
import type { Random } from '@vivarium/core/internal/local/random';
import { packetName, packets } from '../../inside/quorum-stream.js';
import type { FaultAct, FaultWorld } from '../fault-world.js';
import type { SimServer } from '../sim-server.js';
import { longTimes } from './choices.js';

/** Moments at which something is half done. */
const MOMENTS: readonly number[] = [
  packets.followerInfo,
  packets.leaderInfo,
  packets.ackEpoch,
  packets.diff,
  packets.diff,
  packets.trunc,
  packets.trunc,
  packets.snap,
  packets.snap,
  packets.newLeader,
  packets.newLeader,
  packets.upToDate,
  packets.proposal,
  packets.proposal,
  packets.proposal,
  packets.ack,
  packets.commit,
  packets.commit,
  packets.revalidate,
  packets.sync,
  packets.request,
];
/** How long after the packet was sent, at most. */
const DELAYS_MICROS = [0, 200, 2_000, 20_000] as const;

export const ambushFaults = {
  ambush: (world, random, took) => {
    const type = random.pick(MOMENTS);
    // A stream of its own: how much is drawn must not depend on when the moment comes.
    const isSender = random.chance(0.5);
    const delay = random.between(0, random.pick(DELAYS_MICROS));
    const strike = chooseStrike(world, random);
    world.witness.await(type, (sender, receiver) => {
      const id = isSender ? sender : receiver;
      const victim = world.servers.find((server) => server.id === id);
      if (victim === undefined || !world.goesOn()) return;
      world.kernel.after(delay, `ambush of ${victim.name}`, () => {
        if (!world.goesOn() || !victim.isUp) return;
        took(`${strike(victim)}, ${delay} µs after a ${packetName(type)}`);
      });
    });
  },
} satisfies Readonly<Record<string, FaultAct>>;

type Strike = (victim: SimServer) => string;

/** What happens then. */
function chooseStrike(world: FaultWorld, random: Random): Strike {
  const ms = random.between(1, random.pick([20, 1_000, ...longTimes(world)]));
  const steps = random.between(1, 40);
  switch (random.between(0, 5)) {
    case 0:
      return (victim) => {
        victim.kill();
        return `${victim.name} is killed`;
      };
    case 1:
      return (victim) => {
        victim.cutPower();
        return `${victim.name} loses power`;
      };
    case 2:
    case 3:
      return (victim) => {
        victim.afterSteps(steps, () => victim.cutPower());
        return `${victim.name} loses power after ${steps} steps of its disk`;
      };
    case 4:
      return (victim) => {
        const { local, name } = victim;
        local.pause();
        world.lasting.begin([name], ms, `unpause ${name}`, () => victim.resume());
        return `${name} is paused for ${ms} ms`;
      };
    default:
      return ({ local, name }) => {
        world.lasting.begin([name], ms, `join ${name}`, world.ways.isolate(local.address));
        return `${name} is cut off for ${ms} ms`;
      };
  }
}
