/** Meets others at a double barrier, gives up now and then, and leaves with them. */
import type { Cohort } from '@vivarium/recipes';
import { placeOf } from '../../judges/recipes/places.js';
import { during, ENOUGH, excused, type Player, sleep, takeTurns } from './player.js';

const PATH = placeOf('double-barrier');

/** Those who have to pass once more at the end; when they are too few for that, nobody waits. */
export class LastRound {
  readonly #size: number;
  /** Who has not passed for the last time, with the test of whether its program lives. */
  readonly #expected = new Map<string, () => boolean>();
  readonly #enough: AbortController[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /** Gives a signal that aborts when those who are left are too few. */
  joins({ name, isLive }: Player): AbortSignal {
    this.#expected.set(name, isLive);
    const enough = new AbortController();
    this.#enough.push(enough);
    return enough.signal;
  }

  passed({ name }: Player): void {
    this.#expected.delete(name);
    this.counts();
  }

  /** From the heal on nobody dies and nobody comes: then those who are left can be counted. */
  counts(): void {
    const left = [...this.#expected.values()].filter((isLive) => isLive());
    if (left.length >= this.#size) return;
    for (const enough of this.#enough) enough.abort(ENOUGH);
  }
}

export async function playDoubleBarrier(player: Player, last: LastRound): Promise<void> {
  const { zk, recipes, random, judges, marks, name, isLive } = player;
  const { cohorts } = judges;
  const signal = last.joins(player);
  const counting = countAtHeal(player, last);
  await takeTurns(player, async (isLast) => {
    const onLoss = random.pick(['wait', 'break'] as const);
    const whenFull = isLast || random.chance(0.8) ? 'wait' : 'error';
    const barrier = recipes.doubleBarrier(zk, PATH, { size: cohorts.size, onLoss, whenFull });
    const timeoutMs = isLast || random.chance(0.3) ? undefined : random.between(50, 3_000);
    const entering = barrier.enter({ signal, timeoutMs });
    const cohort = await during(player, 'others at the barrier', excused(player, entering));
    if (cohort === undefined) {
      if (!signal.aborted) marks.hit('barrier-given-up');
      return signal.aborted;
    }
    const session = zk.session?.id ?? 0n;
    // Who stands still, or is cut off, may have lost its session and not know it yet.
    const isInside = () => isLive() && zk.isCertain(session);
    cohorts.passed(name, cohort, session, isInside);
    await sleep(player, random.between(0, random.pick([5, 100, 500])));
    await leave(player, cohort, isLast);
    if (cohort.signal.aborted) marks.hit('cohort-broken');
    else if (isLast) last.passed(player);
    return isLast && !cohort.signal.aborted;
  });
  await counting;
  last.passed(player);
}

/** Some may be too few from then on, while each of them still waits as if others might come. */
async function countAtHeal(player: Player, last: LastRound): Promise<void> {
  while (player.goesOn()) await sleep(player, 500);
  last.counts();
}

async function leave(player: Player, cohort: Cohort, isLast: boolean): Promise<void> {
  const { random, judges, name } = player;
  judges.cohorts.leaves(cohort);
  const timeoutMs = isLast || random.chance(0.7) ? undefined : random.between(1, 1_000);
  const leaving = cohort.leave({ timeoutMs }).then(() => true);
  const hasLeft = await during(player, 'others to leave', excused(player, leaving));
  if (hasLeft === true) judges.cohorts.left(name, cohort);
}
