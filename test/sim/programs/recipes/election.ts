/** Stands for election: as a stream that is left again, or with work that ends by itself. */
import type { Leadership, Term } from '@vivarium/recipes';
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
  whileListening,
} from './player.js';

const PATH = placeOf('election');
const THING = 'lead';

export async function playElection(player: Player): Promise<void> {
  const { random } = player;
  await prepareGuarded(player, THING);
  await takeTurns(player, (isLast) => {
    return isLast || random.chance(0.5) ? leads(player, isLast) : campaigns(player);
  });
}

/** Works when it leads, and is done then; gives up waiting now and then. */
async function leads(player: Player, isLast: boolean): Promise<boolean> {
  const { name, zk, recipes, random, judges, marks } = player;
  const enough = new AbortController();
  const { signal } = enough;
  if (!isLast) zk.clock.setTimer(random.between(1, 4_000), () => enough.abort(ENOUGH));
  let terms = 0;
  const work = async (term: Term) => {
    if (++terms > 1) marks.hit('led-again');
    judges.holds.took(THING, name, term);
    judges.works.begins(name, term);
    await announce(player, term);
    await use(player, THING, term);
    judges.works.ends(term);
    judges.holds.gave(THING, term);
  };
  const leading = recipes.lead(zk, PATH, work, { id: name, signal });
  const isDone = await during(
    player,
    'its turn to lead',
    excused(
      player,
      leading.then(() => true),
    ),
  );
  return isDone === true;
}

/** Is a candidate for some time. */
async function campaigns(player: Player): Promise<boolean> {
  const { name, zk, recipes, random, judges, marks } = player;
  let term: Term | undefined;
  let wasSuspended = false;
  const told = (now: Leadership) => {
    if (now.role === 'follower') {
      if (term === undefined) return;
      marks.hit('deposed');
      judges.holds.gave(THING, term);
      term = undefined;
      return;
    }
    if (now.role === 'suspended') wasSuspended = true;
    else if (wasSuspended && now.term === term) marks.hit('leads-on');
    if (now.term === term) return;
    term = now.term;
    judges.holds.took(THING, name, term);
  };
  await whileListening(recipes.campaign$(zk, PATH, { id: name }), told, async () => {
    for (let times = random.between(1, 4); times > 0; times--) {
      if (term !== undefined) await use(player, THING, term);
      await sleep(player, random.between(0, 1_000));
    }
  });
  if (term !== undefined) judges.holds.gave(THING, term);
  return true;
}

async function announce(player: Player, term: Term): Promise<void> {
  if (player.random.chance(0.3)) await excused(player, term.announce(`${player.name} is ready`));
}
