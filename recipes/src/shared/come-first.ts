import type { Client, SessionInfo } from '@vivarium/core';
import { isZkError, ZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import { namesIn } from './names-in.js';
import { nextChange } from './next-change.js';
import type { Place } from './obtain.js';
import { childOf } from './paths.js';

/** A wait in a queue. */
export interface Wait {
  /** The queue's folder. */
  readonly parent: string;
  /**
   * Of all names in the folder those in our way, the one to wait for last; undefined when we have
   * no node there any more.
   */
  readonly ahead: (names: readonly string[]) => readonly string[] | undefined;
  /** Whether to wait when somebody is in the way; true when left out. */
  readonly waits?: boolean | undefined;
  /** Told of each place but the first: how many are ahead, and the name of the nearest. */
  readonly placed?: ((ahead: number, nearest: string) => void) | undefined;
}

/**
 * Waits until nobody is in our way. The list may be behind the truth without harm: our own server
 * has applied our creation, and with it all that came before, so a smaller number that it does not
 * show is gone; one that it still shows only makes us wait.
 *
 * `gone`: our node is no more in the queue, or the session has ended.
 *
 * @throws UNREADABLE_PREDECESSOR, QUEUE_TOO_LONG, ZkError (BAD_ARGUMENTS when the client can never
 *   be certain of its session), or the signal's reason
 */
export async function comeFirst(
  zk: Client,
  session: SessionInfo,
  { parent, ahead, waits, placed }: Wait,
  signal: AbortSignal,
): Promise<Place> {
  for (;;) {
    const names = await namesIn(zk, parent, { session: session.id, signal }).catch(noneIfExpired);
    const inTheWay = ahead(names);
    if (inTheWay === undefined) return 'gone';
    const nearest = inTheWay.at(-1);
    if (nearest === undefined) {
      if (await isSureOf(zk, session, parent, signal)) return 'first';
      continue;
    }
    if (waits === false) return 'taken';
    placed?.(inTheWay.length, nearest);
    const path = childOf(parent, nearest);
    try {
      // Of children it has none, so this is only told of its end: not of what somebody writes to
      // it, such as that its holder is asked to leave.
      await nextChange(zk, session, path, signal, { kind: 'children' });
    } catch (cause) {
      if (!isZkError(cause, 'NO_AUTH')) throw cause;
      throw new RecipeError('UNREADABLE_PREDECESSOR', path, { cause });
    }
  }
}

/**
 * Whether we are certain of the session. When answers came too late for that, asks once more, for
 * any answer makes us sure again: then what we know has to be looked at again.
 *
 * @throws BAD_ARGUMENTS when the client can never be certain; the signal's reason
 */
export async function isSureOf(
  zk: Client,
  session: SessionInfo,
  path: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (zk.isCertain(session.id)) return true;
  await zk.sync(path, { session: session.id, signal }).catch(throwUnlessExpired);
  assertCertainty(zk, path);
  return false;
}

/** @throws BAD_ARGUMENTS when the client was set up never to be certain of its session */
export function assertCertainty(zk: Client, path: string): void {
  if (zk.session === undefined || zk.certainUntil > zk.lastAckSentAt) return;
  const reason = `marginMs is not less than the session's timeout of ${zk.sessionTimeoutMs} ms`;
  throw new ZkError('BAD_ARGUMENTS', { path, reason });
}

function noneIfExpired(error: unknown): readonly string[] {
  throwUnlessExpired(error);
  return [];
}

function throwUnlessExpired(error: unknown): void {
  if (!isZkError(error, 'SESSION_EXPIRED')) throw error;
}
