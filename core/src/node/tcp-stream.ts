import type { Socket } from 'node:net';
import { type ClientStream, LINGER_MS, type Remote, type StreamEvents } from './stream.js';
import { plainBytes } from './tcp-transport.js';

const carried = Symbol('the stream that a socket carries');
type Carrier = Socket & { [carried]: TcpStream };

/**
 * A socket whose first bytes said that it speaks the client protocol. Its listeners are the same
 * functions for all sockets: five closures for each are what an idle session would mostly consist
 * of.
 */
export class TcpStream implements ClientStream {
  readonly transport = 'tcp';
  readonly #socket: Socket;
  readonly #events: StreamEvents;
  #isEnded = false;
  #reason = 'the client closed the connection';

  constructor(socket: Socket, events: StreamEvents) {
    this.#socket = socket;
    this.#events = events;
    (socket as Carrier)[carried] = this;
    socket.on('data', onData);
    socket.on('end', onEnd);
    socket.on('drain', onDrain);
    socket.on('error', onError);
    socket.on('close', onClose);
  }

  /* What the socket's listeners tell. */

  hasData(data: Uint8Array): void {
    if (!this.#isEnded) this.#events.received(plainBytes(data));
  }

  /** Whoever says that nothing follows is gone for us, as for ZooKeeper; its session lives on. */
  hasEnded(): void {
    this.#isEnded = true;
    endGently(this.#socket);
  }

  hasDrained(): void {
    if (!this.#isEnded) this.#events.drained();
  }

  hasFailed(error: Error): void {
    if (!this.#isEnded) this.#reason = error.message;
  }

  hasClosed(): void {
    this.#events.closed(this.#reason);
  }

  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  send(parts: readonly Uint8Array[]): void {
    if (this.#isEnded) return;
    const socket = this.#socket;
    if (parts.length === 1) {
      socket.write(parts[0]!);
      return;
    }
    socket.cork();
    for (const part of parts) socket.write(part);
    socket.uncork();
  }

  hold(held: boolean): void {
    if (this.#isEnded) return;
    if (held) this.#socket.pause();
    else this.#socket.resume();
  }

  end(reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#reason = reason;
    endGently(this.#socket);
  }

  destroy(reason: string): void {
    this.#isEnded = true;
    this.#reason = reason;
    this.#socket.destroy();
  }
}

/** Who is at the other end of a socket; `undefined` when nobody is any more. */
export function remoteOf({ remoteAddress, remotePort }: Socket): Remote | undefined {
  if (remoteAddress === undefined) return undefined;
  return { address: plainAddress(remoteAddress), port: remotePort ?? 0 };
}

/** An IPv4 address as such, though the system may write it as one of IPv6. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** Node's own limit from which a socket's `write` asks to wait for `drain`. */
const NODE_HIGH_WATER_BYTES = 16_384;

/** From how many unsent bytes on a socket has to tell when they are gone. */
export function highWaterMarkFor(config: { readonly sendQueueHighWaterBytes: number }): number {
  return Math.min(NODE_HIGH_WATER_BYTES, config.sendQueueHighWaterBytes);
}

/** However slowly a last answer is read, its socket is not kept longer. */
const LONGEST_LINGER_MS = 30_000;

function onData(this: Socket, data: Uint8Array): void {
  (this as Carrier)[carried].hasData(data);
}

function onEnd(this: Socket): void {
  (this as Carrier)[carried].hasEnded();
}

function onDrain(this: Socket): void {
  (this as Carrier)[carried].hasDrained();
}

function onError(this: Socket, error: Error): void {
  (this as Carrier)[carried].hasFailed(error);
}

function onClose(this: Socket): void {
  (this as Carrier)[carried].hasClosed();
}

/**
 * Ends a socket after what waits to be sent. What the other side still says is read and dropped:
 * closing with unread bytes would reset the connection and could take our last words with it. It
 * may not hold the socket by going on to speak.
 */
export function endGently(socket: Socket, lastWords?: string | Uint8Array): void {
  cutAfter(socket, LONGEST_LINGER_MS);
  socket.once('finish', () => cutAfter(socket, LINGER_MS));
  if (lastWords === undefined) socket.end();
  else socket.end(lastWords);
  socket.resume();
  socket.setTimeout(LINGER_MS, () => socket.destroy());
}

function cutAfter(socket: Socket, limitMs: number): void {
  const timer = setTimeout(() => socket.destroy(), limitMs).unref();
  socket.once('close', () => clearTimeout(timer));
}
