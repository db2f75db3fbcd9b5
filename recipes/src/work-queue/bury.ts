import type { MultiOp, SessionInfo } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { childOf } from '../shared/paths.js';
import type { Job } from './job-name.js';
import { ensureFolders, type QueueSite } from './queue-site.js';

/** What is known of a job when it is given up. */
export interface Corpse {
  readonly job: Job;
  readonly bytes: Uint8Array;
  /** Why, for people. */
  readonly reason: string;
}

/** Makes the node of a dead letter: the job's name and bytes, and below it the reason. */
export function burialOf<T>({ dead, acl }: QueueSite<T>, { job, bytes, reason }: Corpse) {
  const path = childOf(dead, job.name);
  return [
    { op: 'create', path, data: bytes, acl },
    { op: 'create', path: childOf(path, 'reason'), data: reason, acl },
  ] as const satisfies readonly MultiOp[];
}

/**
 * Moves a job that nobody has claimed to the dead letters, unless somebody has claimed or moved it
 * by now. What has become of it has to be looked up.
 */
export async function bury<T>(
  site: QueueSite<T>,
  session: SessionInfo,
  corpse: Corpse,
  version: number,
  signal: AbortSignal,
): Promise<void> {
  const gone = { op: 'delete', path: childOf(site.jobs, corpse.job.name), version } as const;
  try {
    const ops = [gone, ...burialOf(site, corpse)];
    await site.zk.multi(ops, { session: session.id, signal });
  } catch (error) {
    if (isZkError(error, 'NO_NODE', 'BAD_VERSION') && error.index === 0) return;
    if (!isZkError(error, 'NO_NODE')) throw error;
    await ensureFolders(site, session, signal);
  }
}
