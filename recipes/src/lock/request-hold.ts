import type { Acl, Client, NodeData } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import type { Hold } from '../hold/hold.js';
import type { NodeHold } from '../hold/node-hold.js';
import { contend } from '../shared/contend.js';
import { patienceOf, type WaitOptions } from '../shared/patience.js';
import type { QueueKind } from '../shared/queue.js';
import { assertNoRevokeMark } from '../shared/revoke-mark.js';

export interface LockOptions extends WaitOptions {
  /** What our node shows to those who look: who we are, since when. Nothing when left out. */
  readonly data?: NodeData | undefined;
  /**
   * Of our node, and of the lock's folders if they have to be made; open when left out. Everybody
   * who waits for the lock needs READ.
   */
  readonly acl?: readonly Acl[] | undefined;
  /**
   * Called once, when somebody asks for the hold back; see `Hold.revocation$`. What it throws is
   * nobody's to catch.
   */
  readonly onRevoke?: ((hold: Hold) => void) | undefined;
}

/** @throws ZkError BAD_ARGUMENTS for options that are none */
export function assertLockOptions(path: string, { data, onRevoke }: LockOptions): void {
  assertNoRevokeMark(path, data);
  if (onRevoke === undefined || typeof onRevoke === 'function') return;
  const reason = `onRevoke is ${typeof onRevoke}; give a function`;
  throw new ZkError('BAD_ARGUMENTS', { path, reason });
}

/** Calls `onRevoke` when the hold is asked for. */
export function listenForRevocation<H extends Hold>(hold: H, { onRevoke }: LockOptions): H {
  if (onRevoke !== undefined) hold.revocation$.subscribe(() => onRevoke(hold));
  return hold;
}

/**
 * One request for a place in the queue of a path, with the caller's patience.
 *
 * @param waits  whether to queue up; otherwise gives undefined when somebody is in the way
 * @throws like `acquireLock`
 */
export async function requestHold(
  zk: Client,
  path: string,
  queue: QueueKind,
  options: LockOptions,
  waits: boolean,
): Promise<NodeHold | undefined> {
  assertLockOptions(path, options);
  const { data, acl } = options;
  const patience = patienceOf(zk, path, options);
  const { signal } = patience;
  try {
    const hold = await contend(zk, { queue, parent: path, data, acl, waits, signal });
    // Whoever has given up by now must not get what nobody will release.
    if (signal.aborted) hold?.release().catch(() => {});
    signal.throwIfAborted();
    return hold && listenForRevocation(hold, options);
  } finally {
    patience.end();
  }
}
