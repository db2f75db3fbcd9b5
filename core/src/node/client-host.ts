import { randomBytes } from 'node:crypto';
import type { ClientHost } from '../client/client-host.js';
import { openTcp } from './tcp-transport.js';
import { openWebSocket } from './websocket-transport.js';

/** A client's host in Node: TCP and WebSocket, Node's clocks and timers. */
export const clientHost: ClientHost = {
  open(server, events) {
    switch (server.protocol) {
      case 'tcp':
        return openTcp(server, events);
      case 'ws':
      case 'wss':
        return openWebSocket(server, events);
      case 'memory':
        return refused(events, 'memory servers are reached through @vivarium/core/local');
    }
  },
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  soon: (run) => queueMicrotask(run),
  randomBytes: (count) => randomBytes(count),
};

function refused(events: { closed(reason: string): void }, reason: string) {
  let isOurs = true;
  queueMicrotask(() => {
    if (isOurs) events.closed(reason);
  });
  return {
    send() {},
    close() {
      isOurs = false;
    },
  };
}
