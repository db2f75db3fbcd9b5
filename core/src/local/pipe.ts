import type { Kernel, Micros } from './kernel.js';
import type { Random } from './random.js';

export interface PipeEvents {
  deliver(bytes: Uint8Array): void;
  /** All that was sent has been taken. */
  drained(): void;
  /** All bytes were delivered and the sender has finished. */
  ended(): void;
  /** The pipe was to break at a byte, and that byte has come. */
  broken(): void;
}

export interface PipeOptions {
  readonly latencyMicros: readonly [from: Micros, to: Micros];
  readonly fragments: boolean;
}

/** Most time between two pieces of what was sent at once. */
const GAP_MICROS = 300;

/** One direction of a connection: bytes in order, cut up and joined by chance. */
export class Pipe {
  readonly #kernel: Kernel;
  readonly #random: Random;
  readonly #options: PipeOptions;
  readonly #name: string;
  readonly #stream: number;
  readonly #events: PipeEvents;
  /** What came and waits for the receiver. */
  #arrived: Uint8Array[] = [];
  #waitingSince: Micros | undefined;
  #unsent = 0;
  #lastArrival: Micros = 0;
  #stalledUntil: Micros = 0;
  #bytesLeft = Number.POSITIVE_INFINITY;
  #held = false;
  #blocked = false;
  /** What would have come while the pipe was blocked. */
  #delayed: (() => void)[] = [];
  #finished = false;
  #over = false;

  constructor(
    kernel: Kernel,
    random: Random,
    options: PipeOptions,
    name: string,
    stream: number,
    events: PipeEvents,
  ) {
    this.#kernel = kernel;
    this.#random = random;
    this.#options = options;
    this.#name = name;
    this.#stream = stream;
    this.#events = events;
  }

  get backlogBytes(): number {
    return this.#arrived.reduce((sum, { length }) => sum + length, 0);
  }

  /** When the first of the bytes came that wait for a receiver which is held. */
  get waitingSince(): Micros | undefined {
    return this.#waitingSince;
  }

  /** Bytes that were sent and that the receiver has not taken. */
  get unsentBytes(): number {
    return this.#unsent;
  }

  /** Whether nothing comes through until it is mended. */
  get isBlocked(): boolean {
    return this.#blocked;
  }

  /** @param bytes belong to the pipe from now on */
  send(bytes: Uint8Array): void {
    this.#unsent += bytes.length;
    let at = 0;
    while (at < bytes.length) {
      const left = bytes.length - at;
      const whole = !this.#options.fragments || this.#random.chance(0.7);
      const length = whole ? left : this.#random.between(1, left);
      const piece = length === bytes.length ? bytes : bytes.slice(at, at + length);
      at += length;
      this.#plan(`${length} bytes`, () => {
        this.#arrived.push(piece);
        this.#waitingSince ??= this.#kernel.now;
        if (!this.#held) this.#deliver();
      });
    }
  }

  /** Ends the pipe behind all that was sent. */
  finish(): void {
    this.#plan('end', () => {
      this.#finished = true;
      if (!this.#held) this.#deliver();
    });
  }

  hold(held: boolean): void {
    if (this.#held === held) return;
    this.#held = held;
    if (!held) {
      this.#kernel.quietly(0, `${this.#name} goes on`, () => {
        if (!this.#held) this.#deliver();
      });
    }
  }

  /** Hands over what waits, held or not: one round of reading. */
  flush(): void {
    if (!this.#over) this.#deliver();
  }

  /** Cuts the way without a word to either end; what was sent meanwhile comes when it is mended. */
  block(blocked: boolean): void {
    this.#blocked = blocked;
    if (blocked) return;
    if (this.#delayed.length === 0) return;
    this.#kernel.quietly(0, `${this.#name} comes late`, () => {
      if (this.#blocked) return;
      const late = this.#delayed;
      this.#delayed = [];
      for (const run of late) if (!this.#over) run();
    });
  }

  /** Nothing that is sent from now on comes before this much time has passed. */
  stall(micros: Micros): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#kernel.now + micros);
  }

  /** Delivers this many bytes more and then breaks the connection, in the middle of a frame. */
  breakAfter(bytes: number): void {
    this.#bytesLeft = Math.min(this.#bytesLeft, bytes);
  }

  discard(): void {
    this.#over = true;
    this.#arrived = [];
    this.#waitingSince = undefined;
    this.#delayed = [];
  }

  #plan(what: string, run: () => void): void {
    const [from, to] = this.#options.latencyMicros;
    const arrival = this.#kernel.now + this.#random.between(from, to);
    const gap = this.#options.fragments ? this.#random.between(0, GAP_MICROS) : 0;
    this.#lastArrival = Math.max(arrival, this.#stalledUntil, this.#lastArrival + gap);
    const delay = this.#lastArrival - this.#kernel.now;
    this.#kernel.quietly(delay, `${this.#name} ${what}`, () => this.#arrive(run), this.#stream);
  }

  #arrive(run: () => void): void {
    if (this.#over) return;
    if (this.#blocked || this.#delayed.length > 0) this.#delayed.push(run);
    else run();
  }

  #deliver(): void {
    const bytes = joined(this.#arrived);
    this.#arrived = [];
    this.#waitingSince = undefined;
    if (bytes.length >= this.#bytesLeft) {
      const rest = bytes.slice(0, this.#bytesLeft);
      this.#over = true;
      if (rest.length > 0) this.#events.deliver(rest);
      this.#events.broken();
      return;
    }
    this.#bytesLeft -= bytes.length;
    if (bytes.length > 0) {
      this.#unsent -= bytes.length;
      this.#events.deliver(bytes);
      if (this.#unsent === 0) this.#events.drained();
    }
    if (this.#finished) this.#events.ended();
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
