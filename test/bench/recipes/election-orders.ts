/** What is measured of our elections. Times are in milliseconds. */
import type { Client } from '@vivarium/core';
import { campaign$ } from '@vivarium/recipes';
import { HandOvers } from './hand-overs.js';
import { type Pool, standing } from './pool.js';

interface Led {
  readonly zk: Client;
  readonly at: number;
}

/** A candidate with a client of its own, which leaves with it. */
async function candidate(
  pool: Pool,
  path: string,
  leaders: HandOvers<Led>,
  sessionMs?: number,
): Promise<Client> {
  const zk = await pool.begin(sessionMs);
  campaign$(zk, path, { id: 'ours' }).subscribe(({ role }) => {
    if (role === 'leader') leaders.give({ zk, at: performance.now() });
  });
  return zk;
}

/** The leader's client is closed: the time until the next leads, so many times. */
export async function resign(pool: Pool, size: number, count: number): Promise<number[]> {
  const path = pool.newPath();
  const [observer] = await pool.clients(1);
  const leaders = new HandOvers<Led>();
  const all = new Set<Client>();
  for (let i = 0; i < size; i++) all.add(await candidate(pool, path, leaders));
  await standing(observer!, path, size);
  const times: number[] = [];
  let leader = await leaders.take();
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    const closed = leader.zk.close();
    all.delete(leader.zk);
    leader = await leaders.take();
    times.push(leader.at - began);
    await closed;
    all.add(await candidate(pool, path, leaders));
    await standing(observer!, path, size);
  }
  await Promise.all([...all].map((zk) => zk.close()));
  return times;
}

/** Candidates that stand until they are told to withdraw; others may stand beside them. */
export class Candidates {
  readonly #pool: Pool;
  readonly #clients: Client[] = [];
  #leaders = new HandOvers<Led>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async stand(path: string, size: number, sessionMs: number): Promise<void> {
    for (let i = 0; i < size; i++) {
      this.#clients.push(await candidate(this.#pool, path, this.#leaders, sessionMs));
    }
  }

  /** Waits until one of them leads. */
  async led(): Promise<void> {
    await this.#leaders.take();
  }

  async withdraw(): Promise<void> {
    await Promise.all(this.#clients.splice(0).map((zk) => zk.close()));
    this.#leaders = new HandOvers();
  }
}
