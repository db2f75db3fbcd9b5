import type { ClientClock, ClientHost } from './client-host.js';

/** A difference between the two clocks within one reading that no drift or rounding explains. */
const SLEEP_MS = 100;

/**
 * The client's time: the host's monotonic clock, moved forward whenever the wall clock has gained
 * on it suddenly. A machine's monotonic clock stands still while it sleeps, and a session's time at
 * the server does not. A wall clock that is set forward looks the same and errs on the safe side;
 * one set back changes nothing.
 */
export function sleepAwareClock(host: ClientHost): ClientClock {
  let aheadMs = host.wallNow() - host.now();
  let sleptMs = 0;
  return {
    now() {
      const now = host.now();
      const nowAheadMs = host.wallNow() - now;
      const gainedMs = nowAheadMs - aheadMs;
      aheadMs = nowAheadMs;
      if (gainedMs > SLEEP_MS) sleptMs += gainedMs;
      return now + sleptMs;
    },
    setTimer: (delayMs, run) => host.setTimer(delayMs, run),
  };
}

/** The host's monotonic clock as it is. */
export function monotonicClock(host: ClientHost): ClientClock {
  return { now: () => host.now(), setTimer: (delayMs, run) => host.setTimer(delayMs, run) };
}
