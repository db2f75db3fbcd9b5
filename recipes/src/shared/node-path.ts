import type { Client } from '@vivarium/core';
import { ZkError } from '@vivarium/core';

/** @throws ZkError BAD_ARGUMENTS unless a program can make a node at the path */
export function assertNodePath(zk: Client, path: string, operation: string): void {
  assertFolderPath(zk, path, operation);
  if (path === '/') throw refused(path, operation);
}

/** @throws ZkError BAD_ARGUMENTS unless a program can make nodes below the path */
export function assertFolderPath(zk: Client, path: string, operation: string): void {
  // A stream checks its path when it is asked for, before anybody subscribes.
  zk.exists$(path);
  if (isOfTheServers(zk, path)) throw refused(path, operation);
}

/** Whether a path is the servers' own; below a chroot there are none. */
export function isOfTheServers(zk: Client, path: string): boolean {
  return zk.chroot === '' && (path === '/zookeeper' || path.startsWith('/zookeeper/'));
}

function refused(path: string, operation: string): ZkError {
  const reason = 'no node of a program can be there: give a path below / and not in /zookeeper';
  return new ZkError('BAD_ARGUMENTS', { operation, path, reason });
}
