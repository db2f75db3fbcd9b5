/**
 * Leader election as work that is done while we lead, and waited for.
 *
 * Nodes: as in `campaign.ts`.
 *
 * Connected, the work of the first in the queue runs. Suspended it runs on until the session may
 * have ended by our own clock. When the session is lost the work is told to end, and nobody waits
 * for it; then the candidate stands again at the end of the queue.
 */

import type { Acl, Client, NodeData } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import { assertFolderPath } from '../shared/node-path.js';
import { patienceOf } from '../shared/patience.js';
import { standForElection } from './stand-for-election.js';
import type { Term } from './term.js';

export interface LeadOptions {
  /** Who we are: the data of our node, for those who look. */
  readonly id: NodeData;
  /** Of our node; open when left out. Every candidate needs READ. */
  readonly acl?: readonly Acl[] | undefined;
  /**
   * What to do when the work has ended by itself: be done with it (`once`, the default), or stand
   * again, behind all others (`always`).
   */
  readonly requeue?: 'once' | 'always' | undefined;
  /** Stops: withdraws, or lets the work end and then resigns. */
  readonly signal?: AbortSignal | undefined;
  /** How long the work may take to end when it has to; for ever when left out. */
  readonly stopTimeoutMs?: number | undefined;
}

/**
 * Calls `work` when we lead, and hands over only when it has ended: the next leader begins after
 * `work` has. Its second argument aborts when it has to end, because the term is lost or because
 * `options.signal` says so; `term.signal` aborts only with the term.
 *
 * Resolves when `work` has ended while the term was certain. When the term was lost before, `work`
 * is called again in our next term: it may run more than once, but never twice at a time. Nobody
 * waits for the work of a leader who has lost the term: what it still does must be guarded.
 *
 * @throws what `work` throws, except for the reason of a term that was lost; RecipeError TIMED_OUT
 *   when the work has not ended within `stopTimeoutMs` (the term is then released);
 *   UNREADABLE_PREDECESSOR, QUEUE_TOO_LONG; ZkError NO_AUTH, BAD_ARGUMENTS, SESSION_EXPIRED when
 *   the client is closed; the reason of `options.signal` when no work was under way
 */
export async function lead(
  zk: Client,
  path: string,
  work: (term: Term, stop: AbortSignal) => void | PromiseLike<void>,
  options: LeadOptions,
): Promise<void> {
  assertFolderPath(zk, path, 'lead');
  const { id, acl, requeue = 'once', signal, stopTimeoutMs } = options;
  const waiting = patienceOf(zk, path, { signal });
  // Bad limits are told before anybody is elected.
  patienceOf(zk, path, { timeoutMs: stopTimeoutMs }).end();
  try {
    for (;;) {
      const term = await standForElection(zk, { path, id, acl, signal: waiting.signal });
      if (waiting.signal.aborted) {
        await term.release();
        throw waiting.signal.reason;
      }
      const isDone = await serve(zk, term, work, waiting.signal, stopTimeoutMs);
      if (isDone && (requeue === 'once' || waiting.signal.aborted)) return;
    }
  } finally {
    waiting.end();
  }
}

/** Works for one term. Resolves with whether the work ended while the term was certain. */
async function serve(
  zk: Client,
  term: Term,
  work: (term: Term, stop: AbortSignal) => void | PromiseLike<void>,
  signal: AbortSignal,
  stopTimeoutMs: number | undefined,
): Promise<boolean> {
  // Aborts with the caller's signal or with the term, whichever is first.
  const stop = patienceOf(zk, term.path, { signal }, term.signal);
  try {
    await endOf(zk, term.path, async () => work(term, stop.signal), stop.signal, stopTimeoutMs);
    const wasCertain = term.isCertain();
    await term.release();
    return wasCertain || term.status === 'released';
  } catch (error) {
    // Whoever asks a term that has ended is told so: the work has ended by that, not by itself.
    if (!term.isCertain() && error === term.signal.reason) return term.status === 'released';
    await term.release().catch((cause: unknown) => {
      if (error instanceof Error) error.cause ??= cause;
    });
    throw error;
  } finally {
    stop.end();
  }
}

/** Settles like the work; rejects with TIMED_OUT when it does not end in time after the stop. */
function endOf(
  zk: Client,
  path: string,
  work: () => Promise<void>,
  stop: AbortSignal,
  stopTimeoutMs: number | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopTimer = () => {};
    const stopped = () => {
      if (stopTimeoutMs === undefined) return;
      stopTimer = zk.clock.setTimer(stopTimeoutMs, () => {
        const reason = `the work did not end within ${stopTimeoutMs} ms after it was told to`;
        reject(new RecipeError('TIMED_OUT', path, { reason }));
      });
    };
    if (stop.aborted) stopped();
    else stop.addEventListener('abort', stopped);
    work()
      .then(resolve, reject)
      .finally(() => {
        stopTimer();
        stop.removeEventListener('abort', stopped);
      });
  });
}
