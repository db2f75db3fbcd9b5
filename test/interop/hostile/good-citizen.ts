/** A client that behaves, beside those that do not: what it is told must be right, and in time. */
import { utf8 } from '@vivarium/core/internal/base/bytes';
import { GetDataResponse, WatcherEvent } from '@vivarium/core/internal/wire/records';
import { must } from '../exchange/fill.js';
import { answerOf, type SessionClient, WireClient } from '../wire-client.js';

const OPEN_ACL = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];
const PAUSE_MS = 10;

export class GoodCitizen {
  /** Milliseconds of each answer. */
  readonly latencies: number[] = [];
  readonly problems: string[] = [];
  readonly #port: number;
  readonly #path: string;
  #client: SessionClient | undefined;
  #stopped = false;
  #working: Promise<void> = Promise.resolve();

  constructor(port: number, name: string) {
    this.#port = port;
    this.#path = `/${name}`;
  }

  /** Begins to work, over one connection for all the time. */
  async start(): Promise<void> {
    this.#client = await WireClient.session(this.#port, { timeOut: 20_000 });
    await must(this.#client, 'create', { path: this.#path, data: null, acl: OPEN_ACL, flags: 1 });
    this.#working = this.#work().catch((error: Error) => {
      this.problems.push(`the client beside: ${error.message}`);
    });
  }

  /** Ends its work, and its session. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#working;
    if (this.#client?.closed === true) this.problems.push('the client beside was cut off');
    else await this.#client?.call(-11, null, null);
    this.#client?.destroy();
  }

  async #work(): Promise<void> {
    const client = this.#client!;
    const path = this.#path;
    for (let round = 1; !this.#stopped; round++) {
      const text = `round ${round}`;
      const seen = client.frames.length;
      const watched = await this.#timed(() => must(client, 'getData', { path, watch: true }));
      if (GetDataResponse.read(watched.body).stat.version !== round - 1) {
        this.problems.push(`the client beside reads another version than it wrote`);
      }
      await this.#timed(() => must(client, 'setData', { path, data: utf8(text), version: -1 }));
      const event = client.frames
        .slice(seen)
        .map(answerOf)
        .find(({ header }) => header.xid === -1);
      if (event === undefined || WatcherEvent.read(event.body).path !== path) {
        this.problems.push('the client beside misses an event');
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async #timed<T>(work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const result = await work();
    this.latencies.push(performance.now() - began);
    return result;
  }
}

/** The value below which `share` of the values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
