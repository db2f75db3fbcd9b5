/** Takes a lock again and again, with patience and without. */
import type { Hold } from '@vivarium/recipes';
import { placeOf } from '../../judges/recipes/places.js';
import {
  during,
  excused,
  granted,
  type Player,
  prepareGuarded,
  takeTurns,
  use,
  waiting,
} from './player.js';

const PATH = placeOf('lock');
const THING = 'lock';

export async function playLock(player: Player): Promise<void> {
  const { name, zk, recipes, random, judges } = player;
  const ask = (isLast: boolean): Promise<Hold | null> => {
    if (!isLast && random.chance(0.1)) return recipes.tryLock(zk, PATH);
    return recipes.acquireLock(zk, PATH, { ...waiting(player, isLast), data: name });
  };
  await prepareGuarded(player, THING);
  await takeTurns(player, async (isLast) => {
    const session = zk.session?.id;
    const hold = await during(player, 'the lock', excused(player, ask(isLast)));
    if (hold === undefined || hold === null) return false;
    granted(player, session, hold);
    judges.holds.took(THING, name, hold);
    await use(player, THING, hold);
    await excused(player, hold.release());
    judges.holds.gave(THING, hold);
    return true;
  });
}
