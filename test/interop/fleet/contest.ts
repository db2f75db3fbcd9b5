/** All contend for one place, and the log of the servers says who had it. */
import type { Fleet } from './fleet.js';
import { type HoldsVerdict, judgeHolds } from './judge-holds.js';
import { groundOf } from './names.js';
import { type Disturbance, type RoundEnd, runRound } from './round.js';

export interface Contest {
  readonly name: string;
  /** What each seat contends for; seats that are left out stay away. */
  readonly orders: Readonly<Record<string, string>>;
  /** At least so many, and more until every pair of kinds that takes part has handed over. */
  readonly handOvers: number;
  readonly seed: number;
  /** How long a hold lasts at most; a few milliseconds when left out. */
  readonly longestMs?: number;
  readonly disturbances?: readonly Disturbance[];
}

export interface ContestResult extends HoldsVerdict, Omit<RoundEnd, 'told'> {}

const LONGEST_MS = 4;

/** @throws like `runRound` */
export async function runContest(fleet: Fleet, contest: Contest): Promise<ContestResult> {
  const { name, orders, handOvers, seed, longestMs = LONGEST_MS, disturbances = [] } = contest;
  const ground = groundOf(name);
  const { folder, site, marks } = ground;
  const { told: _, ...end } = await runRound(fleet, {
    ground,
    disturbances,
    enough: handOvers + 1,
    orders: new Map(
      Object.entries(orders).map(([seat, order]) => {
        return [seat, (turn) => `${order} ${site} ${marks} ${longestMs} ${seed * 1000 + turn}`];
      }),
    ),
    progress: async () => {
      // Each hold makes two marks; those of which one is missing are few.
      const stat = await fleet.zk.exists(marks);
      return Math.floor((stat?.numChildren ?? 0) / 2);
    },
    seen: async () => {
      return new Set(Object.keys(judgeHolds(await fleet.changesSoFar(folder), ground).handOvers));
    },
  });
  return { ...judgeHolds(await fleet.changes(folder), ground), ...end };
}
