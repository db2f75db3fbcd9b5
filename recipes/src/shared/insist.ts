import type { Client, SessionInfo } from '@vivarium/core';
import { again } from './again.js';
import { currentSession } from './sessions.js';

/**
 * Does what may be done twice until a server has said what came of it: again after a cut, in the
 * next session when this one has ended, and after a while when a server was in trouble.
 *
 * @throws what the server refuses it with; SESSION_EXPIRED when the client is closed; the signal's
 *   reason
 */
export async function insist<T>(
  zk: Client,
  signal: AbortSignal,
  work: (session: SessionInfo) => Promise<T>,
): Promise<T> {
  for (;;) {
    const session = await currentSession(zk, signal);
    try {
      return await work(session);
    } catch (error) {
      signal.throwIfAborted();
      await again(zk, session, error, signal);
    }
  }
}
