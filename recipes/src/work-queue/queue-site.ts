import type { Acl, Client, Codec, SessionInfo } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import { again } from '../shared/again.js';
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
  assertFolder(path);
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

function assertFolder(path: string): void {
  const reason = problemOf(path);
  if (reason !== undefined) throw new ZkError('BAD_ARGUMENTS', { path, reason });
}

function problemOf(path: string): string | undefined {
  if (typeof path !== 'string') return `the path is ${typeof path}, not a string`;
  if (!/^(?:\/[^/]+)+$/.test(path)) return 'a queue needs an absolute path below /';
  if (/\/\.{1,2}(?:\/|$)/.test(path)) return 'the path has a relative name in it';
  if (/^\/zookeeper(?:\/|$)/.test(path)) return '/zookeeper is reserved for the servers';
  return undefined;
}
