import type { Acl, Client } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import { again } from '../shared/again.js';
import { patienceOf, type WaitOptions, whicheverFirst } from '../shared/patience.js';
import { backOff } from '../shared/pause.js';
import { currentSession } from '../shared/sessions.js';
import { type Commit, commit, isAsRead } from './commit.js';
import { Ledger } from './ledger.js';

/** How often a transaction is tried when others keep changing what it reads. */
export const MAX_TRIES = 100;

export interface TransactOptions extends WaitOptions {
  readonly acl?: readonly Acl[] | undefined;
  readonly tries?: number | undefined;
}

/**
 * Runs `work` until what it wanted written was written; see the function `stm`.
 *
 * @param path what errors are about
 * @param end another reason to give up, such as the signal of a hold
 */
export async function transact<T>(
  zk: Client,
  path: string,
  work: (ledger: Ledger) => T | PromiseLike<T>,
  options: TransactOptions,
  end?: AbortSignal,
): Promise<T> {
  const patience = patienceOf(zk, path, options, end);
  const { signal } = patience;
  const { acl, tries = MAX_TRIES } = options;
  const run = async (): Promise<T> => {
    for (let conflicts = 0; conflicts < tries; ) {
      signal.throwIfAborted();
      const session = await currentSession(zk, signal);
      const ledger = new Ledger(zk, session, signal);
      const tried = await once(zk, ledger, work, acl, signal);
      if (tried === 'again') continue;
      if (tried !== 'conflict') return tried.result;
      await backOff(zk, session.id, ++conflicts, signal);
    }
    throw new RecipeError('CONFLICT', path);
  };
  try {
    return await whicheverFirst(run(), signal);
  } finally {
    patience.end();
  }
}

async function once<T>(
  zk: Client,
  ledger: Ledger,
  work: (ledger: Ledger) => T | PromiseLike<T>,
  acl: readonly Acl[] | undefined,
  signal: AbortSignal,
): Promise<{ readonly result: T } | Exclude<Commit, 'done'>> {
  const { session } = ledger;
  // Sent before the first read, and so answered before it.
  const syncing = zk.sync('/', { session: session.id, signal });
  syncing.catch(() => {});
  let result: T;
  try {
    result = await work(ledger);
  } catch (error) {
    if (ledger.failure !== undefined) return await again(zk, session, ledger.failure.error, signal);
    return await thrown(zk, ledger, syncing, error, signal);
  } finally {
    ledger.close();
  }
  if (ledger.failure !== undefined) return await again(zk, session, ledger.failure.error, signal);
  try {
    await syncing;
  } catch (error) {
    return await again(zk, session, error, signal);
  }
  const committed = await commit(zk, ledger, acl, signal);
  return committed === 'done' ? { result } : committed;
}

/** What the function threw counts only if what it had read was all there at one moment. */
async function thrown(
  zk: Client,
  ledger: Ledger,
  syncing: Promise<void>,
  error: unknown,
  signal: AbortSignal,
): Promise<Exclude<Commit, 'done'>> {
  signal.throwIfAborted();
  let isSame: boolean;
  try {
    await syncing;
    isSame = await isAsRead(zk, ledger, signal);
  } catch (cause) {
    // It is not known whether it was: tried again, unless the check cannot be had at all.
    if (isZkError(cause) && cause.name === 'NO_AUTH') throw error;
    return await again(zk, ledger.session, cause, signal);
  }
  if (isSame) throw error;
  return 'conflict';
}
