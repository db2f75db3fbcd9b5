import type { Client, SessionInfo } from '@vivarium/core';
import type { Patience } from './patience.js';

/**
 * For requests that are given up only when a server has said what became of them: a signal that
 * aborts with the given one's reason, but not before the session is no longer certain. As long as
 * it is, the answer is on its way, and what was begun cannot be undone by anybody else.
 */
export function untilUnsure(zk: Client, session: SessionInfo, signal: AbortSignal): Patience {
  const ending = new AbortController();
  let stopTimer = () => {};
  const check = () => {
    if (!zk.isCertain(session.id)) {
      ending.abort(signal.reason);
      return;
    }
    const leftMs = zk.certainUntil - zk.clock.now();
    stopTimer = zk.clock.setTimer(Math.max(1, leftMs), check);
  };
  if (signal.aborted) check();
  else signal.addEventListener('abort', check);
  return {
    signal: ending.signal,
    end() {
      signal.removeEventListener('abort', check);
      stopTimer();
    },
  };
}
