import type { MultiOp } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import type { FencingToken } from '../hold/fencing-token.js';
import type { CheckOfHold } from '../hold/hold.js';
import { childOf } from '../shared/paths.js';
import { burialOf } from './bury.js';
import type { Claim, NackOptions } from './claim.js';
import { assertDelay } from './delay.js';
import { nameOfReturn } from './job-name.js';
import type { QueueSite } from './queue-site.js';
import type { ServerTime } from './server-time.js';
import { type Held, settle } from './settle.js';

/** A claim, and what the job's node held when it was made. */
export interface Taken<T> extends Held {
  readonly value: T;
  readonly bytes: Uint8Array;
  readonly attempts: number;
}

/** How a claim was ended by the program, and what came of it. */
interface Ended {
  readonly by: 'ack' | 'nack';
  readonly done: Promise<void>;
}

/** A claim by an ephemeral node, with the node's hold to watch over it. */
export class NodeClaim<T> implements Claim<T> {
  readonly #site: QueueSite<T>;
  readonly #time: ServerTime<T>;
  readonly #taken: Taken<T>;
  readonly #ending = new AbortController();
  #ended: Ended | undefined;

  constructor(site: QueueSite<T>, time: ServerTime<T>, taken: Taken<T>) {
    this.#site = site;
    this.#time = time;
    this.#taken = taken;
    const { signal } = taken.hold;
    if (signal.aborted) this.#lost();
    else signal.addEventListener('abort', this.#lost);
  }

  get id(): string {
    return this.#taken.job.id;
  }
  get value(): T {
    return this.#taken.value;
  }
  get priority(): number {
    return this.#taken.job.priority;
  }
  get attempts(): number {
    return this.#taken.attempts;
  }
  get token(): FencingToken {
    return this.#taken.hold.token;
  }
  get signal(): AbortSignal {
    return this.#ending.signal;
  }
  /** Whether the program has neither confirmed it nor given it back. */
  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  readonly isCertain = (): boolean => this.#ended === undefined && this.#taken.hold.isCertain();

  readonly throwIfLost = (): void => {
    if (!this.isCertain()) throw this.signal.reason;
  };

  readonly guard = <const O extends readonly MultiOp[]>(ops: O): readonly [CheckOfHold, ...O] => {
    this.throwIfLost();
    return this.#taken.hold.guard(ops);
  };

  readonly ack = (): Promise<void> => this.#end('ack', () => settle(this.#site, this.#taken));

  readonly nack = ({ delayMs = 0, reason }: NackOptions = {}): Promise<void> => {
    try {
      assertDelay(this.token.path, delayMs);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#end('nack', () => this.#giveBack(delayMs, reason));
  };

  async [Symbol.asyncDispose](): Promise<void> {
    // Whatever goes wrong, the end of the session gives the job back.
    if (this.isCertain()) await this.nack().catch(() => {});
  }

  readonly #lost = (): void => {
    this.#ending.abort(this.#taken.hold.signal.reason);
  };

  #end(by: Ended['by'], work: () => Promise<void>): Promise<void> {
    if (this.#ended?.by === by) return this.#ended.done;
    if (!this.isCertain()) return Promise.reject(this.signal.reason);
    const { hold } = this.#taken;
    // What is told from now on of the claim's node is our own doing.
    hold.signal.removeEventListener('abort', this.#lost);
    const done = this.#endBy(work);
    this.#ended = { by, done };
    this.#ending.abort(new RecipeError('RELEASED', hold.path));
    return done;
  }

  async #endBy(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } finally {
      // It is gone, or does nobody any good.
      this.#taken.hold.release().catch(() => {});
    }
  }

  async #giveBack(delayMs: number, reason = 'it was given back'): Promise<void> {
    const { hold, job, bytes, attempts } = this.#taken;
    if (attempts >= this.#site.maxAttempts) {
      const corpse = { job, bytes, reason: `delivered ${attempts} times; then: ${reason}` };
      await settle(this.#site, this.#taken, burialOf(this.#site, corpse));
    } else if (delayMs === 0) {
      await hold.release();
    } else {
      const dueMs = (await this.#time.stamp(hold.signal)) + delayMs;
      const path = childOf(this.#site.jobs, nameOfReturn(job, dueMs, attempts));
      const { acl } = this.#site;
      await settle(this.#site, this.#taken, [{ op: 'create', path, data: bytes, acl }]);
    }
  }
}
