/** What is measured of our group membership. Times are in milliseconds. */
import type { Codec } from '@vivarium/core';
import { members$ } from '@vivarium/recipes';
import type { Subscription } from 'rxjs';
import { HandOvers } from './hand-overs.js';
import { type Pool, settled } from './pool.js';

const OLD_MEMBERS = 10;
const data = new Uint8Array(10);
/** Members are shown as they are: whatever their data says. */
const bytes: Codec<Uint8Array> = {
  name: 'bytes',
  encode: (value) => value,
  decode: (value) => value,
};

/**
 * A member comes: the time until the last of so many subscribers, spread over so many clients, has
 * been told who it is.
 */
export async function tell(
  pool: Pool,
  subscribers: number,
  clients: number,
  count: number,
): Promise<number[]> {
  const path = pool.newPath();
  const all = await pool.clients(clients + 1);
  const changer = all[clients]!;
  await changer.ensure(path);
  for (let i = 0; i < OLD_MEMBERS; i++) await changer.create(`${path}/old-${i}`, data);
  const told = new HandOvers<number>();
  const subscriptions: Subscription[] = [];
  let isThere = 0;
  let isKnown = 0;
  let isGone = 0;
  for (let i = 0; i < subscribers; i++) {
    let hasNew = false;
    let hasAny = false;
    const next = (members: ReadonlyMap<string, { readonly data: unknown }>) => {
      if (!hasAny) {
        hasAny = true;
        if (++isKnown === subscribers) told.give(performance.now());
      }
      const now = members.get('new')?.data !== undefined;
      if (now === hasNew) return;
      hasNew = now;
      const count = now ? ++isThere : ++isGone;
      if (count === subscribers) told.give(performance.now());
    };
    subscriptions.push(members$(all[i % clients]!, path, { codec: bytes }).subscribe(next));
  }
  await told.take();
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    isThere = 0;
    isGone = 0;
    const began = performance.now();
    await changer.create(`${path}/new`, data, { mode: 'ephemeral' });
    times.push((await told.take()) - began);
    await changer.delete(`${path}/new`);
    await told.take();
    await settled();
  }
  for (const subscription of subscriptions) subscription.unsubscribe();
  return times;
}
