/**
 * Work shared out among those who are there: named partitions, each worked on by one member at a
 * time.
 *
 * Nodes: those of a group in `<path>/members`, and those of a lock in `<path>/partitions/<name>`
 * for each partition. Every member computes from the list of members which partitions are
 * its own, queues for the locks of those, and lets go of the others.
 *
 * While connected all partitions are held, each by the member that is to have it, or on their way
 * to it. While suspended a member keeps what it has, as long as it is certain. When its session is
 * lost, all it has is lost, and goes to the others; it joins again in the next session.
 */
import type { Acl, Client } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import { Observable } from 'rxjs';
import { assertNodePath } from '../shared/node-path.js';
import { childOf } from '../shared/paths.js';
import type { Partition } from './partition.js';
import { PartitionWorker } from './partition-worker.js';

export interface PartitionsOptions {
  /**
   * The names of all partitions, in any order: names of nodes, so without a slash. All members have
   * to give the same; while some give others, a partition may be worked on by nobody, but never by
   * two.
   */
  readonly partitions: readonly string[];
  /** Who we are: no other member may have this name, the name of a node, so without a slash. */
  readonly id: string;
  /** Of our nodes, and of the folders if they have to be made. Every member needs READ. */
  readonly acl?: readonly Acl[] | undefined;
  /** What to do when somebody else is a member under this id; see `joinGroup`. */
  readonly onDuplicate?: 'error' | 'wait' | 'replace' | undefined;
  /**
   * For how long the partitions of a member that has vanished wait for it, milliseconds; 0 when
   * left out, at most 2147483647. One that comes back in time has its own again, and nothing else
   * moves.
   */
  readonly graceMs?: number | undefined;
  /**
   * Begins to leave: all partitions are revoked, and when the last of them was released the stream
   * completes. To leave at once, unsubscribe.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What a member has, and what has changed since the last emission. */
export interface Partitions {
  /** All that we hold, by name; those that are revoked too, until they are released. */
  readonly held: ReadonlyMap<string, Partition>;
  /** Those that have come: begin to work on them. */
  readonly added: readonly Partition[];
  /** Those that another is to have: bring the work to an end, then `release` them. */
  readonly revoked: readonly Partition[];
  /** Those that are ours no more: released, or lost with the session or their node. */
  readonly ended: readonly Partition[];
}

/** The longest time that a timer can keep. */
const MAX_GRACE_MS = 0x7fff_ffff;

/**
 * Takes part in the work: holds its share of the partitions, as equal as can be, and gives up what
 * others are to have.
 *
 * A partition that moves is revoked first; the next member gets it when it was released, or when
 * the session of who had it has ended, and not before. Its `token` is greater each time that it
 * changes hands. A member that never releases keeps it as long as its session lives. What is
 * released without having been revoked comes back.
 *
 * Cold: each subscription is one member, and unsubscribing leaves at once, whatever is under way.
 * Emits first when we are a member, with nothing held yet, then each change, one at a time as locks
 * are granted and ended. While disconnected it says nothing, until holds are lost by our own clock;
 * after the loss of a session it goes on in the next. Errors, having let go of everything, with
 * what makes it impossible: RecipeError DUPLICATE_MEMBER, QUEUE_TOO_LONG or
 * UNREADABLE_PREDECESSOR, ZkError NO_AUTH; completes when the client is closed, and when it has
 * left by `options.signal`.
 *
 * @throws ZkError BAD_ARGUMENTS, at the call, for names that are none, or given twice
 */
export function partitions$(
  zk: Client,
  path: string,
  options: PartitionsOptions,
): Observable<Partitions> {
  assertNodePath(zk, path, 'partitions$');
  assertNames(zk, path, [options.id], 'the id');
  assertNames(zk, path, options.partitions, 'the partition');
  const { graceMs = 0 } = options;
  if (!(graceMs >= 0 && graceMs <= MAX_GRACE_MS)) {
    const reason = `graceMs is ${graceMs}; give a number from 0 to ${MAX_GRACE_MS}`;
    throw new ZkError('BAD_ARGUMENTS', { operation: 'partitions$', path, reason });
  }
  return new Observable((subscriber) => {
    const worker = new PartitionWorker(zk, path, options, subscriber);
    worker.begin();
    return () => worker.withdraw();
  });
}

/** @throws ZkError BAD_ARGUMENTS unless there are names, each that of a node and given once */
function assertNames(zk: Client, path: string, names: readonly string[], what: string): void {
  const bad = (reason: string) => {
    throw new ZkError('BAD_ARGUMENTS', { operation: 'partitions$', path, reason });
  };
  if (!Array.isArray(names) || names.length === 0) bad('there are no partitions');
  for (const name of names) {
    if (typeof name !== 'string' || name === '' || name.includes('/')) {
      bad(`${what} ${JSON.stringify(name)} is no name for a node`);
    }
    // A stream checks its path when it is asked for, before anybody subscribes.
    zk.exists$(childOf(path, name));
  }
  if (new Set(names).size < names.length) bad(`${what}s are not different from each other`);
}
