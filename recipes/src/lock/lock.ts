/**
 * An exclusive lock.
 *
 * Nodes: `path`, a container; `path/_c_<uuid>-lock-<sequence>`, ephemeral, one for whoever holds
 * and for each who waits. The names are Curator's.
 *
 * Connected the first in the queue holds. Suspended the hold is suspect, and ours until the
 * session may have ended by our own clock. When the session is lost the hold is lost for good, and
 * who waits goes to the end of the queue.
 */
import type { Client } from '@vivarium/core';
import type { Hold } from '../hold/hold.js';
import { assertFolderPath } from '../shared/node-path.js';
import { requestLocally } from './local-queue.js';
import { lockQueue } from './lock-queues.js';
import { holdOrShare, workNested } from './nested.js';
import { assertLockOptions, handOversOf, type LockOptions } from './options.js';
import { requestHold } from './request-hold.js';

/**
 * Waits for an exclusive lock: at most one client at a time holds the lock of a path, first come
 * first served. A second request of the same program waits for the first to be released, unless it
 * is made under {@link withLock} of that path: then it is a SELF_DEADLOCK, or with `reentrant`
 * another part in the same hold.
 *
 * The folder `path` is made when it is missing. While waiting, a client whose session ends goes to
 * the end of the queue in its next session. A request that is given up, by signal or timeout,
 * leaves nothing behind, though its node may go a little later.
 *
 * @throws RecipeError TIMED_OUT, SELF_DEADLOCK, UNREADABLE_PREDECESSOR or QUEUE_TOO_LONG; ZkError
 *   NO_AUTH, BAD_ARGUMENTS, SESSION_EXPIRED when the client is closed; the reason of
 *   `options.signal`
 */
export async function acquireLock(
  zk: Client,
  path: string,
  options: LockOptions = {},
): Promise<Hold> {
  assertFolderPath(zk, path, 'acquireLock');
  assertLockOptions(path, options);
  const request = () => requestLock(zk, path, options, true) as Promise<Hold>;
  return holdOrShare({ zk, path, claim: 'lock', options }, true, request);
}

/**
 * Takes the lock if nobody has it or waits for it; null otherwise, and nothing is left behind.
 *
 * @throws like {@link acquireLock}, but never SELF_DEADLOCK
 */
export async function tryLock(
  zk: Client,
  path: string,
  options: LockOptions = {},
): Promise<Hold | null> {
  assertFolderPath(zk, path, 'tryLock');
  assertLockOptions(path, options);
  const request = () => requestLock(zk, path, options, false);
  return (await holdOrShare({ zk, path, claim: 'lock', options }, false, request)) ?? null;
}

/**
 * Calls `work` while the lock is held and resolves with what it gives. When the lock was lost
 * before `work` ended, the result may have come about while somebody else held it: then it rejects
 * with HOLD_LOST or HOLD_REVOKED, unless `work` itself threw.
 *
 * Everything that `work` calls and starts is known to hold the lock until it is released: whoever
 * waits for the same path in there would wait for itself, and gets a SELF_DEADLOCK.
 *
 * @throws like {@link acquireLock}, and whatever `work` throws
 */
export async function withLock<T>(
  zk: Client,
  path: string,
  work: (hold: Hold) => T | PromiseLike<T>,
  options: LockOptions = {},
): Promise<T> {
  assertFolderPath(zk, path, 'withLock');
  assertLockOptions(path, options);
  const request = () => requestLock(zk, path, options, true) as Promise<Hold>;
  return workNested({ zk, path, claim: 'lock', options }, request, work);
}

function requestLock(
  zk: Client,
  path: string,
  options: LockOptions,
  waits: boolean,
): Promise<Hold | undefined> {
  const maxHandOvers = handOversOf(options);
  if (maxHandOvers === undefined) return requestHold(zk, path, lockQueue, options, waits);
  return requestLocally(zk, path, { ...options, maxHandOvers, waits });
}
