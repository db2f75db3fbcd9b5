import type { Acl, Client, NodeData } from '@vivarium/core';
import { FencingToken } from '../hold/fencing-token.js';
import type { Hold } from '../hold/hold.js';
import { HoldShare } from '../hold/hold-share.js';
import type { NodeHold } from '../hold/node-hold.js';
import { contend } from '../shared/contend.js';
import type { Requeued } from '../shared/obtain.js';
import { patienceOf, type WaitOptions } from '../shared/patience.js';
import { plainBytes } from '../shared/plain-bytes.js';
import { lockQueue } from './lock-queues.js';

/** One request for a lock in a queue of its own client. */
interface LocalRequest extends WaitOptions {
  readonly data?: NodeData | undefined;
  readonly acl?: readonly Acl[] | undefined;
  readonly maxHandOvers: number;
  readonly waits: boolean;
  readonly onRequeued?: Requeued | undefined;
}

/** What the one node shows. */
interface CommonNode extends Pick<LocalRequest, 'data' | 'acl'> {
  readonly path: string;
}

interface Waiter extends Pick<LocalRequest, 'waits' | 'maxHandOvers' | 'onRequeued'> {
  resolve(hold: Hold | undefined): void;
  reject(reason: unknown): void;
}

const queues = new WeakMap<Client, Map<string, LocalQueue>>();

/**
 * Queues up with all requests of the client for the path that show the same data and ACL.
 *
 * @throws like `acquireLock`
 */
export async function requestLocally(
  zk: Client,
  path: string,
  { data, acl, ...asked }: LocalRequest,
): Promise<Hold | undefined> {
  const key = JSON.stringify([path, acl, [...plainBytes(path, data)]]);
  const patience = patienceOf(zk, path, asked);
  const { signal } = patience;
  try {
    signal.throwIfAborted();
    const known = queues.get(zk) ?? new Map<string, LocalQueue>();
    queues.set(zk, known);
    const forget = () => known.delete(key);
    const queue = known.get(key) ?? new LocalQueue(zk, { path, data, acl }, forget);
    known.set(key, queue);
    const hold = await queue.request(asked, signal);
    // Whoever has given up by now must not get what nobody will release.
    if (signal.aborted) hold?.release().catch(() => {});
    signal.throwIfAborted();
    return hold;
  } finally {
    patience.end();
  }
}

/**
 * Those of one client who want one lock. One node stands for all of them in the ensemble's queue;
 * whoever releases hands it to the next here, as long as it is certainly ours, nobody has asked for
 * it, and it was not handed over so often in a row that others would be kept out.
 */
class LocalQueue {
  readonly #zk: Client;
  readonly #node: CommonNode;
  readonly #isIdle: () => void;
  readonly #waiting: Waiter[] = [];
  /** Who holds: one of ours. */
  #holder: HoldShare | undefined;
  /** Ends the request for a node that is under way. */
  #contest: AbortController | undefined;

  constructor(zk: Client, node: CommonNode, isIdle: () => void) {
    this.#zk = zk;
    this.#node = node;
    this.#isIdle = isIdle;
  }

  request(
    { waits, maxHandOvers, onRequeued }: LocalRequest,
    signal: AbortSignal,
  ): Promise<Hold | undefined> {
    const isFree =
      this.#holder === undefined && this.#contest === undefined && this.#waiting.length === 0;
    if (!waits && !isFree) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const aborted = () => {
        this.#leave(waiter);
        reject(signal.reason);
      };
      const done = () => signal.removeEventListener('abort', aborted);
      const waiter: Waiter = {
        waits,
        maxHandOvers,
        onRequeued,
        resolve(hold) {
          done();
          resolve(hold);
        },
        reject(reason) {
          done();
          reject(reason);
        },
      };
      signal.addEventListener('abort', aborted);
      this.#waiting.push(waiter);
      this.#next();
    });
  }

  #leave(waiter: Waiter): void {
    const at = this.#waiting.indexOf(waiter);
    if (at >= 0) this.#waiting.splice(at, 1);
    if (this.#waiting.length === 0) this.#contest?.abort();
  }

  /** Asks for a node when somebody waits and none is ours or asked for. */
  #next(): void {
    if (this.#holder !== undefined || this.#contest !== undefined) return;
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#isIdle();
      return;
    }
    const contest = new AbortController();
    this.#contest = contest;
    const { path, data, acl } = this.#node;
    const { waits } = first;
    const { signal } = contest;
    const requeued = () => {
      for (const { onRequeued } of this.#waiting) {
        if (onRequeued !== undefined) void Promise.resolve().then(onRequeued);
      }
    };
    const contested = { queue: lockQueue, parent: path, data, acl, waits, requeued, signal };
    contend(this.#zk, contested).then(
      (node) => {
        this.#contest = undefined;
        if (node !== undefined) this.#grant(node, 0);
        else this.#taken(first);
      },
      (error: unknown) => {
        this.#contest = undefined;
        // Those who came after all others had left want a request of their own.
        if (!signal.aborted) for (const each of this.#waiting.splice(0)) each.reject(error);
        this.#next();
      },
    );
  }

  /** Somebody else has it, and the first did not want to wait. */
  #taken(first: Waiter): void {
    if (this.#waiting[0] === first) {
      this.#waiting.shift();
      first.resolve(undefined);
    }
    this.#next();
  }

  /** @param turn  how often the node has been handed over */
  #grant(node: NodeHold, turn: number): void {
    const waiter = this.#waiting.shift();
    if (waiter === undefined) {
      node.release().catch(() => {});
      this.#next();
      return;
    }
    const { zxid, session, path } = node.token;
    const token = new FencingToken(zxid, session, path, turn);
    const share = new HoldShare(node, () => this.#handOver(node, turn), token);
    this.#holder = share;
    const ended = () => {
      this.#holder = undefined;
      // One that is lost is handed to nobody; a release comes to that next.
      if (node.signal.aborted) this.#next();
    };
    if (share.signal.aborted) ended();
    else share.signal.addEventListener('abort', ended, { once: true });
    waiter.resolve(share);
  }

  async #handOver(node: NodeHold, turn: number): Promise<void> {
    const [next] = this.#waiting;
    const mayGoOn = next !== undefined && turn < next.maxHandOvers && !node.isAskedFor;
    if (mayGoOn && node.isCertain()) {
      this.#grant(node, turn + 1);
      return;
    }
    const released = node.release();
    this.#next();
    await released;
  }
}
