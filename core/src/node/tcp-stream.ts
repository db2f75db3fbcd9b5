import type { Socket } from 'node:net';
import { type ClientStream, LINGER_MS, type StreamEvents } from './client-stream.js';
import { plainBytes } from './tcp-transport.js';

/** Makes a stream of a socket whose first bytes said that it speaks the client protocol. */
export function tcpStream(socket: Socket, events: StreamEvents): ClientStream {
  let isEnded = false;
  let reason = 'the client closed the connection';
  socket.on('data', (data: Uint8Array) => {
    if (!isEnded) events.received(plainBytes(data));
  });
  // Whoever says that nothing follows is gone for us, as for ZooKeeper; its session lives on.
  socket.on('end', () => {
    isEnded = true;
    endGently(socket);
  });
  socket.on('drain', () => {
    if (!isEnded) events.drained();
  });
  socket.on('error', (error) => {
    if (!isEnded) reason = error.message;
  });
  socket.on('close', () => events.closed(reason));
  return {
    transport: 'tcp',
    get unsentBytes() {
      return socket.writableLength;
    },
    send(parts) {
      if (isEnded) return;
      if (parts.length === 1) {
        socket.write(parts[0]!);
        return;
      }
      socket.cork();
      for (const part of parts) socket.write(part);
      socket.uncork();
    },
    hold(held) {
      if (isEnded) return;
      if (held) socket.pause();
      else socket.resume();
    },
    end(why) {
      if (isEnded) return;
      isEnded = true;
      reason = why;
      endGently(socket);
    },
    destroy(why) {
      isEnded = true;
      reason = why;
      socket.destroy();
    },
  };
}

/**
 * Ends a socket after what waits to be sent. What the other side still says is read and dropped:
 * closing with unread bytes would reset the connection and could take our last words with it.
 */
export function endGently(socket: Socket, lastWords?: string | Uint8Array): void {
  if (lastWords === undefined) socket.end();
  else socket.end(lastWords);
  socket.resume();
  socket.setTimeout(LINGER_MS, () => socket.destroy());
}
