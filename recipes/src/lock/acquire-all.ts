/**
 * Several locks at once, all or none.
 *
 * Nodes: those of a lock at each path, as in `lock.ts`; taken in the order of the paths, so that
 * no two wait for each other.
 *
 * Connected, suspended, and when the session is lost: as for one lock; when one of them is lost,
 * all are given back.
 */
import type { Client, MultiOp } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import { merge, type Observable, take } from 'rxjs';
import type { CheckOfHold, Hold } from '../hold/hold.js';
import { assertFolderPath } from '../shared/node-path.js';
import { patienceOf } from '../shared/patience.js';
import { acquireLock } from './lock.js';
import { assertLockOptions, type LockOptions } from './options.js';
import { reenter } from './scope.js';

/** Several locks that were acquired together. What one of them loses, all lose. */
export interface Holds extends AsyncDisposable {
  /** Each hold by the path that was asked for. */
  readonly holds: ReadonlyMap<string, Hold>;
  /** Aborts with the first of them that ends, with its reason. */
  readonly signal: AbortSignal;
  /**
   * Hot; emits once, when somebody asks for one of them (see `Hold.revocation$`); silent while
   * disconnected; never an error; completes with the last of them.
   */
  readonly revocation$: Observable<void>;
  /** Whether all of them are certainly ours at this very moment; see `Hold.isCertain`. */
  isCertain(): boolean;
  /** @throws the reason of `signal`, unless {@link isCertain} */
  throwIfLost(): void;
  /**
   * Makes writes that happen only as long as all of our nodes exist: give the result to `multi`.
   *
   * @throws RecipeError HOLD_LOST, HOLD_REVOKED or RELEASED when one has ended already
   */
  guard<const T extends readonly MultiOp[]>(ops: T): readonly [...CheckOfHold[], ...T];
  /**
   * Gives all back. Resolves when the server has confirmed that all our nodes are gone, or the
   * session is over. Idempotent.
   *
   * @throws ZkError when the server refuses to delete one; the others are given back all the same
   */
  release(): Promise<void>;
}

/**
 * Waits for the locks of several paths: all of them or none. They are acquired one after the other
 * in the order of code units, whatever the order they are given in, so that two programs that want
 * the same ones never wait for each other. A path that is given twice counts once.
 *
 * `timeoutMs` is for all together. When it rejects, those that it had are being given back.
 *
 * @throws like `acquireLock`; ZkError BAD_ARGUMENTS when no path is given
 */
export async function acquireAll(
  zk: Client,
  paths: readonly string[],
  { timeoutMs, signal, ...each }: LockOptions = {},
): Promise<Holds> {
  const ordered = [...new Set(paths)].sort();
  const [first = '/'] = ordered;
  if (ordered.length === 0) {
    const reason = 'give the path of one lock at least';
    throw new ZkError('BAD_ARGUMENTS', { operation: 'acquireAll', reason });
  }
  for (const path of ordered) assertFolderPath(zk, path, 'acquireAll');
  assertLockOptions(first, each);
  // Told before any of them is taken.
  for (const path of ordered) reenter(zk, path, 'lock', each, true);
  const patience = patienceOf(zk, first, { timeoutMs, signal });
  const holds = new Map<string, Hold>();
  const releaseAll = async () => {
    // The last first: whoever waits for the first finds the others free.
    const leaving = [...holds.values()].reverse().map((hold) => hold.release());
    const results = await Promise.allSettled(leaving);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  };
  try {
    for (const path of ordered) {
      holds.set(path, await acquireLock(zk, path, { ...each, signal: patience.signal }));
      // What was acquired first may be lost while we wait for the next.
      for (const hold of holds.values()) hold.throwIfLost();
    }
  } catch (error) {
    releaseAll().catch(() => {});
    throw error;
  } finally {
    patience.end();
  }
  return together(holds, releaseAll);
}

function together(holds: ReadonlyMap<string, Hold>, releaseAll: () => Promise<void>): Holds {
  const all = [...holds.values()];
  const ending = new AbortController();
  for (const hold of all) {
    hold.signal.addEventListener('abort', () => ending.abort(hold.signal.reason), { once: true });
  }
  const isCertain = () => all.every((hold) => hold.isCertain());
  const throwIfLost = () => {
    if (!isCertain()) throw ending.signal.reason;
  };
  return {
    holds,
    signal: ending.signal,
    revocation$: merge(...all.map((hold) => hold.revocation$)).pipe(take(1)),
    isCertain,
    throwIfLost,
    guard: (ops) => {
      throwIfLost();
      return [...all.map(({ path }) => ({ op: 'check', path }) as const), ...ops];
    },
    release: releaseAll,
    [Symbol.asyncDispose]: releaseAll,
  };
}
