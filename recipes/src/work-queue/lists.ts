import type { Children, SessionInfo } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import { FOLDER_TURNS } from '../shared/folder.js';
import { ensureFolders, type QueueSite } from './queue-site.js';

/** The names of all jobs, and of all claims as they were then or a moment later. */
export interface Lists {
  readonly jobs: Children;
  readonly claims: Children;
}

/**
 * Lists a queue, and makes its folders when they are missing.
 *
 * @throws RecipeError QUEUE_TOO_LONG when the names do not fit one answer; ZkError; the signal's
 *   reason
 */
export async function lists<T>(
  site: QueueSite<T>,
  session: SessionInfo,
  signal: AbortSignal,
): Promise<Lists> {
  const { zk } = site;
  const options = { session: session.id, signal };
  for (let missing = 0; ; ) {
    try {
      // Both are sent at once; the server answers them in this order.
      const both = [zk.children(site.jobs, options), zk.children(site.claims, options)] as const;
      const [jobs, claims] = await Promise.all(both);
      return { jobs, claims };
    } catch (cause) {
      if (isZkError(cause, 'MARSHALLING_ERROR')) {
        throw new RecipeError('QUEUE_TOO_LONG', site.path, { cause });
      }
      if (!isZkError(cause, 'NO_NODE') || missing++ >= FOLDER_TURNS) throw cause;
      await ensureFolders(site, session, signal);
    }
  }
}
