import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { type ClientStream, LINGER_MS, type StreamEvents } from './client-stream.js';
import { plainBytes } from './tcp-transport.js';

/** WebSocket's code for data of a kind that is not taken. */
const UNSUPPORTED_DATA = 1003;
const NORMAL = 1000;

/**
 * Makes a stream of a WebSocket: the same bytes as over TCP, in binary messages whose boundaries
 * mean nothing.
 *
 * @param socket what carries it, for knowing when its bytes have gone
 */
export function webSocketStream(
  webSocket: WebSocket,
  socket: Socket,
  events: StreamEvents,
): ClientStream {
  let isEnded = false;
  let reason = 'the client closed the connection';
  webSocket.on('message', (data, isBinary) => {
    if (isEnded) return;
    if (!isBinary) {
      isEnded = true;
      reason = 'the client sent a text message';
      webSocket.close(UNSUPPORTED_DATA, 'binary messages only');
      return;
    }
    events.received(plainBytes(data as Buffer));
  });
  webSocket.on('ping', (data) => {
    // A flood of pings from somebody who reads nothing must not fill our memory with answers.
    if (webSocket.bufferedAmount === 0) webSocket.pong(data);
  });
  socket.on('drain', () => {
    if (!isEnded) events.drained();
  });
  webSocket.on('error', (error) => {
    if (!isEnded) reason = error.message;
  });
  webSocket.on('close', () => events.closed(reason));
  return {
    transport: 'websocket',
    get unsentBytes() {
      return webSocket.bufferedAmount;
    },
    send(parts) {
      if (webSocket.readyState !== WebSocket.OPEN) return;
      socket.cork();
      for (const part of parts) webSocket.send(part);
      socket.uncork();
    },
    hold(held) {
      if (isEnded) return;
      if (held) webSocket.pause();
      else webSocket.resume();
    },
    end(why) {
      isEnded = true;
      reason = why;
      // A paused one would never see the other side's answer to our closing.
      webSocket.resume();
      webSocket.close(NORMAL, why.slice(0, 100));
      socket.setTimeout(LINGER_MS, () => webSocket.terminate());
    },
    destroy(why) {
      isEnded = true;
      reason = why;
      webSocket.terminate();
    },
  };
}
