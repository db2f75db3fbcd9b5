import type { ClientClock, ClientHost } from './client-host.js';

/** A difference between the two clocks within one reading that no drift or rounding explains. */
const SLEEP_MS = 100;
/** So many sleeps are remembered: what was before all of them is too old for any session. */
const SLEEPS_MAX = 16;

/** A client's clock over that of its host. */
export interface HostClock extends ClientClock {
  /** What it showed, or would have, when the host's clock showed this; never too late. */
  at(hostNow: number): number;
}

/**
 * The client's time: the host's monotonic clock, moved forward whenever the wall clock has gained
 * on it suddenly. A machine's monotonic clock stands still while it sleeps, and a session's time at
 * the server does not. A wall clock that is set forward looks the same and errs on the safe side;
 * one set back changes nothing.
 */
export function sleepAwareClock(host: ClientHost): HostClock {
  let aheadMs = host.wallNow() - host.now();
  let sleptMs = 0;
  /** When a sleep was noticed, by the host's clock, and how much had been slept before it. */
  const sleeps: { readonly noticedAt: number; readonly beforeMs: number }[] = [];
  const read = (): number => {
    const now = host.now();
    const nowAheadMs = host.wallNow() - now;
    const gainedMs = nowAheadMs - aheadMs;
    aheadMs = nowAheadMs;
    if (gainedMs > SLEEP_MS) {
      sleeps.push({ noticedAt: now, beforeMs: sleptMs });
      if (sleeps.length > SLEEPS_MAX) sleeps.shift();
      sleptMs += gainedMs;
    }
    return now;
  };
  return {
    now: () => read() + sleptMs,
    at(hostNow) {
      read();
      // Nobody knows when, before it was noticed, the machine slept: maybe after that moment.
      const next = sleeps.find(({ noticedAt }) => hostNow <= noticedAt);
      return hostNow + (next?.beforeMs ?? sleptMs);
    },
    setTimer: (delayMs, run) => host.setTimer(delayMs, run),
  };
}

/** The host's monotonic clock as it is. */
export function monotonicClock(host: ClientHost): HostClock {
  return {
    now: () => host.now(),
    at: (hostNow) => hostNow,
    setTimer: (delayMs, run) => host.setTimer(delayMs, run),
  };
}
