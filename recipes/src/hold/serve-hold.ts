import type { Hold, HoldStatus } from './hold.js';

/** Tells the states of a hold until it has ended; releases it when the signal aborts. */
export async function serveHold(
  hold: Hold,
  signal: AbortSignal,
  told: (status: HoldStatus) => void,
): Promise<void> {
  const release = () => {
    hold.release().catch(() => {});
  };
  if (signal.aborted) release();
  signal.addEventListener('abort', release);
  await new Promise<void>((resolve) => {
    hold.status$.subscribe({ next: told, complete: resolve });
  });
  signal.removeEventListener('abort', release);
}
