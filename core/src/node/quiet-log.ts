import type { LogEvent } from '../base/log-event.js';
import type { Log } from './logger.js';

/**
 * A log that strangers cannot flood: of each event about connections (`connection.…`, `http.…`) one
 * a second is written, with how many were left out before it. Other events all pass.
 */
export function quietLog(log: Log, now: () => number = () => performance.now()): Log {
  const last = new Map<string, { at: number; silent: number }>();
  return (event: LogEvent) => {
    if (!/^(connection|http)\./.test(event.event)) {
      log(event);
      return;
    }
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
