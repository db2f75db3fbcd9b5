import type { Client } from '@vivarium/core';
import { deskOf } from './desk.js';
import { fractionOf } from './fraction-of.js';

/** How long to wait before a server is asked again that could not do what it was asked for. */
const RETRY_MS = 1_000;

/** The longest time between two tries of one of many writers. */
const MAX_BACK_OFF_MS = 64;

/** Resolves when it is time to ask again, or when the signal aborts. */
export function pause(zk: Client, signal?: AbortSignal, lengthMs = RETRY_MS): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      stopTimer();
      signal?.removeEventListener('abort', over);
      resolve();
    };
    const stopTimer = zk.clock.setTimer(lengthMs, over);
    if (signal?.aborted === true) over();
    else signal?.addEventListener('abort', over);
  });
}

/**
 * Resolves when it is time for the next try after so many conflicts with other writers, or when
 * the signal aborts. The more there were the longer it may take, up to 64 ms; how long of that
 * differs from try to try and from client to client, or all would come again together.
 */
export async function backOff(
  zk: Client,
  session: bigint,
  conflicts: number,
  signal: AbortSignal,
): Promise<void> {
  // The first may be our own fault: what we knew was old.
  if (conflicts < 2) return;
  const limitMs = Math.min(2 ** conflicts, MAX_BACK_OFF_MS);
  await pause(zk, signal, Math.floor(limitMs * fractionOf(deskOf(zk).nextGuid(session))));
}
