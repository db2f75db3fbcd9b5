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
import { lockQueue } from './lock-queues.js';
import { type LockOptions, requestHold } from './request-hold.js';

/**
 * Waits for an exclusive lock: at most one client at a time holds the lock of a path, first come
 * first served. Not re-entrant: a second request of the same program waits for the first to be
 * released.
 *
 * The folder `path` is made when it is missing. While waiting, a client whose session ends goes to
 * the end of the queue in its next session. A request that is given up, by signal or timeout,
 * leaves nothing behind, though its node may go a little later.
 *
 * @throws RecipeError TIMED_OUT, UNREADABLE_PREDECESSOR or QUEUE_TOO_LONG; ZkError NO_AUTH,
 *   BAD_ARGUMENTS, SESSION_EXPIRED when the client is closed; the reason of `options.signal`
 */
export async function acquireLock(
  zk: Client,
  path: string,
  options: LockOptions = {},
): Promise<Hold> {
  return (await requestHold(zk, path, lockQueue, options, true)) as Hold;
}

/**
 * Takes the lock if nobody has it or waits for it; null otherwise, and nothing is left behind.
 *
 * @throws like {@link acquireLock}
 */
export async function tryLock(
  zk: Client,
  path: string,
  options: LockOptions = {},
): Promise<Hold | null> {
  return (await requestHold(zk, path, lockQueue, options, false)) ?? null;
}

/**
 * Calls `work` while the lock is held and resolves with what it gives. When the lock was lost
 * before `work` ended, the result may have come about while somebody else held it: then it rejects
 * with HOLD_LOST or HOLD_REVOKED, unless `work` itself threw.
 *
 * @throws like {@link acquireLock}, and whatever `work` throws
 */
export async function withLock<T>(
  zk: Client,
  path: string,
  work: (hold: Hold) => T | PromiseLike<T>,
  options: LockOptions = {},
): Promise<T> {
  const hold = await acquireLock(zk, path, options);
  let result: T;
  try {
    result = await work(hold);
  } catch (error) {
    await hold.release().catch((cause: unknown) => {
      if (error instanceof Error) error.cause ??= cause;
    });
    throw error;
  }
  if (hold.status !== 'released') hold.throwIfLost();
  await hold.release();
  return result;
}
