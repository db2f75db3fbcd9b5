/** What is measured of our double barrier. Times are in milliseconds. */
import type { Client } from '@vivarium/core';
import { type Cohort, doubleBarrier } from '@vivarium/recipes';
import type { Pool } from './pool.js';

/** All clients enter a barrier and leave it, so many times: the time for each. */
export async function barrier(pool: Pool, size: number, count: number): Promise<number[]> {
  const path = pool.newPath();
  const clients = await pool.clients(size);
  const through = async (zk: Client, at: number) => {
    const cohort = await doubleBarrier(zk, `${path}/${at}`, { size }).enter();
    await cohort.leave();
  };
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    await Promise.all(clients.map((zk) => through(zk, i)));
    times.push(performance.now() - began);
  }
  return times;
}

/** Each client enters all barriers, one after the other, then leaves them: its time for all. */
export async function barriers(pool: Pool, size: number, count: number): Promise<number[]> {
  const path = pool.newPath();
  const clients = await pool.clients(size);
  await clients[0]!.ensure(path);
  const through = async (zk: Client) => {
    const began = performance.now();
    const entered: Cohort[] = [];
    for (let i = 0; i < count; i++) {
      entered.push(await doubleBarrier(zk, `${path}/${i}`, { size }).enter());
    }
    for (const cohort of entered) await cohort.leave();
    return performance.now() - began;
  };
  return Promise.all(clients.map(through));
}
