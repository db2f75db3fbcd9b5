import { AsyncResource } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { ClientHost } from '../client/client-host.js';
import { openBeating } from './beating-transport.js';
import { diagnostics } from './diagnostics.js';
import { openStream } from './open-stream.js';

/** A client's host in Node: TCP and WebSocket, Node's clocks and timers. */
export const clientHost: ClientHost = {
  protocols: ['tcp', 'ws', 'wss'],
  open: openStream,
  openBeating,
  diagnostics,
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  soon: (run) => queueMicrotask(run),
  randomBytes: (count) => randomBytes(count),
};

const nobody = new AsyncResource('vivarium', { requireManualDestroy: true });

/** Calls `run` in the async context in which this module was loaded. */
export const outside = (run: () => void): void => nobody.runInAsyncScope(run);
