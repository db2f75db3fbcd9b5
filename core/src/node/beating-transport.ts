/** Connections that a thread of its own keeps alive while the event loop stands still. */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { ServerAddress, Transport, TransportEvents } from '../client/client-host.js';
import { now, PING_WORDS, type PingWords, readPing } from './ping-words.js';

/** What the thread is told of a new connection. */
export interface BeatingOrder {
  readonly server: ServerAddress;
  readonly maxStallMs: number;
  readonly words: PingWords;
  readonly port: MessagePort;
}

/** What the thread says of a connection. */
export type BeatingNews =
  | { readonly type: 'opened' }
  | { readonly type: 'received'; readonly bytes: Uint8Array }
  | { readonly type: 'closed'; readonly reason: string };

/** How long the thread is kept without a connection: one that was lost is replaced before. */
const IDLE_MS = 10_000;

/** The one thread for all clients of this process, while there are connections. */
class BeatingThread {
  readonly #worker: Worker;
  /** Told when the thread has ended. */
  readonly #connections = new Set<(reason: string) => void>();
  #idle: NodeJS.Timeout | undefined;
  #reason = 'its thread has ended';
  isOver = false;

  constructor() {
    const file = new URL('./beating-worker.js', import.meta.url);
    this.#worker = new Worker(file, { execArgv: [], name: 'vivarium heartbeat' });
    this.#worker.unref();
    this.#worker.on('error', (error) => {
      this.#reason = `its thread has failed: ${error.message}`;
    });
    this.#worker.on('exit', () => {
      this.isOver = true;
      for (const ended of [...this.#connections]) ended(this.#reason);
    });
  }

  /** @param ended told when the connection is gone with its thread */
  add(order: BeatingOrder, ended: (reason: string) => void): void {
    clearTimeout(this.#idle);
    this.#connections.add(ended);
    this.#worker.postMessage(order, [order.port]);
  }

  remove(ended: (reason: string) => void): void {
    if (!this.#connections.delete(ended) || this.#connections.size > 0) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.isOver = true;
      void this.#worker.terminate();
    }, IDLE_MS).unref();
  }
}

let thread: BeatingThread | undefined;

/** Opens a connection in the thread; see `ClientHost.openBeating`. */
export function openBeating(
  server: ServerAddress,
  events: TransportEvents,
  maxStallMs: number,
): Transport {
  if (thread === undefined || thread.isOver) thread = new BeatingThread();
  const home = thread;
  const { port1: port, port2 } = new MessageChannel();
  const words: PingWords = new BigInt64Array(new SharedArrayBuffer(PING_WORDS * 8));
  let isOurs = true;
  const leave = () => {
    isOurs = false;
    home.remove(ended);
    // The other side closes when it has sent what was given.
    port.unref();
  };
  const ended = (reason: string) => {
    if (!isOurs) return;
    leave();
    events.closed(reason);
  };
  port.on('message', (news: BeatingNews) => {
    if (!isOurs) return;
    if (news.type === 'opened') events.opened();
    else if (news.type === 'received') events.received(news.bytes);
    else ended(news.reason);
  });
  home.add({ server, maxStallMs, words, port: port2 }, ended);
  return {
    send(bytes) {
      const own = bytes.slice();
      if (isOurs) port.postMessage(own, [own.buffer]);
    },
    close() {
      if (!isOurs) return;
      leave();
      port.postMessage(null);
    },
    answeredPing() {
      const ping = readPing(words);
      if (ping === undefined) return undefined;
      // The threads' clocks began at different times; this one is a moment behind, never ahead.
      const behindMs = performance.now() - now();
      return { sentAt: ping.sentAt + behindMs, answeredAt: ping.answeredAt + behindMs };
    },
  };
}
