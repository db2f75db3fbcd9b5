/** A program that plays one recipe, and what all of these programs have in common. */
import { type Client, isZkError } from '@vivarium/core';
import type { Random } from '@vivarium/core/internal/local/random';
import type * as recipesModule from '@vivarium/recipes';
import type { Hold, RecipeErrorName } from '@vivarium/recipes';
import { type Observable, Subscription } from 'rxjs';
import { GUARDED } from '../../judges/recipes/places.js';
import type { RecipeJudges } from '../../judges/recipes/recipe-judges.js';
import type { Marks } from '../../marks.js';
import { Violation } from '../../violation.js';

/** All that the package gives, or the same with a bug in it. */
export type RecipesModule = typeof recipesModule;

export interface Player {
  readonly name: string;
  readonly zk: Client;
  readonly recipes: RecipesModule;
  readonly random: Random;
  readonly judges: RecipeJudges;
  readonly marks: Marks;
  readonly isLive: () => boolean;
  /** False from the heal on: nobody begins anything new then. */
  readonly goesOn: () => boolean;
}

/** What can befall a recipe here without anybody's mistake. */
const EXCUSED: readonly RecipeErrorName[] = [
  'TIMED_OUT',
  'HOLD_LOST',
  'HOLD_REVOKED',
  'NO_LIMIT',
  'UNKNOWN_OUTCOME',
  'BARRIER_FULL',
  'BROKEN_BARRIER',
];

/** A reason to give up that is no error of any recipe. */
export const ENOUGH = 'enough';

/**
 * What a recipe gives; undefined when it fails as it may. No error of a single request is one of
 * these: connections and sessions that end are the recipe's to bear.
 *
 * @throws Violation X8 when it fails with what nobody has given cause for
 */
export async function excused<T>(
  { name, recipes }: Player,
  work: Promise<T>,
): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error === ENOUGH || recipes.isRecipeError(error, ...EXCUSED)) return undefined;
    if (isZkError(error) || recipes.isRecipeError(error)) {
      throw new Violation('X8', `${name}: ${error.message}`);
    }
    throw error;
  }
}

export function sleep({ zk }: Player, ms: number): Promise<void> {
  return new Promise((resolve) => zk.clock.setTimer(ms, resolve));
}

/** Does something while it listens to a stream; what goes wrong in either is its end. */
export async function whileListening<T>(
  stream: Observable<T>,
  told: (value: T) => void,
  work: () => Promise<void>,
): Promise<void> {
  let subscription = new Subscription();
  const broken = new Promise<never>((_, reject) => {
    const next = (value: T) => {
      try {
        told(value);
      } catch (error) {
        reject(error);
      }
    };
    subscription = stream.subscribe({ next, error: reject });
  });
  try {
    await Promise.race([broken, work()]);
  } finally {
    subscription.unsubscribe();
  }
}

/** Waits for others, which is written down. */
export function during<T>({ name, judges }: Player, what: string, work: Promise<T>): Promise<T> {
  return judges.waits.during(name, what, work);
}

/**
 * Takes one turn after the other until the heal. Then a last one, which waits as long as it takes,
 * until it has come to its end: whoever waits must go on.
 *
 * @param turn gives whether it has come to its end
 */
export async function takeTurns(
  player: Player,
  turn: (isLast: boolean) => Promise<boolean>,
): Promise<void> {
  const { random, goesOn } = player;
  while (goesOn()) {
    await turn(false);
    await sleep(player, random.between(0, 300));
  }
  while (!(await turn(true))) await sleep(player, 200);
}

/** How long to wait in a turn; in the last one, and in most others, for as long as it takes. */
export function patience({ random }: Player, isLast: boolean): number | undefined {
  return !isLast && random.chance(0.3) ? random.between(1, 1_000) : undefined;
}

/** The options of a request that waits, and is given up by a signal now and then. */
export function waiting(player: Player, isLast: boolean): { timeoutMs?: number } {
  const timeoutMs = patience(player, isLast);
  return timeoutMs === undefined ? {} : { timeoutMs };
}

/** Notes that a request has outlived the session that it was made in. */
export function granted({ marks }: Player, session: bigint | undefined, hold: Hold): void {
  if (session !== undefined && hold.token.session !== session) marks.hit('requeued');
}

/** Does for a while what only a holder may do, and writes under guard. */
export async function use(player: Player, thing: string, hold: Hold): Promise<void> {
  const { random, judges, marks } = player;
  for (let uses = random.between(0, 3); uses > 0; uses--) {
    await sleep(player, random.between(0, random.pick([5, 50, 500])));
    judges.holds.uses(thing, hold);
    if (random.chance(0.5)) await writeGuarded(player, thing, hold);
  }
  if (hold.status === 'lost') marks.hit('hold-lost');
}

/** A write that only a holder can do; some who ask for it do not look whether they still hold. */
async function writeGuarded(player: Player, thing: string, hold: Hold): Promise<void> {
  const { zk, random, marks } = player;
  if (!hold.isCertain()) return;
  const data = String(hold.token);
  const ops = hold.guard([{ op: 'set', path: guardedNode(thing), data }]);
  if (random.chance(0.2)) await sleep(player, random.pick([50, 500, 3_000]));
  try {
    await zk.multi(ops);
  } catch (error) {
    if (!isZkError(error)) throw error;
    if (error.name === 'NO_NODE' && error.index === 0) marks.hit('guard-refused');
  }
}

/** Makes the nodes that are written under guard. */
export async function prepareGuarded(player: Player, ...things: readonly string[]): Promise<void> {
  for (const thing of things) {
    for (let isMade = false; !isMade; ) {
      try {
        await player.zk.ensure(guardedNode(thing));
        isMade = true;
      } catch (error) {
        // Another session began: the next try is in that.
        if (!isZkError(error)) throw error;
        await sleep(player, 50);
      }
    }
  }
}

function guardedNode(thing: string): string {
  return `${GUARDED}/${thing.replace(' ', '-')}`;
}
