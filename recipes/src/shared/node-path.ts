import type { Client } from '@vivarium/core';
import { ZkError } from '@vivarium/core';

/** @throws ZkError BAD_ARGUMENTS unless a program can make a node at the path */
export function assertNodePath(zk: Client, path: string, operation: string): void {
  // A stream checks its path when it is asked for, before anybody subscribes.
  zk.exists$(path);
  const isReserved = path === '/zookeeper' || path.startsWith('/zookeeper/');
  if (path !== '/' && !(isReserved && zk.chroot === '')) return;
  const reason = 'no node of a program can be there: give a path below / and not in /zookeeper';
  throw new ZkError('BAD_ARGUMENTS', { operation, path, reason });
}
