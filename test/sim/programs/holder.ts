/** A program that uses the recipes: it takes a lock again and again, and joins a group at times. */
import { type Client, isZkError } from '@vivarium/core';
import type { Random } from '@vivarium/core/internal/local/random';
import { acquireLock, type Hold, isRecipeError, joinGroup, members$ } from '@vivarium/recipes';
import { GROUP, type GroupJudge, type GroupView } from '../judges/group-judge.js';
import { GUARDED, type LockJudge } from '../judges/lock-judge.js';

export interface HolderParts {
  readonly name: string;
  readonly zk: Client;
  readonly random: Random;
  readonly lock: LockJudge;
  readonly group: GroupJudge;
  readonly isLive: () => boolean;
  /** False from the heal on: nobody begins anything new then. */
  readonly goesOn: () => boolean;
}

const encoder = new TextEncoder();

/** Acts until the heal, and ends what it has begun. */
export async function hold(parts: HolderParts): Promise<void> {
  watchGroup(parts);
  await Promise.all([lockAgainAndAgain(parts), joinAndLeave(parts)]);
}

async function lockAgainAndAgain(parts: HolderParts): Promise<void> {
  const { name, zk, random, lock, goesOn } = parts;
  await excused(zk.ensure(GUARDED));
  while (goesOn()) {
    const timeoutMs = random.chance(0.3) ? random.between(1, 1_000) : undefined;
    const held = await excused(acquireLock(zk, '/sim/lock', { timeoutMs, data: name }));
    if (held !== undefined) {
      lock.took(name, held);
      for (let uses = random.between(0, 3); uses > 0; uses--) await use(parts, held);
      await excused(held.release());
      lock.gave(held);
    }
    await sleep(zk, random.between(0, 200));
  }
}

async function use({ zk, random, lock }: HolderParts, held: Hold): Promise<void> {
  await sleep(zk, random.between(0, random.pick([5, 50, 500])));
  lock.uses(held);
  if (random.chance(0.5)) {
    const data = encoder.encode(String(held.token));
    await excused((async () => zk.multi(held.guard([{ op: 'set', path: GUARDED, data }])))());
  }
}

async function joinAndLeave(parts: HolderParts): Promise<void> {
  const { name, zk, random, group, isLive, goesOn } = parts;
  while (goesOn()) {
    const membership = await excused(joinGroup(zk, GROUP, { id: name, data: random.bits() }));
    if (membership !== undefined) {
      group.members.set(membership, isLive);
      await sleep(zk, random.between(0, 3_000));
      if (random.chance(0.5)) await excused(membership.update(random.bits()));
      if (!goesOn() && random.chance(0.7)) return;
      group.members.delete(membership);
      await excused(membership.leave());
    }
    await sleep(zk, random.between(0, 500));
  }
}

function watchGroup({ name, zk, random, group, isLive }: HolderParts): void {
  if (random.chance(0.3)) return;
  const view: GroupView = { client: name, shown: undefined, isLive };
  group.views.push(view);
  members$(zk, GROUP).subscribe((shown) => {
    view.shown = shown;
  });
}

/** What a recipe gives; nothing when it fails as recipes and requests may. */
async function excused<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isZkError(error) || isRecipeError(error)) return undefined;
    throw error;
  }
}

function sleep(zk: Client, ms: number): Promise<void> {
  return new Promise((resolve) => zk.clock.setTimer(ms, resolve));
}
