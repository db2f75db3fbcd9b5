import type { Client, SessionInfo } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { isPassing, wasCutOff } from './doubt.js';
import { pause } from './pause.js';
import { sessionEnd } from './sessions.js';

/**
 * Resolves when a request that failed may be tried again: in the next session if this one has
 * ended, after a while if a server was in trouble.
 *
 * @throws the error itself when trying again would be of no use; the signal's reason
 */
export async function again(
  zk: Client,
  session: SessionInfo,
  error: unknown,
  signal: AbortSignal,
): Promise<'again'> {
  if (isZkError(error, 'SESSION_EXPIRED')) await sessionEnd(zk, session, signal);
  else if (!wasCutOff(error)) {
    if (!isPassing(error)) throw error;
    await pause(zk, signal);
  }
  return 'again';
}
