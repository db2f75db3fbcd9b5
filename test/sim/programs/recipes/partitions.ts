/** Works on its share of some partitions, leaves and comes back, and gives up what it is to. */
import type { Partition, Partitions } from '@vivarium/recipes';
import { placeOf } from '../../judges/recipes/places.js';
import {
  during,
  ENOUGH,
  excused,
  type Player,
  prepareGuarded,
  sleep,
  takeTurns,
  use,
} from './player.js';

const NAMES = ['a', 'b', 'c'] as const;
const LOOK_EVERY_MS = 50;

/** Whether all partitions were seen in the hands of those who live, after the heal. */
export class Coverage {
  areCovered = false;
  /** The tests of whether their programs live, by name. */
  readonly members = new Map<string, () => boolean>();
}

export async function playPartitions(player: Player, coverage: Coverage): Promise<void> {
  const { random } = player;
  coverage.members.set(player.name, player.isLive);
  await prepareGuarded(player, ...NAMES.map(thingOf));
  await takeTurns(player, async (isLast) => {
    if (!isLast) await work(player, () => sleep(player, random.between(0, 5_000)));
    else {
      const covering = work(player, () => untilCovered(player, coverage));
      await during(player, 'the partitions to be held', covering);
    }
    return true;
  });
}

/** Is a member for as long as `stay` says, and leaves in peace or at once. */
async function work(player: Player, stay: () => Promise<void>): Promise<void> {
  const { name, zk, recipes, random } = player;
  const leaving = new AbortController();
  const { signal } = leaving;
  const options = { partitions: NAMES, id: name, signal, onDuplicate: 'wait' } as const;
  const partitions$ = recipes.partitions$(zk, placeOf('partitions'), options);
  let subscription = { unsubscribe: () => {} };
  const ended = new Promise<void>((resolve, reject) => {
    const told = (now: Partitions) => {
      for (const partition of now.added) workOn(player, partition).catch(reject);
      for (const partition of now.ended) {
        player.judges.holds.gave(thingOf(partition.name), partition);
      }
    };
    subscription = partitions$.subscribe({ next: told, error: reject, complete: resolve });
  });
  await Promise.race([excused(player, ended), stay()]);
  if (random.chance(0.3)) subscription.unsubscribe();
  else {
    leaving.abort(ENOUGH);
    await during(player, 'its partitions to be given up', excused(player, ended));
  }
}

/** Works until it is asked to give the partition up, and does so. */
async function workOn(player: Player, partition: Partition): Promise<void> {
  const { name, random, judges, marks } = player;
  const thing = thingOf(partition.name);
  judges.holds.took(thing, name, partition);
  while (!partition.revoked.aborted) {
    await use(player, thing, partition);
    await sleep(player, random.between(10, 200));
  }
  if (partition.isCertain()) marks.hit('partition-revoked');
  await sleep(player, random.between(0, random.pick([5, 100])));
  await excused(player, partition.release());
}

async function untilCovered(player: Player, coverage: Coverage): Promise<void> {
  const { judges } = player;
  const isLive = (client: string) => coverage.members.get(client)?.() === true;
  while (!coverage.areCovered) {
    coverage.areCovered = NAMES.every((name) => judges.holds.isHeld(thingOf(name), isLive));
    await sleep(player, LOOK_EVERY_MS);
  }
}

function thingOf(partition: string): string {
  return `partition ${partition}`;
}
