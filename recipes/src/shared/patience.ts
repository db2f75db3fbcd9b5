import type { Client } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';

/** How long a caller is willing to wait. */
export interface WaitOptions {
  /**
   * Gives up a request that is still pending: it rejects with `signal.reason` at once, and what it
   * had begun is cleaned up. Has no effect once the request was granted.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Total limit, connecting and queueing included; then rejects with `TIMED_OUT`. At most
   * 2147483647, some 24 days; waits for ever when left out.
   */
  readonly timeoutMs?: number | undefined;
}

/** One pending request's reasons to give up, as one signal. */
export interface Patience {
  readonly signal: AbortSignal;
  /** Must be called when the request has ended, whichever way. */
  end(): void;
}

/** The longest time that a timer can keep. */
const MAX_TIMEOUT_MS = 0x7fff_ffff;

/** @throws ZkError BAD_ARGUMENTS unless the value is a time that a timer can keep, or left out */
export function assertTime(path: string, name: string, timeMs: number | undefined): void {
  if (timeMs === undefined) return;
  if (typeof timeMs === 'number' && timeMs >= 0 && timeMs <= MAX_TIMEOUT_MS) return;
  const reason = `${name} is ${timeMs}; give a number from 0 to ${MAX_TIMEOUT_MS}`;
  throw new ZkError('BAD_ARGUMENTS', { path, reason });
}

/**
 * @param end  another reason to give up, with its own reason, such as that of a hold
 * @throws ZkError BAD_ARGUMENTS for a limit that is none
 */
export function patienceOf(
  zk: Client,
  path: string,
  options: WaitOptions,
  end?: AbortSignal,
): Patience {
  const { signal, timeoutMs } = options;
  assertTime(path, 'timeoutMs', timeoutMs);
  const ending = new AbortController();
  const stops = [signal, end].map((each) => {
    const aborted = () => ending.abort(each?.reason);
    if (each?.aborted === true) aborted();
    else each?.addEventListener('abort', aborted);
    return () => each?.removeEventListener('abort', aborted);
  });
  const late = () => {
    const reason = `it was not done within ${timeoutMs} ms`;
    ending.abort(new RecipeError('TIMED_OUT', path, { reason }));
  };
  const stopTimer = timeoutMs === undefined ? undefined : zk.clock.setTimer(timeoutMs, late);
  return {
    signal: ending.signal,
    end() {
      for (const stop of stops) stop();
      stopTimer?.();
    },
  };
}

/** Settles like `work`, unless the signal aborts before: then rejects with its reason. */
export function whicheverFirst<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason);
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
    work.then(
      (value) => {
        signal.removeEventListener('abort', aborted);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', aborted);
        reject(error);
      },
    );
  });
}
