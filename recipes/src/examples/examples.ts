/**
 * Everything a program may import from `@vivarium/recipes/examples`: what `vivarium example` plays,
 * one for each page of the cookbook.
 */
import { barrier } from './barrier.js';
import { configuration } from './configuration.js';
import { configurationHistory } from './configuration-history.js';
import { configurationSet } from './configuration-set.js';
import { countDownLatch } from './count-down-latch.js';
import { counter } from './counter.js';
import { doubleBarrier } from './double-barrier.js';
import { groupMembership } from './group-membership.js';
import { idGenerator } from './id-generator.js';
import { keptNode } from './kept-node.js';
import { leaderElection } from './leader-election.js';
import { lease } from './lease.js';
import { lock } from './lock.js';
import { migration } from './migration.js';
import { partitions } from './partitions.js';
import { permits } from './permits.js';
import { readWriteLock } from './read-write-lock.js';
import { serviceDiscovery } from './service-discovery.js';
import { sharedValue } from './shared-value.js';
import type { Example } from './stage/example.js';
import type { ExampleHost } from './stage/host.js';
import { play } from './stage/play.js';
import { transaction } from './transaction.js';
import { tree } from './tree.js';
import { ttlNode } from './ttl-node.js';
import { workQueue } from './work-queue.js';

export type {
  Actor,
  Certain,
  Example,
  HoldOptions,
  Note,
  Performer,
  Role,
  Stage,
  StageServers,
} from './stage/example.js';
export type { ExampleHost, HostServers } from './stage/host.js';

/** By name, which is that of the page; in the order of the cookbook. */
export const examples: Readonly<Record<string, Example>> = {
  lock,
  'read-write-lock': readWriteLock,
  permits,
  lease,
  'group-membership': groupMembership,
  'service-discovery': serviceDiscovery,
  'kept-node': keptNode,
  'ttl-node': ttlNode,
  partitions,
  'leader-election': leaderElection,
  barrier,
  'double-barrier': doubleBarrier,
  'count-down-latch': countDownLatch,
  configuration,
  'configuration-history': configurationHistory,
  'configuration-set': configurationSet,
  counter,
  'shared-value': sharedValue,
  transaction,
  migration,
  'id-generator': idGenerator,
  'work-queue': workQueue,
  tree,
};

/**
 * Plays an example: three servers and its participants, each in a process of its own, all ended
 * when it is over.
 *
 * @returns whether it did what it promises
 */
export function playExample(name: string, host: ExampleHost): Promise<boolean> {
  return play(name, examples[name]!, host);
}
