/** One connection that keeps a number of requests outstanding. */
import { connect, type Socket } from 'node:net';
import { closeFrame, connectFrame, XID_AT } from './frames.js';

/** Chooses the next request: a template whose xid the lane fills in. */
export type NextFrame = () => Buffer;

export interface LaneEvents {
  /** One reply has come, `ms` after its request was written; `error` is the protocol's code. */
  onReply(ms: number, error: number): void;
  /** A watch has fired. */
  onEvent?(): void;
}

const READ_BYTES = 256 * 1024;

export class Lane {
  readonly #events: LaneEvents;
  readonly #socket: Socket;
  /** Times of the requests outstanding, oldest first, as a ring. */
  #times = new Float64Array(16);
  #head = 0;
  #outstanding = 0;
  #xid = 0;
  #rest: Buffer | undefined;
  #ready = false;
  #next: NextFrame | undefined;
  #idle: (() => void) | undefined;
  #failed: ((error: Error) => void) | undefined;
  #opened: (() => void) | undefined;
  /** Why the connection is of no more use. */
  #dead: Error | undefined;

  private constructor(host: string, port: number, timeoutMs: number, events: LaneEvents) {
    this.#events = events;
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length, buffer) => {
          this.#read(Buffer.from(buffer.buffer, buffer.byteOffset, length));
          return true;
        },
      },
    });
    this.#socket.once('connect', () => this.#socket.write(connectFrame(timeoutMs)));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  /** Connects and opens a session. */
  static open(
    port: number,
    events: LaneEvents,
    timeoutMs = 30_000,
    host = '127.0.0.1',
  ): Promise<Lane> {
    return new Promise((resolve, reject) => {
      const lane = new Lane(host, port, timeoutMs, events);
      lane.#failed = reject;
      lane.#opened = () => resolve(lane);
    });
  }

  /** Keeps `outstanding` requests under way until `stop`. */
  start(outstanding: number, next: NextFrame): void {
    this.#next = next;
    this.#fill(outstanding);
  }

  /** Sends one request now, however many are under way. */
  offer(frame: Buffer): void {
    this.#next ??= () => noFrame;
    const { length } = frame;
    if (length === 0 || this.#dead !== undefined) return;
    const next = this.#next;
    this.#next = () => frame;
    this.#fill(1);
    this.#next = next;
  }

  /**
   * Sends what `frames` yields, at most `outstanding` at a time, and resolves when all is answered.
   */
  async sendAll(outstanding: number, frames: Iterator<Buffer>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      if (this.#dead !== undefined) reject(this.#dead);
      this.#failed = reject;
      this.#idle = resolve;
      const next = () => {
        const { done, value } = frames.next();
        if (done === true) this.#next = undefined;
        return done === true ? noFrame : value;
      };
      this.#next = next;
      this.#fill(outstanding);
      if (this.#outstanding === 0) resolve();
    });
  }

  /** Sends nothing more and resolves when everything outstanding is answered. */
  async stop(): Promise<void> {
    this.#next = undefined;
    if (this.#dead !== undefined) throw this.#dead;
    if (this.#outstanding === 0) return;
    await new Promise<void>((resolve, reject) => {
      this.#failed = reject;
      this.#idle = resolve;
    });
  }

  /** Writes bytes that get no counted reply, such as a ping. */
  raw(frame: Buffer): void {
    this.#socket.write(frame);
  }

  async close(): Promise<void> {
    await this.stop();
    this.#failed = undefined;
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.end(closeFrame());
    await closed;
  }

  #fill(count: number): void {
    const frames: Buffer[] = [];
    const now = performance.now();
    for (let left = count; left > 0 && this.#next !== undefined; left--) {
      const frame = this.#next();
      if (frame.length === 0) break;
      this.#xid = (this.#xid + 1) & 0x3fff_ffff;
      const own = Buffer.from(frame);
      own.writeInt32BE(this.#xid, XID_AT);
      frames.push(own);
      if (this.#outstanding === this.#times.length) this.#grow();
      this.#times[(this.#head + this.#outstanding) & (this.#times.length - 1)] = now;
      this.#outstanding += 1;
    }
    if (frames.length > 0)
      this.#socket.write(frames.length === 1 ? frames[0]! : Buffer.concat(frames));
  }

  #grow(): void {
    const bigger = new Float64Array(this.#times.length * 2);
    for (let at = 0; at < this.#outstanding; at++) {
      bigger[at] = this.#times[(this.#head + at) & (this.#times.length - 1)]!;
    }
    this.#times = bigger;
    this.#head = 0;
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    const now = performance.now();
    let at = 0;
    let replies = 0;
    while (at + 4 <= bytes.length) {
      const end = at + 4 + int32(bytes, at);
      if (end > bytes.length) break;
      if (this.#ready) replies += this.#reply(bytes, at, now);
      else this.#handshake(bytes, at);
      at = end;
    }
    // The read buffer is used again, so what is left must be copied out of it.
    this.#rest = at === bytes.length ? undefined : Buffer.from(bytes.subarray(at));
    if (replies > 0) this.#fill(replies);
    if (this.#outstanding === 0 && this.#next === undefined) this.#idle?.();
  }

  #handshake(bytes: Buffer, at: number): void {
    this.#ready = true;
    if (int32(bytes, at + 8) === 0) this.#fail(new Error('the server refused the session'));
    else this.#opened?.();
  }

  #reply(bytes: Buffer, at: number, now: number): number {
    const xid = int32(bytes, at + 4);
    if (xid === -1) this.#events.onEvent?.();
    if (xid < 0) return 0;
    const sent = this.#times[this.#head]!;
    this.#head = (this.#head + 1) & (this.#times.length - 1);
    this.#outstanding -= 1;
    this.#events.onReply(now - sent, int32(bytes, at + 16));
    return 1;
  }

  #fail(error: Error): void {
    this.#dead ??= error;
    this.#next = undefined;
    this.#failed?.(error);
  }
}

// One buffer for all: each lane has read all of it before the next may.
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);
const noFrame = Buffer.alloc(0);

function int32(bytes: Buffer, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
