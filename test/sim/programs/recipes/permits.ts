/** Takes some of a few permits, again and again; in some runs their number changes. */
import type { Hold } from '@vivarium/recipes';
import { placeOf } from '../../judges/recipes/places.js';
import { during, excused, granted, type Player, sleep, takeTurns, waiting } from './player.js';

const PATH = placeOf('permits');

/** How many there are, where their number does not change; of these nobody asks for more. */
const LIMIT = 3;
const LIMITS = [2, 3, 5] as const;

/** @param mayChange whether the limit changes in this run */
export async function playPermits(player: Player, mayChange: boolean): Promise<void> {
  const { name, zk, recipes, random, judges } = player;
  if (!mayChange) judges.permits.limits(LIMIT);
  await takeTurns(player, async (isLast) => {
    if (mayChange && (isLast || random.chance(0.2))) await changeLimit(player, isLast);
    const permits = random.between(1, mayChange ? LIMITS[0] : LIMIT);
    const options = { ...waiting(player, isLast), permits, ...(!mayChange && { limit: LIMIT }) };
    const isHasty = !isLast && random.chance(0.1);
    const asking: Promise<Hold | null> = isHasty
      ? recipes.tryAcquirePermits(zk, PATH, options)
      : recipes.acquirePermits(zk, PATH, options);
    const session = zk.session?.id;
    const hold = await during(player, `${permits} permits`, excused(player, asking));
    if (hold === undefined || hold === null) return false;
    granted(player, session, hold);
    judges.permits.took(name, hold, permits);
    await sleep(player, random.between(0, random.pick([5, 50, 500])));
    await excused(player, hold.release());
    judges.permits.gave(hold);
    return true;
  });
}

async function changeLimit(player: Player, isLast: boolean): Promise<void> {
  const { zk, recipes, random, judges } = player;
  const limit = random.pick(LIMITS);
  judges.permits.limits(limit);
  await excused(player, recipes.setPermitLimit(zk, PATH, limit, waiting(player, isLast)));
}
