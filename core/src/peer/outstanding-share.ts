import type { Membership } from '../zab/membership.js';

/**
 * How many requests in flight one server of an ensemble takes: those of all who vote come to the
 * leader, which so gets about as many as the limit says. An observer has all of it.
 *
 * @see ZooKeeper 3.9 LeaderZooKeeperServer, FollowerZooKeeperServer.getGlobalOutstandingLimit
 */
export function outstandingShare(limit: number, { voters }: Membership, serverId: number): number {
  if (!voters.has(serverId) || voters.size <= 2) return limit;
  return Math.max(1, Math.floor(limit / (voters.size - 1)));
}
