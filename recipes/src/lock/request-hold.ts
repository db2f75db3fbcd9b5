import type { Client } from '@vivarium/core';
import type { NodeHold } from '../hold/node-hold.js';
import { contend } from '../shared/contend.js';
import { patienceOf } from '../shared/patience.js';
import type { QueueKind } from '../shared/queue.js';
import type { HoldOptions } from './options.js';

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
  options: HoldOptions,
  waits: boolean,
): Promise<NodeHold | undefined> {
  const { data, acl, onRequeued: requeued } = options;
  const patience = patienceOf(zk, path, options);
  const { signal } = patience;
  try {
    const contest = { queue, parent: path, data, acl, waits, requeued, signal };
    const hold = await contend(zk, contest);
    // Whoever has given up by now must not get what nobody will release.
    if (signal.aborted) hold?.release().catch(() => {});
    signal.throwIfAborted();
    return hold;
  } finally {
    patience.end();
  }
}
