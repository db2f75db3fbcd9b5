/**
 * A barrier that a fixed number enter together and leave together.
 *
 * Nodes: `path`, persistent, the size, the generation and the cohort as JSON;
 * `path/_c_<uuid>-m-<sequence>`, ephemeral, each who has come; `path/l-…`, persistent, that one
 * has left while others are still inside.
 *
 * Connected, all enter in the transaction that records the cohort. Suspended they wait; who is
 * inside stays. When the session is lost a member outside comes again in the next session; one
 * inside is lost to its cohort, which breaks or goes on without it, as it was asked to.
 */

import type { Acl, Client } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import { assertCount } from '../shared/counts.js';
import { assertNodePath } from '../shared/node-path.js';
import type { WaitOptions } from '../shared/patience.js';
import { enterBarrier } from './enter.js';

export interface DoubleBarrierOptions {
  /** How many start together: a whole number from 1 to 1000, the same for all who come. */
  readonly size: number;
  /**
   * What the death of a member means to the others of its cohort: that it has left (`wait`, the
   * default), or that the cohort is broken (`break`).
   */
  readonly onLoss?: 'wait' | 'break' | undefined;
  /**
   * What to do when a cohort without us is inside: reject with BARRIER_FULL (`error`, the default),
   * or wait until it has gone, for a place in a later one (`wait`).
   */
  readonly whenFull?: 'error' | 'wait' | undefined;
  /**
   * Of the barrier's nodes, and of its folders if they have to be made; open when left out.
   * Everybody who comes needs all permissions.
   */
  readonly acl?: readonly Acl[] | undefined;
}

/** Those who have entered together, and our place among them. */
export interface Cohort extends AsyncDisposable {
  /** Names of the members' nodes, exactly as many as the barrier's size, first come first. */
  readonly members: readonly string[];
  /** Name of our own node. */
  readonly member: string;
  /** Grows by one from cohort to cohort, as long as nobody deletes the barrier's node. */
  readonly generation: number;
  /**
   * Aborts with RecipeError BROKEN_BARRIER as long as we have not left: when our session has ended
   * or may have ended, by the clock alone; when somebody deletes our node; with `onLoss: 'break'`,
   * when another member has died, whom the message names. Our node is then taken back by itself.
   */
  readonly signal: AbortSignal;
  /**
   * Leaves: resolves when nobody of the cohort is inside any more. Who gives up waiting, by signal
   * or timeout, has left all the same, though others are still inside; called again it waits again.
   * Idempotent.
   *
   * @throws RecipeError BROKEN_BARRIER, the reason of the cohort's signal, or with
   *   `onLoss: 'break'` because a member dies while others leave; TIMED_OUT; ZkError NO_AUTH,
   *   SESSION_EXPIRED when the client is closed; the reason of `options.signal`
   */
  leave(options?: WaitOptions): Promise<void>;
  /** Leaves; after `signal` has told of a broken barrier it only waits until our node is gone. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A barrier at which a fixed number of processes meet, to begin together and to end together. */
export interface DoubleBarrier {
  /**
   * Enters: resolves when as many as the barrier is for are here, at the same moment for all. Of
   * those who come, the first ones form the cohort; it is recorded in one transaction, which
   * succeeds only if the node of each of them exists.
   *
   * Who gives up by signal or timeout takes its node back in a way that cannot happen together
   * with the forming of a cohort. So it either rejects and was not counted, or resolves although
   * its time was over because it had been counted just before. For this it waits for a server's
   * word, but no longer than our session is certain.
   *
   * When the session ends while waiting, it comes again in the next one, as the last.
   *
   * @throws RecipeError TIMED_OUT, BARRIER_FULL, SIZE_MISMATCH when others have come for another
   *   number, BROKEN_BARRIER when our session ended just when a cohort was formed with us,
   *   INVALID_VALUE when the path holds data of something else, QUEUE_TOO_LONG,
   *   UNREADABLE_PREDECESSOR; ZkError NO_AUTH, BAD_ARGUMENTS, SESSION_EXPIRED when the client is
   *   closed; the reason of `options.signal`
   */
  enter(options?: WaitOptions): Promise<Cohort>;
}

/** So many that one transaction can name them all. */
export const MAX_SIZE = 1_000;

/**
 * The double barrier of a path. Nothing is asked of a server before `enter` is called. Each entry
 * is a member of its own, also when one client enters twice.
 *
 * @throws ZkError BAD_ARGUMENTS for a size that is none
 */
export function doubleBarrier(
  zk: Client,
  path: string,
  options: DoubleBarrierOptions,
): DoubleBarrier {
  const { size, onLoss = 'wait', whenFull = 'error', acl } = options;
  assertNodePath(zk, path, 'doubleBarrier');
  assertCount(path, 'size', size, MAX_SIZE);
  assertOneOf(path, 'onLoss', onLoss, ['wait', 'break']);
  assertOneOf(path, 'whenFull', whenFull, ['error', 'wait']);
  const settings = { path, size, onLoss, whenFull, acl };
  return { enter: (waiting = {}) => enterBarrier(zk, settings, waiting) };
}

function assertOneOf(path: string, name: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  const reason = `${name} is ${JSON.stringify(value)}; give one of ${known.join(' and ')}`;
  throw new ZkError('BAD_ARGUMENTS', { path, reason });
}
