import type { Client } from '@vivarium/core';
import type { NodeHold } from '../hold/node-hold.js';
import { comeFirst, type Wait } from './come-first.js';
import { obtain, type Requeued, type Turn } from './obtain.js';
import { nameOf } from './paths.js';
import type { ProtectedNode } from './protected-create.js';
import { aheadOf, type QueueKind } from './queue.js';

/** What one contender does in one queue. */
export interface Contest extends Omit<ProtectedNode, 'label'>, Pick<Wait, 'waits' | 'placed'> {
  readonly queue: QueueKind;
  /** Told each time that we go to the end of the queue. */
  readonly requeued?: Requeued | undefined;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/**
 * Queues up and resolves with the hold when nobody is in our way; with undefined when somebody is
 * and the contest does not wait. A contender waits only for the nearest of those in its way, so
 * each departure wakes one. When its session ends while it waits, it queues up again at the end.
 *
 * When it rejects, its node is being removed.
 *
 * @throws UNREADABLE_PREDECESSOR, QUEUE_TOO_LONG, ZkError (BAD_ARGUMENTS when the client can never
 *   be certain of its session), or the signal's reason
 */
export function contend(zk: Client, contest: Contest): Promise<NodeHold | undefined> {
  const { queue, parent, data, acl, waits, placed, requeued, signal } = contest;
  const node = { parent, label: queue.label, data, acl };
  const turn: Turn = (session, path) => {
    const ahead = (names: readonly string[]) => aheadOf(queue, names, nameOf(path));
    return comeFirst(zk, session, { parent, ahead, waits, placed }, signal);
  };
  return obtain(zk, node, turn, signal, requeued);
}
