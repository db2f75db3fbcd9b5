import type { Client } from '@vivarium/core';
import { ZkError } from '@vivarium/core';

/** The root of what servers keep for themselves. */
const OF_SERVERS = '/zookeeper';

/** @throws ZkError BAD_ARGUMENTS unless a program can make a node at the path */
export function assertNodePath(zk: Client, path: string, operation: string): void {
  assertFolderPath(zk, path, operation);
  if (path === '/') throw refused(path, operation);
}

/** @throws ZkError BAD_ARGUMENTS unless a program can make nodes below the path */
export function assertFolderPath(zk: Client, path: string, operation: string): void {
  // A stream checks its path when it is asked for, before anybody subscribes.
  zk.exists$(path);
  if (isOfServers(zk, path)) throw refused(path, operation);
}

/**
 * Whether the node belongs to the servers. In a chroot a path of that name is one like any other,
 * unless the chroot itself lies there.
 */
export function isOfServers(zk: Client, path: string): boolean {
  return `${zk.chroot}${path}/`.startsWith(`${OF_SERVERS}/`);
}

function refused(path: string, operation: string): ZkError {
  const reason = 'no node of a program can be there: give a path below / and not in /zookeeper';
  return new ZkError('BAD_ARGUMENTS', { operation, path, reason });
}
