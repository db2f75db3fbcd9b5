import type { LogEvent } from '../base/log-event.js';
import type { Log } from './logger.js';

/**
 * A log for events that a stranger can cause as often as he likes: of each name one a second is
 * written, with how many were left out since.
 */
export function quietLog(log: Log, now: () => number = () => performance.now()): Log {
  const last = new Map<string, { at: number; silent: number }>();
  return (event: LogEvent) => {
    const before = last.get(event.event);
    if (before !== undefined && now() - before.at < 1_000) {
      before.silent++;
      return;
    }
    last.set(event.event, { at: now(), silent: 0 });
    const silent = before?.silent ?? 0;
    const more = silent === 0 ? '' : ` (and ${silent} more like it before)`;
    log({ ...event, message: event.message + more });
  };
}
