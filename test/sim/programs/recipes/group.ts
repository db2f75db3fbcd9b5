/** Joins a group and leaves it, shows something new at times, and looks at who is there. */
import type { MembershipStatus } from '@vivarium/recipes';
import { placeOf } from '../../judges/recipes/places.js';
import { excused, type Player, sleep, whileListening } from './player.js';

const PATH = placeOf('group');

export async function playGroup(player: Player): Promise<void> {
  const { name, zk, recipes, random, judges, marks, isLive, goesOn } = player;
  const { joined } = judges.members;
  watch(player);
  while (goesOn()) {
    const data = random.bits();
    const membership = await excused(player, recipes.joinGroup(zk, PATH, { id: name, data }));
    if (membership !== undefined) {
      const state = { isLive, data: data as unknown };
      joined.set(membership, state);
      let wasAway = false;
      const told = (status: MembershipStatus) => {
        if (status === 'joined' && wasAway) marks.hit('member-again');
        wasAway = status === 'rejoining' || status === 'displaced';
      };
      await whileListening(membership.status$, told, async () => {
        await sleep(player, random.between(0, 3_000));
        if (random.chance(0.5)) return;
        const next = random.bits();
        const updating = membership.update(next).then(() => true);
        state.data = (await excused(player, updating)) === true ? next : undefined;
      });
      if (!goesOn() && random.chance(0.7)) return;
      joined.delete(membership);
      await excused(player, membership.leave());
    }
    await sleep(player, random.between(0, 500));
  }
}

/** Sees all of them each time, or what has changed. */
function watch({ name, zk, recipes, random, judges, isLive }: Player): void {
  if (random.chance(0.3)) return;
  const seen = new Map<string, unknown>();
  judges.members.views.push({ client: name, isLive, shown: seen });
  if (random.chance(0.5)) {
    recipes.members$(zk, PATH).subscribe((members) => {
      seen.clear();
      for (const { id, data } of members.values()) seen.set(id, data);
    });
    return;
  }
  recipes.memberChanges$(zk, PATH).subscribe(({ joined, left, updated }) => {
    for (const { id } of left) seen.delete(id);
    for (const { id, data } of [...joined, ...updated]) seen.set(id, data);
  });
}
