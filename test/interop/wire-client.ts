/**
 * A client with nothing of a client: it sends the bytes it is told to, pipelines as much as it is
 * told to, and keeps every frame the server sends, in order. What it must not do is help.
 */
import { connect, type Socket } from 'node:net';
import {
  type Handshake,
  type HandshakeReply,
  readConnectResponse,
  writeConnectRequest,
} from '@vivarium/core/internal/wire/connect';
import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import { Reader } from '@vivarium/core/internal/wire/reader';
import {
  type ReplyHeader,
  ReplyHeader as ReplyHeaderType,
} from '@vivarium/core/internal/wire/records';
import { encode, type JuteType } from '@vivarium/core/internal/wire/types';
import { Writer } from '@vivarium/core/internal/wire/writer';

/** Replies longer than this are taken for nonsense. */
const LONGEST_REPLY = 64 * 1024 * 1024;
const ANSWER_LIMIT_MS = 15_000;

/** A reply or event as it came. */
export interface Answer {
  readonly header: ReplyHeader;
  /** Stands after the header. */
  readonly body: Reader;
}

export class WireClient {
  /** Every frame received so far, without lengths. */
  readonly frames: Uint8Array[] = [];
  readonly #socket: Socket;
  readonly #splitter = new FrameSplitter(LONGEST_REPLY);
  #taken = 0;
  #closed = false;
  #wake: (() => void) | undefined;
  #xid = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      this.#splitter.push(bytes);
      for (let frame = this.#splitter.next(); frame; frame = this.#splitter.next()) {
        this.frames.push(frame);
      }
      this.#wake?.();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  /** Opens a connection; nothing is sent. */
  static open(port: number, host = '127.0.0.1'): Promise<WireClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host, () => {
        socket.off('error', reject);
        resolve(new WireClient(socket));
      });
      socket.once('error', reject);
    });
  }

  /** Opens a connection and a session on it. @throws when the server refuses */
  static async session(
    port: number,
    request: Partial<Handshake> = {},
    host?: string,
  ): Promise<SessionClient> {
    const client = await WireClient.open(port, host);
    const reply = await client.handshake(request);
    if (reply === undefined || reply.timeOut <= 0) {
      client.destroy();
      throw new Error('the server refused the session');
    }
    return Object.assign(client, { session: reply });
  }

  /** Whether the server (or {@link destroy}) has closed the connection. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Sends bytes as they are. */
  sendBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Sends a payload with its length before it. */
  sendFrame(payload: Uint8Array): void {
    this.#socket.write(framed([payload]));
  }

  /** Sends several payloads in one write. */
  sendFrames(payloads: readonly Uint8Array[]): void {
    this.#socket.write(framed(payloads));
  }

  /**
   * The next frame not taken yet; `undefined` when the connection is closed and all are taken.
   *
   * @throws when neither happens within `limitMs`
   */
  async next(limitMs = ANSWER_LIMIT_MS): Promise<Uint8Array | undefined> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      const frame = this.frames[this.#taken];
      if (frame !== undefined) {
        this.#taken++;
        return frame;
      }
      if (this.#closed) return undefined;
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`the server sent nothing for ${limitMs} ms`);
      await this.#somethingHappens(left);
    }
  }

  /** Waits for the connection's end, whatever frames come before it; false when it stays open. */
  async untilClosed(limitMs: number): Promise<boolean> {
    const deadline = Date.now() + limitMs;
    while (!this.#closed) {
      const left = deadline - Date.now();
      if (left <= 0) return false;
      await this.#somethingHappens(left);
    }
    return true;
  }

  /** Shakes hands; `undefined` when the server closes instead of answering. */
  async handshake(request: Partial<Handshake> = {}): Promise<HandshakeReply | undefined> {
    const writer = new Writer();
    writeConnectRequest(writer, {
      protocolVersion: 0,
      lastZxidSeen: 0n,
      timeOut: 30_000,
      sessionId: 0n,
      passwd: new Uint8Array(16),
      readOnly: false,
      ...request,
    });
    this.sendFrame(writer.copy());
    const frame = await this.next();
    return frame === undefined ? undefined : readConnectResponse(new Reader(frame));
  }

  /** Sends one request and waits for its reply; events before it stay in {@link frames} only. */
  async call<T>(
    code: number,
    type: JuteType<T> | null,
    body: T | null,
    xid = ++this.#xid,
  ): Promise<Answer> {
    const payload = type === null ? new Uint8Array(0) : encode(type, body as T);
    this.sendFrame(requestPayload(xid, code, payload));
    for (;;) {
      const frame = await this.next();
      if (frame === undefined) throw new Error('the server closed the connection');
      const answer = answerOf(frame);
      if (answer.header.xid === xid) return answer;
    }
  }

  /** Closes the socket at once; the session lives on. */
  destroy(): void {
    this.#socket.destroy();
  }

  #somethingHappens(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, limitMs);
      const wake = () => done();
      this.#wake = wake;
      function done() {
        clearTimeout(timer);
        resolve();
      }
    });
  }
}

export type SessionClient = WireClient & { readonly session: HandshakeReply };

/** Header and body of a request, without the length. */
export function requestPayload(xid: number, code: number, body: Uint8Array): Uint8Array {
  const writer = new Writer(8 + body.length);
  writer.int(xid);
  writer.int(code);
  writer.raw(body);
  return writer.copy();
}

/** Reads the header of a reply or event. */
export function answerOf(frame: Uint8Array): Answer {
  const body = new Reader(frame);
  return { header: ReplyHeaderType.read(body), body };
}

function framed(payloads: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer(1024);
  for (const payload of payloads) {
    writer.int(payload.length);
    writer.raw(payload);
  }
  return writer.copy();
}
