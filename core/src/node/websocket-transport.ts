import WebSocket from 'ws';
import type { ServerAddress, Transport, TransportEvents } from '../client/client-host.js';
import { serverName } from '../client/connect-string.js';
import { sendInMessages } from '../client/websocket-messages.js';
import { LINGER_MS, plainBytes } from './tcp-transport.js';

/** Opens a byte stream over WebSocket; message boundaries mean nothing. */
export function openWebSocket(server: ServerAddress, events: TransportEvents): Transport {
  let isOurs = true;
  let socket: WebSocket;
  try {
    socket = new WebSocket(serverName(server), { perMessageDeflate: false });
  } catch (error) {
    // Not every name that a connect string may hold makes a URL.
    queueMicrotask(() => {
      if (isOurs) events.closed(String(error));
    });
    return {
      send() {},
      close() {
        isOurs = false;
      },
    };
  }
  socket.binaryType = 'nodebuffer';
  let reason = 'the server closed the connection';
  socket.on('open', () => {
    if (isOurs) events.opened();
  });
  socket.on('message', (data) => {
    if (isOurs) events.received(plainBytes(data as Uint8Array));
  });
  socket.on('error', (error) => {
    reason = error.message;
  });
  socket.on('close', () => {
    if (isOurs) events.closed(reason);
  });
  return {
    send(bytes) {
      sendInMessages(bytes, (message) => socket.send(message));
    },
    close() {
      isOurs = false;
      if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
      else socket.close();
      // Nor may one that does not answer our end hold the process, as over TCP.
      setTimeout(() => socket.terminate(), LINGER_MS).unref();
    },
  };
}
