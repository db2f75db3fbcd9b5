/**
 * A gate that all who come wait at, as long as it is raised.
 *
 * Nodes: `path` itself, persistent: it exists while the gate is closed. Its folders are made when
 * they are missing.
 *
 * Connected, whoever waits passes as soon as the node is gone. Suspended nobody passes, and
 * raising and lifting wait for a server. When the session is lost nothing is lost: the gate stands
 * or not, whoever made it, and who waits goes on waiting in the next session.
 */

import type { Acl, Client } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { distinctUntilChanged, map, type Observable } from 'rxjs';
import { wasCutOff } from './shared/doubt.js';
import { firstThat } from './shared/first-that.js';
import { ensureFolder, FOLDER_TURNS } from './shared/folder.js';
import { assertNodePath } from './shared/node-path.js';
import { parentOf } from './shared/paths.js';
import { patienceOf, type WaitOptions } from './shared/patience.js';
import { currentSession, sessionEnd } from './shared/sessions.js';

/** A gate that all who come wait at, as long as it is raised: a node that exists. */
export interface Barrier {
  /**
   * Raises it; nothing happens when it is raised already. It stays up when its maker goes.
   *
   * @throws ZkError NO_AUTH, or the reason of `options.signal`
   */
  raise(options?: WaitOptions & { readonly acl?: readonly Acl[] | undefined }): Promise<void>;
  /** Lets everybody pass; nothing happens when it is down. @throws ZkError NO_AUTH */
  lift(options?: WaitOptions): Promise<void>;
  /**
   * Resolves when the barrier is seen not to stand; at once if so. A gate that falls and rises
   * again between two looks may be seen as standing all the time.
   *
   * @throws RecipeError TIMED_OUT; ZkError NO_AUTH, SESSION_EXPIRED when the client is closed; the
   *   reason of `options.signal`
   */
  wait(options?: WaitOptions): Promise<void>;
  /**
   * Whether it stands. Hot: all subscribers share one watch. Begins with the present state as soon
   * as it is known, then every change; silent while disconnected; errors when the node may not be
   * read; completes when the client is closed.
   */
  readonly raised$: Observable<boolean>;
}

/** The barrier of a path. Nothing is asked of a server before one of its functions is called. */
export function barrier(zk: Client, path: string): Barrier {
  assertNodePath(zk, path, 'barrier');
  const raised$ = zk.node$(path, { whileStale: 'wait' }).pipe(
    map(({ kind }) => kind !== 'absent'),
    distinctUntilChanged(),
  );

  /** Repeats what does no harm when it is done twice, until an answer comes. */
  const insist = async (
    options: WaitOptions,
    done: 'NODE_EXISTS' | 'NO_NODE',
    work: (signal: AbortSignal) => Promise<unknown>,
  ) => {
    const patience = patienceOf(zk, path, options);
    try {
      for (;;) {
        const session = await currentSession(zk, patience.signal);
        try {
          await work(patience.signal);
          return;
        } catch (error) {
          if (isZkError(error, done)) return;
          if (wasCutOff(error)) continue;
          if (!isZkError(error, 'SESSION_EXPIRED')) throw error;
          await sessionEnd(zk, session, patience.signal);
        }
      }
    } finally {
      patience.end();
    }
  };

  return {
    raise: ({ acl, ...options } = {}) =>
      insist(options, 'NODE_EXISTS', async (signal) => {
        for (let missing = 0; ; missing++) {
          try {
            await zk.create(path, undefined, { acl, signal });
            return;
          } catch (error) {
            if (!isZkError(error, 'NO_NODE') || missing === FOLDER_TURNS) throw error;
            await ensureFolder(zk, parentOf(path), { signal, acl });
          }
        }
      }),
    lift: (options = {}) => insist(options, 'NO_NODE', (signal) => zk.delete(path, { signal })),
    wait: async (options = {}) => {
      const patience = patienceOf(zk, path, options);
      try {
        // A barrier that was raised before this call must be seen.
        await zk.sync(path, { signal: patience.signal });
        await firstThat(raised$, (isRaised) => !isRaised, patience.signal);
      } finally {
        patience.end();
      }
    },
    raised$,
  };
}
