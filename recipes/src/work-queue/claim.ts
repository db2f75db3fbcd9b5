import type { MultiOp } from '@vivarium/core';
import type { FencingToken } from '../hold/fencing-token.js';
import type { CheckOfHold } from '../hold/hold.js';

export interface NackOptions {
  /** Not before so many milliseconds; at once when left out. At most a year. */
  readonly delayMs?: number | undefined;
  /** Why, for people: told with the job if this was its last delivery. */
  readonly reason?: string | undefined;
}

/**
 * A job that is ours until we confirm it, give it back, or lose it. It is lost when our session
 * ends, or may have ended by the clock, and when somebody deletes our node; the job is then
 * delivered again.
 */
export interface Claim<T> extends AsyncDisposable {
  /** What `put` has called the job; the node's name for one that another program has put. */
  readonly id: string;
  readonly value: T;
  readonly priority: number;
  /** Which delivery of the job this is, from 1. */
  readonly attempts: number;
  /** Greater than that of all earlier deliveries of the job; its path is our node. */
  readonly token: FencingToken;
  /**
   * Aborts when the job is no longer certainly ours, with the `RecipeError` that says why:
   * `HOLD_LOST`, `HOLD_REVOKED`, or `RELEASED` from the call of `ack` or `nack` on. Give it to
   * whatever is done for the job.
   */
  readonly signal: AbortSignal;
  /** Whether the job is certainly ours at this very moment; like that of a hold. */
  isCertain(): boolean;
  /** @throws the reason of `signal`, unless {@link isCertain} */
  throwIfLost(): void;
  /**
   * Makes writes to the tree that happen only as long as the job is ours: give the result to
   * `multi`, which refuses all of them with NO_NODE, `index` 0, when it is not.
   *
   * @throws RecipeError HOLD_LOST, HOLD_REVOKED or RELEASED when this has ended already
   */
  guard<const T extends readonly MultiOp[]>(ops: T): readonly [CheckOfHold, ...T];
  /**
   * Says that the job is done: it and our claim are removed in one transaction, which happens only
   * if the claim still stands. Also when its answer is lost it is found out what came of it, so
   * this may settle late. Called again it gives the same.
   *
   * @throws RecipeError HOLD_LOST or HOLD_REVOKED when the claim was lost: the job is, or was,
   *   delivered again; RELEASED after `nack`; UNKNOWN_OUTCOME when the claim was lost with the
   *   answer outstanding and the job is gone, done by us or by another; ZkError NO_AUTH: the
   *   job then is given back
   */
  ack(): Promise<void>;
  /**
   * Gives the job back: it is delivered again, at its old place, at once or after a while; or goes
   * to the dead letters if this was its last delivery. Called again it gives the same.
   *
   * @throws RecipeError HOLD_LOST or HOLD_REVOKED when the claim was lost: the job is delivered
   *   again at once; RELEASED after `ack`; UNKNOWN_OUTCOME; ZkError BAD_ARGUMENTS for a delay that
   *   is none, NO_AUTH
   */
  nack(options?: NackOptions): Promise<void>;
  /** Gives the job back at once, unless it was confirmed, given back or lost; never rejects. */
  [Symbol.asyncDispose](): Promise<void>;
}
