import type { Acl, Client, NodeData } from '@vivarium/core';
import type { NodeHold } from '../hold/node-hold.js';
import { contend } from '../shared/contend.js';
import { patienceOf, type WaitOptions } from '../shared/patience.js';
import type { QueueKind } from '../shared/queue.js';

export interface LockOptions extends WaitOptions {
  /** What our node shows to those who look: who we are, since when. Nothing when left out. */
  readonly data?: NodeData | undefined;
  /**
   * Of our node, and of the lock's folders if they have to be made; open when left out. Everybody
   * who waits for the lock needs READ.
   */
  readonly acl?: readonly Acl[] | undefined;
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
  { data, acl, ...waiting }: LockOptions,
  waits: boolean,
): Promise<NodeHold | undefined> {
  const patience = patienceOf(zk, path, waiting);
  const { signal } = patience;
  try {
    const hold = await contend(zk, { queue, parent: path, data, acl, waits, signal });
    // Whoever has given up by now must not get what nobody will release.
    if (signal.aborted) hold?.release().catch(() => {});
    signal.throwIfAborted();
    return hold;
  } finally {
    patience.end();
  }
}
