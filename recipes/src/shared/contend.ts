import type { Client, SessionInfo } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { NodeHold } from '../hold/node-hold.js';
import { comeFirst, type Turn } from './come-first.js';
import { nameOf } from './paths.js';
import { whicheverFirst } from './patience.js';
import { createProtected, type ProtectedNode, type Standing } from './protected-create.js';
import { aheadOf, type QueueKind } from './queue.js';
import { currentSession, sessionEnd } from './sessions.js';

/** What one contender does in one queue. */
export interface Contest
  extends Omit<ProtectedNode, 'label'>,
    Pick<Turn, 'parent' | 'waits' | 'placed'> {
  readonly queue: QueueKind;
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
export async function contend(zk: Client, contest: Contest): Promise<NodeHold | undefined> {
  const { signal, queue } = contest;
  for (;;) {
    const session = await currentSession(zk, signal);
    const standing = await standUp(zk, session, contest);
    if (standing === undefined) {
      await sessionEnd(zk, session, signal);
      continue;
    }
    const hold = new NodeHold(zk, session, standing);
    const ahead = (names: readonly string[]) => aheadOf(queue, names, nameOf(standing.path));
    try {
      const place = await comeFirst(zk, session, { ...contest, ahead }, signal);
      if (place === 'taken') {
        await whicheverFirst(hold.release(), signal);
        return undefined;
      }
      if (place === 'first' && (await hold.begin(signal))) {
        // A request and its end may meet in one turn: then it was given up.
        signal.throwIfAborted();
        if (hold.isCertain()) return hold;
      }
      hold.release().catch(() => {});
    } catch (error) {
      hold.release().catch(() => {});
      throw error;
    }
  }
}

/** Our node in the queue; undefined when the session has ended. */
async function standUp(
  zk: Client,
  session: SessionInfo,
  { queue: { label }, parent, data, acl, signal }: Contest,
): Promise<Standing | undefined> {
  try {
    return await createProtected(zk, session, { parent, label, data, acl }, signal);
  } catch (error) {
    if (isZkError(error, 'SESSION_EXPIRED')) return undefined;
    throw error;
  }
}
