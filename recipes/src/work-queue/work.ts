import type { Client } from '@vivarium/core';
import { isRecipeError } from '../errors.js';
import { patienceOf } from '../shared/patience.js';
import type { Claim } from './claim.js';

/** What is done for each job. */
export type JobHandler<T> = (claim: Claim<T>, stop: AbortSignal) => void | PromiseLike<void>;

/** A claim that tells whether its handler has ended it. */
interface OpenClaim<T> extends Claim<T> {
  readonly isOpen: boolean;
}

interface Workplace<T> {
  readonly zk: Client;
  readonly path: string;
  readonly concurrency: number;
  readonly retryAfterMs: number;
  take(signal: AbortSignal): Promise<OpenClaim<T>>;
}

/** See the function of that name of `WorkQueue`. */
export async function work<T>(
  workplace: Workplace<T>,
  handler: JobHandler<T>,
  signal: AbortSignal | undefined,
): Promise<void> {
  // One signal each, so that none has more than a few listeners.
  const hands = Array.from({ length: workplace.concurrency }, () => new AbortController());
  const stop = () => {
    for (const hand of hands) hand.abort(signal?.reason);
  };
  if (signal?.aborted === true) stop();
  else signal?.addEventListener('abort', stop);
  try {
    const ends = await Promise.allSettled(
      hands.map(async (hand) => {
        try {
          await workAlone(workplace, handler, hand.signal);
        } finally {
          // What one cannot do the others cannot either.
          stop();
        }
      }),
    );
    const failed = ends.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

async function workAlone<T>(
  workplace: Workplace<T>,
  handler: JobHandler<T>,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    let claim: OpenClaim<T>;
    try {
      claim = await workplace.take(stop);
    } catch (error) {
      if (stop.aborted) return;
      throw error;
    }
    await serve(workplace, handler, claim, stop);
  }
}

/** Works for one job, and confirms it or gives it back. */
async function serve<T>(
  { zk, path, retryAfterMs }: Workplace<T>,
  handler: JobHandler<T>,
  claim: OpenClaim<T>,
  stop: AbortSignal,
): Promise<void> {
  // Aborts with the caller's signal or with the claim, whichever is first.
  const stopping = patienceOf(zk, path, { signal: stop }, claim.signal);
  try {
    try {
      await handler(claim, stopping.signal);
    } catch (error) {
      if (!claim.isOpen) return;
      // Whoever stops has not failed: another may have the job at once.
      const delayMs = stop.aborted ? 0 : retryAfterMs;
      await claim.nack({ delayMs, reason: String(error) });
      return;
    }
    if (claim.isOpen) await claim.ack();
  } catch (error) {
    // The job is delivered again, or done.
    if (!isRecipeError(error, 'HOLD_LOST', 'HOLD_REVOKED', 'UNKNOWN_OUTCOME')) throw error;
  } finally {
    stopping.end();
  }
}
