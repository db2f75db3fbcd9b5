import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { type ClientStream, LINGER_MS, type StreamEvents } from './stream.js';
import { plainBytes } from './tcp-transport.js';

/** WebSocket's code for data of a kind that is not taken. */
const UNSUPPORTED_DATA = 1003;
const NORMAL = 1000;

/**
 * A WebSocket: the same bytes as over TCP, in binary messages whose boundaries mean nothing.
 */
export class WebSocketStream implements ClientStream {
  readonly transport = 'websocket';
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  #isEnded = false;
  #reason = 'the client closed the connection';

  /** @param socket what carries it, for knowing when its bytes have gone */
  constructor(webSocket: WebSocket, socket: Socket, events: StreamEvents) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    webSocket.on('message', (data, isBinary) => {
      if (this.#isEnded) return;
      if (!isBinary) {
        this.#isEnded = true;
        this.#reason = 'the client sent a text message';
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
      if (!this.#isEnded) events.drained();
    });
    webSocket.on('error', (error) => {
      if (!this.#isEnded) this.#reason = error.message;
    });
    webSocket.on('close', () => events.closed(this.#reason));
  }

  get unsentBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  send(parts: readonly Uint8Array[]): void {
    if (this.#webSocket.readyState !== WebSocket.OPEN) return;
    this.#socket.cork();
    for (const part of parts) this.#webSocket.send(part);
    this.#socket.uncork();
  }

  hold(held: boolean): void {
    if (this.#isEnded) return;
    if (held) this.#webSocket.pause();
    else this.#webSocket.resume();
  }

  end(reason: string): void {
    this.#isEnded = true;
    this.#reason = reason;
    // A paused one would never see the other side's answer to our closing.
    this.#webSocket.resume();
    this.#webSocket.close(NORMAL, reason.slice(0, 100));
    this.#socket.setTimeout(LINGER_MS, () => this.#webSocket.terminate());
  }

  destroy(reason: string): void {
    this.#isEnded = true;
    this.#reason = reason;
    this.#webSocket.terminate();
  }
}
