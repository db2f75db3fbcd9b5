import type {
  ClientHost,
  ServerAddress,
  Transport,
  TransportEvents,
} from '../client/client-host.js';
import { serverName } from '../client/connect-string.js';
import { sendInMessages } from '../client/websocket-messages.js';

/** A client's host in browsers: WebSocket, and the page's clocks and timers. */
export const clientHost: ClientHost = {
  protocols: ['ws', 'wss'],
  open: (server, events) => openWebSocket(server, events),
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  soon: (run) => queueMicrotask(run),
  randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
};

/** `readyState` of a WebSocket that one side is closing, or has closed. */
const CLOSING = 2;

/** Browsers have no async contexts. */
export const outside = (run: () => void): void => run();

function openWebSocket(server: ServerAddress, events: TransportEvents): Transport {
  let isOurs = true;
  const closed = (reason: string) => {
    if (isOurs) events.closed(reason);
    isOurs = false;
  };
  let socket: WebSocket;
  try {
    socket = new WebSocket(serverName(server));
  } catch (error) {
    // A page served over TLS may not open a WebSocket without it, nor any page another protocol.
    queueMicrotask(() => closed(String(error)));
    return {
      send() {},
      close() {
        isOurs = false;
      },
    };
  }
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => {
    if (isOurs) events.opened();
  };
  socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
    if (isOurs) events.received(new Uint8Array(data));
  };
  socket.onclose = ({ code, reason }) => {
    closed(reason === '' ? `the WebSocket was closed with code ${code}` : reason);
  };
  return {
    send(bytes) {
      // It would go nowhere, and browsers complain of the attempt; `closed` is about to follow.
      if (socket.readyState >= CLOSING) return;
      sendInMessages(bytes as Uint8Array<ArrayBuffer>, (message) => socket.send(message));
    },
    close() {
      isOurs = false;
      socket.close();
    },
  };
}
