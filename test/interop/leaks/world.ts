/** One server and the clients whose leavings are counted. */
import { getEventListeners, setMaxListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Client, connect } from '@vivarium/core';
import { acquireLock, setPermitLimit } from '@vivarium/recipes';
import { fourLetterWord } from '../apache.js';
import { startServer } from '../server-process.js';

/** What is left when nothing is under way; all of it is to be as it was before. */
export interface Leavings {
  /** Watches, by the server's own count. */
  readonly watches: number;
  /** Ephemeral nodes, by the same. */
  readonly ephemerals: number;
  /** What the clients count: watched paths, subscribers, one-shot watches, requests. */
  readonly entries: number;
  /** Of the signals that outlive the calls that were given them, and of those of sessions. */
  readonly listeners: number;
  readonly timers: number;
}

/** How many paths the work is spread over. */
const PATHS = 100;
const MEMBERS = 3;
const SETTLE_LIMIT_MS = 10_000;
/** How long a watch that nobody wants is kept; what is kept so is not measured. */
const GRACE_MS = 20;

export class World {
  /** A client that keeps watches for a while when nobody wants them any more, as clients do. */
  readonly zk: Client;
  /** One that does not. */
  readonly prompt: Client;
  /** Given to many calls, and never aborted. */
  readonly signal: AbortSignal = new AbortController().signal;
  readonly #port: number;
  readonly #stop: () => Promise<void>;
  /** What the clients have for themselves. */
  #least: Leavings | undefined;

  private constructor(zk: Client, prompt: Client, port: number, stop: () => Promise<void>) {
    this.zk = zk;
    this.prompt = prompt;
    this.#port = port;
    this.#stop = stop;
  }

  /** @param dataDir where the server's data is */
  static async begin(dataDir: string): Promise<World> {
    const server = await startServer('vivarium', { dataDir });
    const address = `127.0.0.1:${server.port}`;
    const zk = await connect(address, { sessionTimeoutMs: 30_000, graceMs: GRACE_MS });
    const prompt = await connect(address, { sessionTimeoutMs: 30_000, graceMs: 0 });
    const world = new World(zk, prompt, server.port, () => server.stop());
    // Many calls at a time are meant to have it.
    setMaxListeners(0, world.signal);
    await world.#fill();
    return world;
  }

  /** What is there to be looked at. */
  async #fill(): Promise<void> {
    const { zk } = this;
    await zk.ensure('/nodes');
    await zk.ensure('/groups');
    for (let at = 0; at < PATHS; at++) {
      await zk.create(`/nodes/${at}`, 'x');
      await zk.create(`/groups/${at}`);
      for (let id = 0; id < MEMBERS; id++) await zk.create(`/groups/${at}/${id}`, '{}');
    }
    await zk.create('/config', 'on');
    await setPermitLimit(zk, '/permits', 1_000);
    // The first hold of a client listens to its session, for all that follow.
    for (const each of [zk, this.prompt]) await (await acquireLock(each, '/first')).release();
    this.#least = await this.#count();
  }

  node(number: number): string {
    return `/nodes/${number % PATHS}`;
  }

  group(number: number): string {
    return `/groups/${number % PATHS}`;
  }

  /** Waits until the clients have nothing under way, and watch nothing; but not for ever. */
  async settled(limitMs = SETTLE_LIMIT_MS): Promise<void> {
    const deadline = performance.now() + limitMs;
    while (this.#entries() > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, GRACE_MS / 2));
    }
  }

  /**
   * What is left: as soon as it is no more than at the beginning, or after a while, since what is
   * under way needs time to end.
   */
  async leavings(limitMs = SETTLE_LIMIT_MS): Promise<Leavings> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const now = await this.#count();
      const whats = Object.keys(now) as (keyof Leavings)[];
      const isLeast = whats.every((what) => now[what] <= this.#least![what]);
      if (isLeast || performance.now() > deadline) return now;
      await new Promise((resolve) => setTimeout(resolve, GRACE_MS));
    }
  }

  /** What the clients keep for streams, watches, and requests that are not answered. */
  #entries(): number {
    return this.#sum((zk) => {
      const { entries, subscribers, watches, queued, inFlight } = zk.stats();
      return entries + subscribers + watches + queued + inFlight;
    });
  }

  #sum(of: (zk: Client) => number): number {
    return of(this.zk) + of(this.prompt);
  }

  async #count(): Promise<Leavings> {
    await Promise.all([this.zk, this.prompt].map((zk) => zk.sync()));
    const text = await fourLetterWord(this.#port, 'mntr');
    const figure = (name: string) =>
      Number(new RegExp(`^zk_${name}\\t(\\d+)`, 'm').exec(text)?.[1]);
    return {
      watches: figure('watch_count'),
      ephemerals: figure('ephemerals_count'),
      entries: this.#entries(),
      listeners:
        getEventListeners(this.signal, 'abort').length +
        this.#sum((zk) => getEventListeners(zk.session!.ended, 'abort').length),
      timers: process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length,
    };
  }

  async end(): Promise<void> {
    await this.zk.close();
    await this.prompt.close();
    await this.#stop();
  }
}

let collect: (() => void) | undefined;

/** The heap after forced collections. */
export async function heapBytes(): Promise<number> {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  // What is only weakly held goes in a later turn than what held it.
  for (let turn = 0; turn < 2; turn++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}
