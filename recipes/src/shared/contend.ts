import type { Client, SessionInfo } from '@vivarium/core';
import { isZkError, ZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import { NodeHold } from '../hold/node-hold.js';
import { nextChange } from './next-change.js';
import { childOf, nameOf } from './paths.js';
import { whicheverFirst } from './patience.js';
import { createProtected, type ProtectedNode, type Standing } from './protected-create.js';
import { contendersOf, type QueueKind } from './queue.js';
import { currentSession, sessionEnd } from './sessions.js';

/** What one contender does in one queue. */
export interface Contest extends Omit<ProtectedNode, 'label'> {
  readonly queue: QueueKind;
  /** Gives up. */
  readonly signal: AbortSignal;
  /** Whether to queue up behind others; true when left out. */
  readonly waits?: boolean | undefined;
  /** Told of each place but the first: how many are ahead, and the name of the nearest. */
  readonly placed?: ((ahead: number, nearest: string) => void) | undefined;
}

/**
 * Queues up and resolves with the hold when the first place is ours; with undefined when it is not
 * and the contest does not wait. A contender waits only for the one directly before it, so each
 * departure wakes one. When its session ends while it waits, it queues up again at the end.
 *
 * When it rejects, its node is being removed.
 *
 * @throws UNREADABLE_PREDECESSOR, QUEUE_TOO_LONG, ZkError (BAD_ARGUMENTS when the client can never
 *   be certain of its session), or the signal's reason
 */
export async function contend(zk: Client, contest: Contest): Promise<NodeHold | undefined> {
  const { signal } = contest;
  for (;;) {
    const session = await currentSession(zk, signal);
    const standing = await standUp(zk, session, contest);
    if (standing === undefined) {
      await sessionEnd(zk, session, signal);
      continue;
    }
    const hold = new NodeHold(zk, session, standing);
    try {
      const place = await comeFirst(zk, session, standing, contest);
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

/**
 * Waits until no contender is before ours. The list may be behind the truth without harm: our own
 * server has applied our creation, and with it all that came before, so a smaller number that it
 * does not show is gone; one that it still shows only makes us wait.
 *
 * `gone`: our node is no more in the queue.
 */
async function comeFirst(
  zk: Client,
  session: SessionInfo,
  standing: Standing,
  { queue, parent, signal, waits, placed }: Contest,
): Promise<'first' | 'taken' | 'gone'> {
  const ours = nameOf(standing.path);
  for (;;) {
    const names = await contenders(zk, session, parent, queue, signal);
    const ahead = names.indexOf(ours);
    if (ahead < 0) return 'gone';
    if (ahead === 0) {
      if (zk.isCertain(session.id)) return 'first';
      // Answers came too late to be sure of the session: any answer makes us sure again.
      await zk.sync(parent, { session: session.id, signal }).catch(throwUnlessExpired);
      assertCertainty(zk, parent);
      continue;
    }
    if (waits === false) return 'taken';
    const nearest = names[ahead - 1]!;
    placed?.(ahead, nearest);
    const path = childOf(parent, nearest);
    try {
      await nextChange(zk, session, path, signal);
    } catch (cause) {
      if (isZkError(cause, 'NO_AUTH'))
        throw new RecipeError('UNREADABLE_PREDECESSOR', path, { cause });
      throw cause;
    }
  }
}

/** Names in the queue, first come first; none when the session has ended. */
async function contenders(
  zk: Client,
  session: SessionInfo,
  parent: string,
  queue: QueueKind,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const { children } = await zk.children(parent, { session: session.id, signal });
    return contendersOf(queue, children);
  } catch (cause) {
    if (isZkError(cause, 'NO_NODE', 'SESSION_EXPIRED')) return [];
    if (isZkError(cause, 'MARSHALLING_ERROR')) {
      throw new RecipeError('QUEUE_TOO_LONG', parent, { cause });
    }
    throw cause;
  }
}

/** @throws BAD_ARGUMENTS when the client was set up never to be certain of its session */
function assertCertainty(zk: Client, path: string): void {
  if (zk.session === undefined || zk.certainUntil > zk.lastAckSentAt) return;
  const reason = `marginMs is not less than the session's timeout of ${zk.sessionTimeoutMs} ms`;
  throw new ZkError('BAD_ARGUMENTS', { path, reason });
}

function throwUnlessExpired(error: unknown): void {
  if (!isZkError(error, 'SESSION_EXPIRED')) throw error;
}
