/** What is measured of our counter. Times are in milliseconds. */
import type { Client } from '@vivarium/core';
import { counter } from '@vivarium/recipes';
import type { Pool } from './pool.js';

/** Each client adds one so many times, one after the other. @throws when the sum is wrong */
export async function count(pool: Pool, clients: number, each: number): Promise<number[]> {
  const path = pool.newPath();
  const all = await pool.clients(clients);
  const times: number[] = [];
  const addUp = async (zk: Client) => {
    const sum = counter(zk, path);
    for (let i = 0; i < each; i++) {
      const began = performance.now();
      await sum.add(1);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(all.map(addUp));
  const sum = await counter(all[0]!, path).get();
  if (sum !== BigInt(clients * each)) throw new Error(`the sum is ${sum}`);
  return times;
}
