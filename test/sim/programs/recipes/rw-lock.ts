/** Reads beside others and writes alone, becomes a reader of a writer and a writer of a reader. */
import type { Hold } from '@vivarium/recipes';
import { placeOf } from '../../judges/recipes/places.js';
import {
  during,
  excused,
  granted,
  type Player,
  prepareGuarded,
  sleep,
  takeTurns,
  use,
  waiting,
} from './player.js';

const PATH = placeOf('rw-lock');
const THING = 'read-write lock';

/** Reads, or writes: whether it came to it. */
type Turn = (player: Player, isLast: boolean) => Promise<boolean>;

export async function playRwLock(player: Player): Promise<void> {
  const { random } = player;
  await prepareGuarded(player, THING);
  await takeTurns(player, (isLast) => {
    const turn = random.pick([reads, reads, reads, writes, writes, upgrades, upgrades]);
    return turn(player, isLast);
  });
}

const reads: Turn = async (player, isLast) => {
  const { zk, recipes, random } = player;
  const lock = recipes.rwLock(zk, PATH);
  const isHasty = !isLast && random.chance(0.1);
  const asking = isHasty ? lock.tryRead() : lock.read(waiting(player, isLast));
  const hold = await asked(player, 'to read', asking);
  if (hold === undefined) return false;
  await reading(player, hold);
  return true;
};

const writes: Turn = async (player, isLast) => {
  const { name, zk, recipes, random, judges, marks } = player;
  const lock = recipes.rwLock(zk, PATH);
  const isHasty = !isLast && random.chance(0.1);
  const asking = isHasty ? lock.tryWrite() : lock.write(waiting(player, isLast));
  const hold = await asked(player, 'to write', asking);
  if (hold === undefined) return false;
  judges.holds.took(THING, name, hold);
  await use(player, THING, hold);
  const reader = random.chance(0.4) ? await excused(player, hold.downgrade()) : undefined;
  await excused(player, hold.release());
  judges.holds.gave(THING, hold);
  if (reader !== undefined) {
    marks.hit('downgraded');
    await reading(player, reader);
  }
  return true;
};

/** Reads first, then writes, then goes on reading. */
const upgrades: Turn = async (player, isLast) => {
  const { name, zk, recipes, random, judges, marks } = player;
  const lock = recipes.rwLock(zk, PATH);
  const asking = lock.read({ ...waiting(player, isLast), upgradable: true });
  const reader = await asked(player, 'to read, and perhaps to write', asking);
  if (reader === undefined) return false;
  judges.holds.took(THING, name, reader, true);
  await sleep(player, random.between(0, 50));
  const upgrading = excused(player, reader.upgrade(waiting(player, isLast)));
  const writer = await during(player, 'the readers to go', upgrading);
  if (writer !== undefined) {
    marks.hit('upgraded');
    // Under the writer's hold the reader's own goes on.
    judges.holds.gave(THING, reader);
    judges.holds.took(THING, name, writer);
    await use(player, THING, writer);
    await excused(player, writer.release());
    judges.holds.gave(THING, writer);
    judges.holds.took(THING, name, reader, true);
  }
  await excused(player, reader.release());
  judges.holds.gave(THING, reader);
  return writer !== undefined;
};

/** A hold, if the request for it was granted. */
async function asked<T extends Hold>(
  player: Player,
  what: string,
  asking: Promise<T | null>,
): Promise<T | undefined> {
  const session = player.zk.session?.id;
  const hold = await during(player, what, excused(player, asking));
  if (hold === undefined || hold === null) return undefined;
  granted(player, session, hold);
  return hold;
}

async function reading(player: Player, hold: Hold): Promise<void> {
  const { name, random, judges } = player;
  judges.holds.took(THING, name, hold, true);
  await sleep(player, random.between(0, random.pick([5, 50, 500])));
  judges.holds.uses(THING, hold);
  await excused(player, hold.release());
  judges.holds.gave(THING, hold);
}
