import type { Client, SessionInfo } from '@vivarium/core';
import { deskOf } from './desk.js';
import { firstThat } from './first-that.js';
import { whicheverFirst } from './patience.js';

/**
 * The client's session, as soon as there is one.
 *
 * @throws SESSION_EXPIRED when the client is closed; the signal's reason when it aborts
 */
export function currentSession(zk: Client, signal: AbortSignal): Promise<SessionInfo> {
  return firstThat(zk.session$, () => true, signal);
}

/**
 * Resolves when a session has ended: a request that was refused with SESSION_EXPIRED may be asked
 * again in the next one, but not before. A client that is closing refuses everything while its
 * session is still there, and a server may know of the end before the client does.
 *
 * @throws the signal's reason when it aborts
 */
export async function sessionEnd(
  zk: Client,
  session: SessionInfo,
  signal: AbortSignal,
): Promise<void> {
  let stop = () => {};
  const ended = new Promise<void>((resolve) => {
    stop = deskOf(zk).whenEnded(session, resolve);
  });
  try {
    await whicheverFirst(ended, signal);
  } finally {
    stop();
  }
}
