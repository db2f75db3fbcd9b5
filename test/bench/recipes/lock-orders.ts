/** What is measured of our lock: alone, and with a queue. Times are in milliseconds. */
import type { Client } from '@vivarium/core';
import { acquireLock, type Hold } from '@vivarium/recipes';
import { HandOvers } from './hand-overs.js';
import { type Pool, standing } from './pool.js';

/** Acquires and releases so many times; nobody else wants the lock. */
export async function lock(pool: Pool, count: number): Promise<number[]> {
  const path = pool.newPath();
  const [zk] = await pool.clients(1);
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    const hold = await acquireLock(zk!, path);
    await hold.release();
    times.push(performance.now() - began);
  }
  return times;
}

interface Holder {
  readonly zk: Client;
  readonly hold: Hold;
  readonly acquiredAt: number;
}

/** So many contenders, each with a client of its own; the first holds the lock. */
export class Queue {
  readonly #path: string;
  readonly #observer: Client;
  readonly #holders = new HandOvers<Holder>();
  #holder: Holder | undefined;
  #size: number;

  private constructor(path: string, observer: Client, size: number) {
    this.#path = path;
    this.#observer = observer;
    this.#size = size;
  }

  static async begin(pool: Pool, size: number): Promise<Queue> {
    const clients = await pool.clients(size + 1);
    const queue = new Queue(pool.newPath(), clients[size]!, size);
    for (const zk of clients.slice(0, size)) queue.#ask(zk);
    queue.#holder = await queue.#holders.take();
    await standing(queue.#observer, queue.#path, size);
    return queue;
  }

  #ask(zk: Client): void {
    void acquireLock(zk, this.#path).then((hold) =>
      this.#holders.give({ zk, hold, acquiredAt: performance.now() }),
    );
  }

  /** Hands the lock on; the time from the release to the next who has it. */
  async #handOver(): Promise<number> {
    const last = this.#holder!;
    const releasedAt = performance.now();
    const released = last.hold.release();
    const next = await this.#holders.take();
    this.#holder = next;
    await released;
    return next.acquiredAt - releasedAt;
  }

  /** The same; whoever has released it asks for it again, so that the queue keeps its length. */
  async handOverAndComeAgain(): Promise<number> {
    const { zk } = this.#holder!;
    const time = await this.#handOver();
    this.#ask(zk);
    await standing(this.#observer, this.#path, this.#size);
    return time;
  }

  /** Hands it on so many times, and whoever has released it stays away. */
  async drain(count: number): Promise<number[]> {
    const times: number[] = [];
    for (let i = 0; i < count; i++) times.push(await this.#handOver());
    this.#size -= count;
    return times;
  }

  async disperse(): Promise<void> {
    await this.drain(this.#size - 1);
    await this.#holder!.hold.release();
  }
}

/** Hands a lock on so many times in a queue of always the same length. */
export async function handOver(pool: Pool, contenders: number, count: number): Promise<number[]> {
  const queue = await Queue.begin(pool, contenders);
  const times: number[] = [];
  for (let i = 0; i < count; i++) times.push(await queue.handOverAndComeAgain());
  await queue.disperse();
  return times;
}
