/**
 * An exclusive lock as a stream of our own holds.
 *
 * Nodes: as in `lock.ts`.
 *
 * Connected the first in the queue holds. Suspended the hold is suspect, and ours until the session
 * may have ended by our own clock. When the session is lost the hold is lost for good, and we go to
 * the end of the queue.
 */
import type { Client } from '@vivarium/core';
import { Observable } from 'rxjs';
import type { Hold } from '../hold/hold.js';
import { serveHold } from '../hold/serve-hold.js';
import { assertFolderPath } from '../shared/node-path.js';
import { acquireLock } from './lock.js';
import { assertLockOptions, type LockOptions } from './options.js';

/** What a stream has no use for is whatever gives up: it is given up by unsubscribing. */
export type LockStreamOptions = Omit<LockOptions, 'signal' | 'timeoutMs'>;

/**
 * Wants the lock of a path for as long as somebody is subscribed: a hold while we have it,
 * undefined while we have not. Made for `switchMap`, which ends what runs under a hold with it.
 *
 * Cold: each subscription is one request of its own, and unsubscribing gives the lock back, or the
 * place in the queue; whoever has to wait until that has happened takes `acquireLock`. Emits
 * undefined at once, then each hold when it is granted and undefined when it has ended; after that
 * we are at the end of the queue, also when the hold was released by hand. While disconnected it
 * says nothing, until the hold is lost by our own clock; `status$` of the hold says more. Errors
 * with what makes it impossible, such as ZkError NO_AUTH or RecipeError UNREADABLE_PREDECESSOR;
 * completes when the client is closed.
 */
export function lock$(
  zk: Client,
  path: string,
  options: LockStreamOptions = {},
): Observable<Hold | undefined> {
  assertFolderPath(zk, path, 'lock$');
  assertLockOptions(path, options);
  // Nobody is taken to wait for a stream.
  const detached = options.reentrant === true ? options.detached : true;
  return new Observable((subscriber) => {
    const leaving = new AbortController();
    const { signal } = leaving;
    const run = async () => {
      while (!signal.aborted) {
        subscriber.next(undefined);
        const hold = await acquireLock(zk, path, { ...options, detached, signal });
        let isTold = false;
        await serveHold(hold, signal, () => {
          if (!isTold) subscriber.next(hold);
          isTold = true;
        });
      }
    };
    run().catch((error: unknown) => {
      if (signal.aborted) return;
      if (zk.state.type === 'closed') subscriber.complete();
      else subscriber.error(error);
    });
    return () => leaving.abort();
  });
}
