import { outside } from '#host';
import type { ClientHost } from './client-host.js';

/**
 * The same host, whose callbacks run in nobody's async context. A connection is opened, and a timer
 * set, by whatever request comes at the right moment; all that the client is told from then on
 * would run in the context of that request, such as the listeners of a stream that has nothing to
 * do with it.
 */
export function outOfContext(host: ClientHost): ClientHost {
  return {
    open: (server, events) =>
      host.open(server, {
        opened: () => outside(() => events.opened()),
        received: (bytes) => outside(() => events.received(bytes)),
        closed: (reason) => outside(() => events.closed(reason)),
      }),
    now: () => host.now(),
    wallNow: () => host.wallNow(),
    setTimer: (delayMs, run) => host.setTimer(delayMs, () => outside(run)),
    soon: (run) => host.soon(() => outside(run)),
    randomBytes: (count) => host.randomBytes(count),
    log: (event) => host.log?.(event),
  };
}
