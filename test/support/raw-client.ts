/** Sockets for tests that look at single bytes. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from './suite.js';

/** A connect request of a new session, with its length: 30 s, no read-only byte. */
export const CONNECT_REQUEST: Uint8Array = Uint8Array.from(
  Buffer.from(
    '0000002c' + '00000000' + '0000000000000000' + '00007530' + '0000000000000000' + '00000010',
    'hex',
  )
    .toJSON()
    .data.concat(new Array<number>(16).fill(0)),
);

/** One frame with its length. */
export function frame(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setInt32(0, body.length);
  bytes.set(body, 4);
  return bytes;
}

/** A byte stream that keeps what it hears until it is asked for it. */
export interface RawClient {
  send(bytes: Uint8Array | string): void;
  /** The next `size` bytes. @throws when the stream ends before */
  take(size: number): Promise<Uint8Array>;
  /** The next frame, without its length. */
  frame(): Promise<Uint8Array>;
  /** All that comes until the other side ends. */
  rest(): Promise<string>;
  /** Resolves when the stream has ended. */
  readonly closed: Promise<void>;
}

/** Gathers bytes for {@link RawClient}; feed it with what arrives. */
export class Inbox {
  #bytes = Buffer.alloc(0);
  #ended = false;
  #wake = () => {};

  push(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async take(size: number): Promise<Uint8Array> {
    while (this.#bytes.length < size) {
      if (this.#ended) throw new Error(`the stream ended with ${this.#bytes.length} bytes left`);
      await this.#change();
    }
    const taken = Uint8Array.from(this.#bytes.subarray(0, size));
    this.#bytes = this.#bytes.subarray(size);
    return taken;
  }

  async frame(): Promise<Uint8Array> {
    const length = await this.take(4);
    return this.take(new DataView(length.buffer).getInt32(0));
  }

  async rest(): Promise<string> {
    while (!this.#ended) await this.#change();
    return this.#bytes.toString('utf8');
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** Connects to a server of this machine; destroyed when the test has ended. */
export async function rawClient(
  t: TestContext,
  port: number,
): Promise<RawClient & { socket: Socket }> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  t.cleanup(() => socket.destroy());
  const inbox = new Inbox();
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
  });
  socket.on('data', (bytes) => inbox.push(bytes));
  socket.on('end', () => {
    inbox.end();
    socket.end();
  });
  socket.on('error', () => {});
  socket.on('close', () => inbox.end());
  await once(socket, 'connect');
  return {
    socket,
    closed,
    send: (bytes) => {
      socket.write(bytes);
    },
    take: (size) => inbox.take(size),
    frame: () => inbox.frame(),
    rest: () => inbox.rest(),
  };
}
