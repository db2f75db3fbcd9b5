import { outside } from '#host';
import type { ClientHost, TransportEvents } from './client-host.js';

/**
 * The same host, whose callbacks run in nobody's async context. A connection is opened, and a timer
 * set, by whatever request comes at the right moment; all that the client is told from then on
 * would run in the context of that request, such as the listeners of a stream that has nothing to
 * do with it.
 */
export function outOfContext(host: ClientHost): ClientHost {
  const { protocols, diagnostics } = host;
  return {
    ...(protocols && { protocols }),
    ...(diagnostics && { diagnostics }),
    open: (server, events) => host.open(server, told(events)),
    ...(host.openBeating && {
      openBeating: (server, events, maxStallMs) =>
        host.openBeating!(server, told(events), maxStallMs),
    }),
    now: () => host.now(),
    wallNow: () => host.wallNow(),
    setTimer: (delayMs, run) => host.setTimer(delayMs, () => outside(run)),
    soon: (run) => host.soon(() => outside(run)),
    randomBytes: (count) => host.randomBytes(count),
    log: (event) => host.log?.(event),
  };
}

function told(events: TransportEvents): TransportEvents {
  return {
    opened: () => outside(() => events.opened()),
    received: (bytes) => outside(() => events.received(bytes)),
    closed: (reason) => outside(() => events.closed(reason)),
  };
}
