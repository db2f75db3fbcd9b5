/** The rounds of the proof: what is shared, by whom, under which names. */
import type { Random } from '../back-to-back/random.js';
import { type Contest, runContest } from './contest.js';
import { type Counting, runCounting } from './counting.js';
import { kill, killHolder, restartServer } from './disturbances.js';
import type { Fleet } from './fleet.js';
import { runGathering } from './gathering.js';
import type { Shape } from './judge-views.js';
import type { Disturbance } from './round.js';

/** What came of one round. */
export interface FleetRow {
  /** Nothing is wrong; or, where something has to go wrong, something was found. */
  readonly holds: boolean;
  readonly count: number;
  readonly problems: readonly string[];
  readonly handOvers: Readonly<Record<string, number>>;
  readonly missing: readonly string[];
  readonly killed: readonly string[];
  readonly cutShort: number;
  readonly together: number;
  readonly again: number;
  readonly ms: number;
}

export interface FleetSlice {
  readonly name: string;
  /** The classes that take part, for a person. */
  readonly who: string;
  readonly unit: 'hand-overs' | 'writes' | 'changes';
  /** The judge has to find something: these cannot share. */
  readonly mustFail: boolean;
  run(fleet: Fleet): Promise<FleetRow>;
}

const SEATS = ['curator1', 'curator2', 'kazoo1', 'kazoo2', 'vivarium1', 'vivarium2'] as const;
type Orders = Readonly<Record<string, string>>;

const all = (order: string): Orders => Object.fromEntries(SEATS.map((seat) => [seat, order]));

/** kazoo 2.8 lets readers wait for writers that came later, which wait for them: it only writes. */
const readWrite: Orders = {
  curator1: 'read-write-downgrade',
  // Its downgrade takes a new place, behind writers that then come in beside it.
  curator2: 'read-write',
  kazoo1: 'write',
  kazoo2: 'read-write',
  vivarium1: 'read-write-downgrade',
  vivarium2: 'read-write-downgrade',
};

const KAZOO_NAMED = 'kazoo with Curator’s names';

/** @param hasThree whether a server can be missed for a while */
export function slicesOf(short: boolean, hasThree: boolean, random: Random): readonly FleetSlice[] {
  const some = (full: number, little: number) => (short ? little : full);
  const faults = [
    killHolder('curator1'),
    restartServer('follower', random),
    killHolder('kazoo2'),
    kill('curator2'),
    restartServer('leader', random),
    killHolder('vivarium1'),
    kill('kazoo1'),
    restartServer('follower', random),
    kill('vivarium2'),
  ];
  const mutex = `InterProcessMutex, ${KAZOO_NAMED}, acquireLock`;
  const rw = `InterProcessReadWriteLock, ${KAZOO_NAMED}, rwLock`;
  const few: Disturbance[] = hasThree ? [killHolder('curator1')] : [];
  if (short) {
    return [
      contest('locks', mutex, all('lock'), 30, 1, few),
      contest('read-write locks', rw, readWrite, 30, 2),
      contest('LeaderLatch', 'LeaderLatch, Election, lead', all('latch'), 24, 3),
      gathering('group of names', 'names', 8, 0),
      ...numbers(some, []).slice(0, 2),
      broken(20),
    ];
  }
  return [
    contest('locks', mutex, all('lock'), 1000, 1),
    contest('locks, with faults', mutex, all('lock'), 300, 2, faults),
    contest(
      'locks by number',
      'InterProcessMutex with a driver, Lock with extra_lock_patterns, acquireLock',
      { ...all('lock-kazoo'), vivarium1: 'lock', vivarium2: 'lock' },
      300,
      3,
    ),
    contest('read-write locks', rw, readWrite, 400, 4),
    contest('read-write locks, with faults', rw, readWrite, 200, 5, faults),
    contest(
      'read-write locks without Curator',
      'ReadLock and WriteLock with extra_lock_patterns, rwLock',
      {
        kazoo1: 'write-kazoo',
        kazoo2: 'read-write-kazoo',
        vivarium1: 'read-write-downgrade',
        vivarium2: 'read-write-downgrade',
      },
      200,
      6,
    ),
    contest(
      'LeaderLatch',
      'LeaderLatch, Election with a lock of its names, lead',
      all('latch'),
      300,
      7,
    ),
    contest(
      'LeaderLatch, with faults',
      'LeaderLatch, Election with a lock of its names, lead',
      all('latch'),
      150,
      8,
      faults,
    ),
    contest(
      'LeaderSelector',
      'LeaderSelector, Election with a lock of its names, acquireLock',
      all('selector'),
      300,
      9,
    ),
    contest(
      'election without Curator',
      'Election whose lock has extra_lock_patterns, lead',
      { ...both('kazoo', 'election-kazoo'), ...both('vivarium', 'latch') },
      200,
      10,
    ),
    gathering('group of names', 'names', 300, 4),
    gathering('party', 'party', 150, 0),
    ...numbers(some, faults),
    broken(60),
  ];
}

function both(kind: string, order: string): Orders {
  return { [`${kind}1`]: order, [`${kind}2`]: order };
}

