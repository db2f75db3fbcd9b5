import type { Client, SessionInfo } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { deskOf } from './desk.js';

/**
 * Resolves when something may have happened to a node: it changed, it is gone, or the session has
 * ended. What it was has to be looked up. A node that is missing already leaves no watch behind.
 *
 * @throws NO_AUTH when the node may not be read; the signal's reason when it aborts
 */
export function nextChange(
  zk: Client,
  session: SessionInfo,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    let isOver = false;
    const stop = () => {
      isOver = true;
      zk.unwatch(path, 'data', resolved);
      signal.removeEventListener('abort', aborted);
      stopListening();
    };
    const resolved = () => {
      stop();
      resolve();
    };
    const rejected = (error: unknown) => {
      stop();
      reject(error);
    };
    const aborted = () => rejected(signal.reason);
    signal.addEventListener('abort', aborted);
    const stopListening = deskOf(zk).whenEnded(session, resolved);
    // Not `exists`: on a missing node it would wait for a creation that never comes. Not with the
    // signal: an answer that nobody hears would leave its watch at the server.
    zk.get(path, { watch: resolved, session: session.id }).then(
      () => {
        if (isOver) zk.unwatch(path, 'data', resolved);
      },
      (error: unknown) => {
        if (isZkError(error, 'NO_NODE', 'SESSION_EXPIRED')) resolved();
        else rejected(error);
      },
    );
  });
}
