import type { Acl, NodeData } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import type { Hold } from '../hold/hold.js';
import { assertCount } from '../shared/counts.js';
import type { WaitOptions } from '../shared/patience.js';
import { assertNoRevokeMark } from '../shared/revoke-mark.js';
import { assertNesting } from './scope.js';

/** What every request for a hold may say. */
export interface HoldOptions extends WaitOptions {
  /** What our node shows to those who look: who we are, since when. Nothing when left out. */
  readonly data?: NodeData | undefined;
  /**
   * Of our node, and of the folders if they have to be made; open when left out. Everybody who
   * waits needs READ.
   */
  readonly acl?: readonly Acl[] | undefined;
  /**
   * Called once, when somebody asks for the hold back; see `Hold.revocation$`. What it throws is
   * nobody's to catch.
   */
  readonly onRevoke?: ((hold: Hold) => void) | undefined;
  /**
   * Called while the request waits, each time that it has lost its place, because the session ended
   * or somebody deleted our node: it goes on at the end of the queue. What it throws is nobody's to
   * catch.
   */
  readonly onRequeued?: (() => void) | undefined;
  /**
   * Says that whoever holds does not wait for this request: it is made although the work that makes
   * it holds the same already. Otherwise that is a SELF_DEADLOCK.
   */
  readonly detached?: boolean | undefined;
}

/** What a request for a read-write lock may say. */
export interface RwLockOptions extends HoldOptions {
  /**
   * Gives another part in the hold that the work under which this is called has already, if it has
   * one: at once, with the same node and token. The node goes when the last part is released. Only
   * where there is an async context: Node, not browsers.
   */
  readonly reentrant?: boolean | undefined;
}

/** What a request for a lock may say. */
export interface LockOptions extends RwLockOptions {
  /**
   * Queues up in memory with all requests of this client for this path that say so too, with the
   * same `data` and `acl`: one node stands for all of them, and a release hands it to the next
   * without asking a server. After `maxHandOvers` of that in a row (16 for `true`) the node goes to
   * the end of the queue, for the sake of other clients.
   */
  readonly localQueue?: boolean | { readonly maxHandOvers: number } | undefined;
}

const MAX_HAND_OVERS = 1_000_000;
const DEFAULT_HAND_OVERS = 16;

/** How often a node may be handed over in a row; undefined without a local queue. */
export function handOversOf({ localQueue }: LockOptions): number | undefined {
  if (localQueue === undefined || localQueue === false) return undefined;
  return localQueue === true ? DEFAULT_HAND_OVERS : localQueue.maxHandOvers;
}

/** @throws ZkError BAD_ARGUMENTS for options that are none, or do not go together */
export function assertLockOptions(path: string, options: LockOptions): void {
  const { data, localQueue } = options;
  assertNoRevokeMark(path, data);
  assertNesting(path, options);
  for (const name of ['onRevoke', 'onRequeued'] as const) {
    const listener: unknown = options[name];
    if (listener === undefined || typeof listener === 'function') continue;
    throw badOption(path, `${name} is ${typeof listener}; give a function`);
  }
  if (localQueue === undefined || typeof localQueue === 'boolean') return;
  if (typeof localQueue !== 'object' || localQueue === null) {
    throw badOption(path, `localQueue is ${typeof localQueue}; give true or { maxHandOvers }`);
  }
  assertCount(path, 'localQueue.maxHandOvers', localQueue.maxHandOvers, MAX_HAND_OVERS);
}

/**
 * Refuses what locks have and others have not, also from programs that no compiler has looked at.
 *
 * @throws ZkError BAD_ARGUMENTS
 */
export function assertWithout(
  path: string,
  options: LockOptions,
  names: readonly ('reentrant' | 'localQueue')[],
  why: string,
): void {
  for (const name of names) {
    const value = options[name];
    if (value !== undefined && value !== false) throw badOption(path, `${name}: ${why}`);
  }
}

/** Calls `onRevoke` when the hold is asked for. */
export function listenForRevocation<H extends Hold>(hold: H, { onRevoke }: HoldOptions): H {
  if (onRevoke !== undefined) hold.revocation$.subscribe(() => onRevoke(hold));
  return hold;
}

function badOption(path: string, reason: string): ZkError {
  return new ZkError('BAD_ARGUMENTS', { path, reason });
}
