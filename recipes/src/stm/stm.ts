/**
 * Optimistic transactions over several nodes, in one multi of checks and writes. It makes no nodes
 * but those that the transaction writes, their folders, and for the time of a commit one marker
 * `_op_<guid>` below each node that was read, ephemeral and empty. Nothing is held: connected it
 * goes on, suspended it waits, and when the session is lost it begins again in the next, unless an
 * answer was outstanding that nobody can know any more.
 */
import type { Acl, Client } from '@vivarium/core';
import { assertCount } from '../shared/counts.js';
import type { WaitOptions } from '../shared/patience.js';
import { transact } from './transact.js';
import type { Transaction } from './transaction.js';

export interface StmOptions extends WaitOptions {
  /** Of the nodes and folders that have to be made, and of the markers; open when left out. */
  readonly acl?: readonly Acl[] | undefined;
  /** How often it is tried when others keep changing what it reads; 100 when left out. */
  readonly tries?: number | undefined;
}

/**
 * Reads several nodes, and writes several, as if nobody else were there: all the writes happen, or
 * none, and only if everything that `work` has read is stored just so at that moment. A node that
 * was deleted and made again is another one, though version and data may be the same. If something
 * has changed, `work` is called again with what is there now, a little later each time.
 *
 * `work` may run several times, so it should do nothing but read and write by its transaction. It
 * sees its own writes. What it has read up to a moment need not be of one moment; then the commit
 * is refused. What it throws is told only if all that it had read was so at one moment; it is
 * called again otherwise, and in neither case is anything written.
 *
 * Resolves with what `work` gave when the writes are committed: durable as any write, and applied
 * exactly once, also when the answer was lost. If nothing was written, what was read was stored
 * together at one moment after the call. Nodes are made persistent; missing folders are made
 * before, and stay. Given up by `signal` or `timeoutMs` nothing is written, unless it was sent
 * already.
 *
 * A transaction that writes needs the permission to make and delete nodes below each node that it
 * has read, and beside each that it has read as missing; ephemeral nodes can have none, so they
 * cannot be read by one that writes. Lists of children cannot be read: no server can check them.
 *
 * @throws RecipeError CONFLICT after `tries` conflicts, UNKNOWN_OUTCOME when the session ended
 *   with the answer outstanding and what was to be written has changed since, TIMED_OUT; ZkError
 *   BAD_ARGUMENTS, NO_AUTH, NOT_EMPTY for a node to delete that has children,
 *   NO_CHILDREN_FOR_EPHEMERALS, SESSION_EXPIRED when the client is closed; the reason of
 *   `options.signal`; what `work` throws
 */
export async function stm<T>(
  zk: Client,
  work: (tx: Transaction) => T | PromiseLike<T>,
  options: StmOptions = {},
): Promise<T> {
  const { tries } = options;
  if (tries !== undefined) assertCount('/', 'tries', tries, Number.MAX_SAFE_INTEGER);
  return await transact(zk, '/', work, options);
}