function numbers(
  some: (full: number, little: number) => number,
  faults: readonly Disturbance[],
): readonly FleetSlice[] {
  const long = { ...both('curator', 'count-int64'), ...both('vivarium', 'count-int64') };
  const int = {
    curator1: 'count-shared',
    curator2: 'count-int32',
    ...both('kazoo', 'count-int32'),
    ...both('vivarium', 'count-int32'),
  };
  const text = { ...both('kazoo', 'count-text'), ...both('vivarium', 'count-text') };
  const ints = 'SharedCount, DistributedAtomicInteger, Counter with support_curator, sharedValue';
  const kills = faults.filter((_, at) => ![0, 2, 5].includes(at)); // nobody holds a number
  return [
    counting('int64', 'DistributedAtomicLong, counter', 'int64', long, some(400, 40)),
    counting('int32', ints, 'int32', int, some(600, 60)),
    counting('text', 'Counter, sharedValue', 'text', text, some(300, 30)),
    counting('int64, with faults', 'DistributedAtomicLong, counter', 'int64', long, 300, [
      kill('curator1'),
      ...kills.filter((_, at) => [0, 2, 5].includes(at)),
    ]),
    counting('int32, with faults', ints, 'int32', int, 400, kills),
  ];
}

function contest(
  name: string,
  who: string,
  orders: Orders,
  handOvers: number,
  seed: number,
  disturbances: readonly Disturbance[] = [],
): FleetSlice {
  return {
    ...{ name, who, unit: 'hand-overs', mustFail: false },
    run: async (fleet) =>
      rowOf(await runContest(fleet, of(name, orders, handOvers, seed, disturbances)), disturbances),
  };
}

function of(
  name: string,
  orders: Orders,
  handOvers: number,
  seed: number,
  disturbances: readonly Disturbance[],
): Contest {
  return { name: name.replace(/\W+/g, '-'), orders, handOvers, seed, disturbances };
}

type ContestEnd = Awaited<ReturnType<typeof runContest>>;

function rowOf(result: ContestEnd, disturbances: readonly Disturbance[]): FleetRow {
  const { holds, handOvers, missing, together, inVain, ms } = result;
  const cutShort = Object.values(result.cutShort).reduce((sum, count) => sum + count, 0);
  const problems = [...result.problems];
  if (disturbances.length === 0 && cutShort + inVain > 0) {
    problems.push(
      `${cutShort} holds were cut short, ${inVain} stood in vain, and nobody was killed`,
    );
  }
  return {
    ...{ problems, handOvers, missing, cutShort, together, ms },
    holds: problems.length === 0 && missing.length === 0 && holds > 0,
    count: holds - 1,
    killed: result.disturbances,
    again: 0,
  };
}

/** kazoo's lock as it comes heeds nobody else's nodes: the judge has to see what comes of it. */
function broken(handOvers: number): FleetSlice {
  const orders = { ...all('lock'), ...both('kazoo', 'lock-alone') };
  return {
    name: 'kazoo’s Lock as it comes',
    who: 'InterProcessMutex, Lock, acquireLock',
    unit: 'hand-overs',
    mustFail: true,
    run: async (fleet) => {
      const row = rowOf(await runContest(fleet, of('kazoo alone', orders, handOvers, 11, [])), []);
      return { ...row, holds: row.problems.some((problem) => problem.startsWith('H3')) };
    },
  };
}

function counting(
  name: string,
  who: string,
  format: Counting['format'],
  orders: Orders,
  writes: number,
  disturbances: readonly Disturbance[] = [],
): FleetSlice {
  return {
    ...{ name: `number as ${name}`, who, unit: 'writes', mustFail: false },
    run: async (fleet) => {
      const folder = `number-${name.replace(/\W+/g, '-')}`;
      const counting = { name: folder, format, orders, writes, disturbances };
      const result = await runCounting(fleet, counting);
      const { problems, handOvers, missing, again, ms } = result;
      const holds = problems.length === 0 && missing.length === 0;
      const { disturbances: killed, writes: count } = result;
      return { holds, count, problems, handOvers, missing, killed, again, ms, ...NOBODY_HELD };
    },
  };
}

const NOBODY_HELD = { cutShort: 0, together: 0 } as const;

function gathering(name: string, shape: Shape, changes: number, kills: number): FleetSlice {
  return {
    ...{ name, unit: 'changes', mustFail: false },
    who: `GroupMember, ${shape === 'names' ? 'ShallowParty' : 'Party'}, joinGroup and members$`,
    run: async (fleet) => {
      const folder = name.replace(/\W+/g, '-');
      const result = await runGathering(fleet, { name: folder, shape, changes, kills, seed: 1 });
      const { problems, handOvers, ms } = result;
      const killed = Array<string>(result.kills).fill('a member');
      const holds = problems.length === 0 && result.changes > 0;
      const rest = { missing: [], again: 0, ...NOBODY_HELD };
      return { holds, count: result.changes, problems, handOvers, killed, ms, ...rest };
    },
  };
}
