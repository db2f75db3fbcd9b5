/** A group in which members come and go, and each is asked who is there. */
import { text } from '@vivarium/core';
import { Random } from '../back-to-back/random.js';
import type { Fleet } from './fleet.js';
import { judgeViews, type Shape, type Truth } from './judge-views.js';
import { groundOf, pairOf } from './names.js';

export interface Gathering {
  readonly name: string;
  readonly shape: Shape;
  /** How often somebody comes or goes. */
  readonly changes: number;
  /** Of these, how often because its program is killed. */
  readonly kills: number;
  readonly seed: number;
}

export interface GatheringResult {
  readonly problems: readonly string[];
  readonly changes: number;
  readonly kills: number;
  /** How often a change of one kind was seen by one of a kind. */
  readonly handOvers: Readonly<Record<string, number>>;
  readonly ms: number;
}

const LIMIT_MS = 60_000;
const LOOK_MS = 20;

export async function runGathering(fleet: Fleet, gathering: Gathering): Promise<GatheringResult> {
  const { name, shape, changes, kills, seed } = gathering;
  const { site } = groundOf(name);
  const random = new Random(seed);
  const began = performance.now();
  const present = new Map<string, string>();
  const problems: string[] = [];
  const handOvers: Record<string, number> = {};
  let number = 0;

  const join = async (seat: string) => {
    // Without a dash, for kazoo takes what comes before one for no part of the name.
    const payload = `${seat}.${number++}`;
    const id = shape === 'party' ? `${payload}__party__` : payload;
    await expect(fleet, seat, `join ${site} ${id} ${payload} ${shape}`, 'joined');
    present.set(seat, payload);
  };
  const leave = async (seat: string) => {
    await expect(fleet, seat, 'leave', 'left');
    present.delete(seat);
  };
  const kill = async (seat: string) => {
    await fleet.at(seat).kill();
    present.delete(seat);
  };
  /** Asks until all say what is true, or it has taken too long. */
  const check = async (who: string, what: string) => {
    const deadline = performance.now() + LIMIT_MS;
    for (;;) {
      const truth = await truthOf(fleet, site);
      const views = await viewsOf(fleet, [...present.keys()]);
      const wrong = judgeViews(shape, [...present.values()], truth, views);
      if (wrong.length === 0) break;
      if (performance.now() > deadline) {
        problems.push(...wrong.map((problem) => `after ${who} ${what}: ${problem}`));
        break;
      }
      await sleep(LOOK_MS);
    }
    for (const seat of present.keys()) {
      const pair = pairOf(who, seat);
      handOvers[pair] = (handOvers[pair] ?? 0) + 1;
    }
  };

  await fleet.zk.ensure(site);
  for (const seat of fleet.seats) await join(seat);
  await check(fleet.seats[0]!, 'and all others have joined');
  let killed = 0;
  for (let done = 0; done < changes && problems.length === 0; done++) {
    // Each in turn, so that every kind makes changes, and in no order that anybody could learn.
    const seat = random.pick(fleet.seats);
    if (!present.has(seat)) {
      await join(seat);
      await check(seat, 'has joined');
    } else if (killed < (kills * (done + 1)) / changes) {
      killed++;
      await kill(seat);
      await check(seat, 'was killed');
      await fleet.launch(seat);
    } else {
      await leave(seat);
      await check(seat, 'has left');
    }
  }
  for (const seat of [...present.keys()]) await leave(seat);
  const ms = Math.round(performance.now() - began);
  return { problems, changes, kills: killed, handOvers, ms };
}

async function expect(fleet: Fleet, seat: string, order: string, wanted: string): Promise<void> {
  const said = await fleet.at(seat).ask(order);
  if (said !== wanted) throw fleet.at(seat).trouble(said);
}

async function truthOf(fleet: Fleet, site: string): Promise<Truth> {
  await fleet.zk.sync(site);
  const { children } = await fleet.zk.children(site);
  const truth = new Map<string, string>();
  for (const name of children) {
    const node = await fleet.zk.get(`${site}/${name}`, { codec: text }).catch(() => undefined);
    if (node !== undefined) truth.set(name, node.data);
  }
  return truth;
}

async function viewsOf(
  fleet: Fleet,
  seats: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const views = await Promise.all(
    seats.map(async (seat) => {
      const [word, ...view] = (await fleet.at(seat).ask('view')).split(' ');
      if (word !== 'view') throw fleet.at(seat).trouble(word!);
      return [seat, view] as const;
    }),
  );
  return new Map(views);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
