import type { Hold, HoldStatus } from './hold.js';

/** The states of a hold that has not ended. */
export type LiveStatus = Exclude<HoldStatus, 'lost' | 'revoked' | 'released'>;

/** Tells the states of a hold until it has ended; releases it when the signal aborts. */
export async function serveHold(
  hold: Hold,
  signal: AbortSignal,
  told: (status: LiveStatus) => void,
): Promise<void> {
  const release = () => {
    hold.release().catch(() => {});
  };
  if (signal.aborted) release();
  signal.addEventListener('abort', release);
  await new Promise<void>((resolve) => {
    hold.status$.subscribe({
      next(status) {
        if (status !== 'lost' && status !== 'revoked' && status !== 'released') told(status);
      },
      complete: resolve,
    });
  });
  signal.removeEventListener('abort', release);
}
