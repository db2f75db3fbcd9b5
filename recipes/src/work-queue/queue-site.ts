import type { Acl, Client, Codec, SessionInfo } from '@vivarium/core';

import { again } from '../shared/again.js';
import { assertNodePath } from '../shared/node-path.js';
import { childOf } from '../shared/paths.js';

/** Where a queue is, and what its makers want of it. */
export interface QueueSite<T> {
  readonly zk: Client;
  readonly path: string;
  /** Folder of the jobs. */
  readonly jobs: string;
  /** Folder of what consumers are at work on. */
  readonly claims: string;
  /** Folder of the line in which consumers wait. */
  readonly takers: string;
  /** Folder of what proves that a write has happened; nobody watches it. */
  readonly proofs: string;
  /** Folder of the jobs that were given up. */
  readonly dead: string;
  readonly codec: Codec<T>;
  readonly acl: readonly Acl[] | undefined;
  readonly maxAttempts: number;
  readonly maxDepth: number;
  readonly rush: Rush;
}

/** How the consumers of one object get on with others. */
export interface Rush {
  /** Names of the jobs that they are reaching for at the moment. */
  readonly reached: Set<string>;
  /** Over how many jobs they spread: 1 as long as nobody else is faster. */
  span: number;
}

/** @throws ZkError BAD_ARGUMENTS for a path that is none, or that is the servers' own */
export function siteOf<T>(
  zk: Client,
  path: string,
  more: Pick<QueueSite<T>, 'codec' | 'acl' | 'maxAttempts' | 'maxDepth'>,
): QueueSite<T> {
  assertNodePath(zk, path, 'workQueue');
  return {
    ...{ zk, path, jobs: childOf(path, 'jobs'), claims: childOf(path, 'claims') },
    ...{ takers: childOf(path, 'takers'), proofs: childOf(path, 'proofs') },
    ...{ dead: childOf(path, 'dead'), rush: { reached: new Set<string>(), span: 1 }, ...more },
  };
}

/**
 * Makes the folders that are missing. They are plain nodes, which stay: a container could go
 * between two jobs, with those who watch it. Resolves also when it could not, but may be able to
 * when it is called again.
 *
 * @throws ZkError such as NO_AUTH; the signal's reason
 */
export async function ensureFolders<T>(
  { zk, path, jobs, claims, proofs, dead, acl }: QueueSite<T>,
  session: SessionInfo,
  signal: AbortSignal,
): Promise<void> {
  try {
    await zk.ensure(path, { signal, acl });
    await Promise.all([jobs, claims, proofs, dead].map((each) => zk.ensure(each, { signal, acl })));
  } catch (error) {
    await again(zk, session, error, signal);
  }
}
