import type { Client } from '@vivarium/core';

/** How long to wait before a server is asked again that could not do what it was asked for. */
const RETRY_MS = 1_000;

/** Resolves when it is time to ask again, or when the signal aborts. */
export function pause(zk: Client, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      stopTimer();
      signal?.removeEventListener('abort', over);
      resolve();
    };
    const stopTimer = zk.clock.setTimer(RETRY_MS, over);
    if (signal?.aborted === true) over();
    else signal?.addEventListener('abort', over);
  });
}
