import type { Client } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { deskOf } from './desk.js';
import { currentSession, sessionEnd } from './sessions.js';

/**
 * Deletes a node that outlives sessions and has a name of its own: this goes on, in whatever
 * session there is, until it is gone or the client is closed.
 *
 * @throws what the server refuses it with, such as NO_AUTH
 */
export async function removeLasting(zk: Client, path: string): Promise<void> {
  const never = new AbortController().signal;
  try {
    for (;;) {
      const session = await currentSession(zk, never);
      if (await deskOf(zk).cleanUps.removeIn(session.id, path)) return;
      await sessionEnd(zk, session, never);
    }
  } catch (error) {
    // So it is when the client is closed.
    if (!isZkError(error, 'SESSION_EXPIRED')) throw error;
  }
}
