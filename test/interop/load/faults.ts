/** What is done to an ensemble under load, each from its beginning to where all serve again. */
import type { Random } from '../back-to-back/random.js';
import type { Ensemble } from '../ensemble/ensemble.js';
import type { Member } from '../ensemble/member.js';

export const faultNames = [
  'kill -9 of one',
  'kill -9 of all',
  'rolling restart',
  'pause of the leader',
  'partition',
] as const;
export type FaultName = (typeof faultNames)[number];

export interface FaultWorld {
  readonly ensemble: Ensemble;
  readonly random: Random;
  /** Told of a server that is down now, before it starts again. */
  down(member: Member): void;
  /** Pauses of the leader last so long at most. */
  readonly longestPauseMs: number;
}

type Fault = (world: FaultWorld) => Promise<string>;

const SERVE_LIMIT_MS = 60_000;
const SHORTEST_PAUSE_MS = 100;
const LONGEST_DOWN_MS = 600;
/** Enough for the quorum to give somebody up, and too little, in the ensembles of these tests. */
const CUT_MS = { least: 300, most: 5000 } as const;

/** Each returns what it has done, in words. */
export const faults: Readonly<Record<FaultName, Fault>> = {
  'kill -9 of one': async (world) => {
    const { ensemble, random } = world;
    const member = random.pick(ensemble.members);
    const state = await member.state();
    await member.kill();
    world.down(member);
    await sleep(random.below(LONGEST_DOWN_MS));
    let whileStarting = 0;
    while (random.chance(0.2)) {
      await member.launch();
      await sleep(random.below(LONGEST_DOWN_MS));
      await member.kill();
      world.down(member);
      whileStarting++;
    }
    await member.launch();
    await ensemble.untilServing(SERVE_LIMIT_MS);
    return `${member.id}, ${state?.role ?? 'not serving'}, ${whileStarting} times while starting`;
  },

  'kill -9 of all': async (world) => {
    const { ensemble } = world;
    await ensemble.kill();
    for (const member of ensemble.members) world.down(member);
    await ensemble.start();
    return 'all';
  },

  'rolling restart': async (world) => {
    const { ensemble, random } = world;
    const rest = [...ensemble.members];
    const order: number[] = [];
    while (rest.length > 0) {
      const [member] = rest.splice(random.below(rest.length), 1);
      await member!.stop();
      world.down(member!);
      await member!.launch();
      await ensemble.untilServing(SERVE_LIMIT_MS);
      order.push(member!.id);
    }
    return order.join(', ');
  },

  'pause of the leader': async ({ ensemble, random, longestPauseMs }) => {
    const leader = await ensemble.untilLed();
    const factor = longestPauseMs / SHORTEST_PAUSE_MS;
    const ms = Math.round(SHORTEST_PAUSE_MS * factor ** (random.below(1000) / 1000));
    leader.pause();
    await sleep(ms);
    leader.resume();
    await ensemble.untilServing(SERVE_LIMIT_MS);
    return `${leader.id} for ${ms} ms`;
  },

  partition: async ({ ensemble, random }) => {
    const { network } = ensemble;
    const leader = await ensemble.untilLed();
    const others = ensemble.members.filter((member) => member !== leader);
    const other = random.pick(others);
    const third = others.find((member) => member !== other)!;
    const [one, two, three] = [leader.id, other.id, third.id];
    const shapes: Readonly<Record<string, () => void>> = {
      'the leader alone': () => network.partition([two, three]),
      'a follower alone': () => network.partition([one, three]),
      'each alone': () => network.partition(),
      'a follower hears nothing of the leader': () => network.set(one, two, 'stop'),
      'the leader hears nothing of a follower': () => network.set(two, one, 'stop'),
      'nobody hears the leader': () => {
        network.set(one, two, 'stop');
        network.set(one, three, 'stop');
      },
      'the leader hears nobody': () => {
        network.set(two, one, 'stop');
        network.set(three, one, 'stop');
      },
      'two followers apart': () => {
        network.set(two, three, 'stop');
        network.set(three, two, 'stop');
      },
      'the leader is slow': () => {
        const ms = 20 + random.below(200);
        for (const to of [two, three]) network.set(one, to, 'pass', ms);
      },
      'a follower is lost to itself': () => network.halfOpen(two, one),
      'the leader is lost to itself': () => network.halfOpen(one, two),
    };
    const name = random.pick(Object.keys(shapes));
    const ms = CUT_MS.least + random.below(CUT_MS.most - CUT_MS.least);
    shapes[name]!();
    await sleep(ms);
    network.heal();
    network.reset(one, two);
    await sleep(100);
    await ensemble.untilServing(SERVE_LIMIT_MS);
    return `${name} for ${ms} ms`;
  },
};

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
