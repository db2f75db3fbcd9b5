import { connect } from 'node:net';
import type { ServerAddress, Transport, TransportEvents } from '../client/client-host.js';

/** How long a connection may take to end after we have said that we are done with it. */
export const LINGER_MS = 1_000;

/** Opens a byte stream over TCP. */
export function openTcp({ host, port }: ServerAddress, events: TransportEvents): Transport {
  const socket = connect({ host, port, noDelay: true });
  let isOurs = true;
  let reason = 'the server closed the connection';
  socket.on('connect', () => {
    if (isOurs) events.opened();
  });
  socket.on('data', (data: Uint8Array) => {
    if (isOurs) events.received(plainBytes(data));
  });
  socket.on('error', (error) => {
    reason = error.message;
  });
  socket.on('close', () => {
    if (isOurs) events.closed(reason);
  });
  return {
    send(bytes) {
      socket.write(bytes);
    },
    close() {
      isOurs = false;
      if (socket.connecting) {
        socket.destroy();
        return;
      }
      socket.end();
      socket.resume();
      // A server that never answers our end must hold neither the socket nor the process.
      socket.setTimeout(LINGER_MS, () => socket.destroy());
      socket.unref();
    },
  };
}

/** The same bytes as a plain array: a Buffer's `slice` is no copy, as the client expects. */
export function plainBytes({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
