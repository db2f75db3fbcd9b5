/**
 * Permits, of which there are so many at a path: a semaphore.
 *
 * Nodes: `path`, a container, the limit as JSON; `path/_c_<uuid>-<permits>-permit-<sequence>`,
 * ephemeral, one for each hold and each who waits.
 *
 * Connected, a request is let in when those ahead of it leave room. Suspended holds are suspect,
 * and ours until the session may have ended by our own clock. When the session is lost holds are
 * lost for good, and who waits goes to the end of the queue.
 */

import type { Client } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import type { Hold } from '../hold/hold.js';
import {
  assertLockOptions,
  assertWithout,
  type HoldOptions,
  listenForRevocation,
} from '../lock/options.js';
import { DETACHED, scopesOf } from '../lock/scope.js';
import { workUnder } from '../lock/work-under.js';
import { assertCount } from '../shared/counts.js';
import { assertFolderPath } from '../shared/node-path.js';
import { obtain, type Turn } from '../shared/obtain.js';
import { patienceOf } from '../shared/patience.js';
import { agreedLimit, MAX_PERMITS } from './limit.js';
import { isWaitingMark, PermitTurn, WAITING } from './permit-turn.js';
import { permitLabel } from './placement.js';

export interface PermitOptions extends HoldOptions {
  /**
   * How many permits there are at the path, for everybody: a whole number from 1. Whoever comes
   * first stores it; others must give the same, or nothing, for what is stored. `setPermitLimit`
   * changes it.
   */
  readonly limit?: number | undefined;
  /** How many to take, all at once; 1 when left out. */
  readonly permits?: number | undefined;
}

/**
 * Waits for permits, of which there are no more than the limit at a path: first come first served,
 * all at once, so that a request for many waits until so many are free, and those behind it wait
 * too. They come back by `release`, or when the client is gone.
 *
 * The rest is as with `acquireLock`: the folder is made when it is missing, a client whose session
 * ends while it waits goes to the end, and a request given up leaves nothing behind.
 *
 * @throws RecipeError LIMIT_MISMATCH, NO_LIMIT, INVALID_VALUE when the folder's data is no limit,
 *   TIMED_OUT, SELF_DEADLOCK, UNREADABLE_PREDECESSOR or QUEUE_TOO_LONG; ZkError BAD_ARGUMENTS
 *   (more permits than there are), NO_AUTH, SESSION_EXPIRED when the client is closed; the reason
 *   of `options.signal`
 */
export async function acquirePermits(
  zk: Client,
  path: string,
  options: PermitOptions = {},
): Promise<Hold> {
  return listenForRevocation((await request(zk, path, options, true)) as Hold, options);
}

/**
 * Takes permits if so many are free and nobody waits; null otherwise, and nothing is left behind.
 *
 * @throws like {@link acquirePermits}
 */
export async function tryAcquirePermits(
  zk: Client,
  path: string,
  options: PermitOptions = {},
): Promise<Hold | null> {
  const hold = await request(zk, path, options, false);
  return hold === undefined ? null : listenForRevocation(hold, options);
}

/**
 * Calls `work` while it has permits, then releases them: like `withLock`. Whoever asks in there for
 * so many that they would be more than the limit together with those that the work has already,
 * would wait for itself, and gets a SELF_DEADLOCK.
 *
 * @throws like {@link acquirePermits}, and whatever `work` throws
 */
export async function withPermits<T>(
  zk: Client,
  path: string,
  work: (hold: Hold) => T | PromiseLike<T>,
  options: PermitOptions = {},
): Promise<T> {
  const { permits = 1 } = options;
  const hold = await acquirePermits(zk, path, options);
  const share = () => hold;
  return workUnder({ zk, path, claim: 'permits', hold, share, permits }, () => work(hold));
}

/** @throws RecipeError SELF_DEADLOCK when the permits that the caller has stand in its own way */
function assertPossible(zk: Client, path: string, permits: number, limit: number): void {
  const mine = scopesOf(zk, path).reduce((sum, scope) => sum + (scope.permits ?? 0), 0);
  if (mine === 0 || mine + permits <= limit) return;
  const why = `the work that asks for ${permits} has ${mine} of the ${limit} that there are`;
  const reason = `${why}, and would wait for itself: release them first, or take all at once; ${DETACHED}`;
  throw new RecipeError('SELF_DEADLOCK', path, { reason });
}

async function request(
  zk: Client,
  path: string,
  options: PermitOptions,
  waits: boolean,
): Promise<Hold | undefined> {
  assertFolderPath(zk, path, 'acquirePermits');
  const { limit: wanted, permits = 1, data, acl, onRequeued } = options;
  assertLockOptions(path, options);
  assertWithout(path, options, ['reentrant', 'localQueue'], 'permits have none');
  if (wanted !== undefined) assertCount(path, 'limit', wanted, MAX_PERMITS);
  assertCount(path, 'permits', permits, MAX_PERMITS);
  if (isWaitingMark(data)) {
    const reason = `the data ${WAITING} says that a request waits: give another`;
    throw new ZkError('BAD_ARGUMENTS', { operation: 'acquirePermits', path, reason });
  }
  const patience = patienceOf(zk, path, options);
  const { signal } = patience;
  try {
    const { limit, stat } = await agreedLimit(zk, path, wanted, acl, signal);
    if (wanted !== undefined && wanted !== limit) {
      const reason = `the limit is ${limit}, not ${wanted}; setPermitLimit changes it`;
      throw new RecipeError('LIMIT_MISMATCH', path, { reason });
    }
    if (permits > limit) {
      const reason = `${permits} permits are more than the ${limit} that there are`;
      throw new ZkError('BAD_ARGUMENTS', { operation: 'acquirePermits', path, reason });
    }
    if (waits && options.detached !== true) assertPossible(zk, path, permits, limit);
    // Whoever will most likely have to wait says so from the beginning, which saves a write.
    const saysWaiting = waits && stat.numChildren + permits > limit;
    const turn = new PermitTurn(zk, { path, permits, fallback: wanted, acl, waits, signal });
    const shown = saysWaiting ? WAITING : data;
    const node = { parent: path, label: permitLabel(permits), data: shown, acl };
    const wait: Turn = (session, ours) => turn.wait(session, ours, saysWaiting);
    const hold = await obtain(zk, node, wait, signal, onRequeued);
    // Whoever has given up by now must not get what nobody will release.
    if (signal.aborted) hold?.release().catch(() => {});
    signal.throwIfAborted();
    if (hold !== undefined) void turn.sayGranted(hold, data);
    return hold;
  } finally {
    patience.end();
  }
}
