import { concatBytes } from '../base/bytes.js';
import { MalformedError } from './reader.js';

/**
 * Cuts a stream of bytes into length-prefixed frames. Push bytes as they come, in any pieces; take
 * frames until there is none. A frame is a view of the bytes that were pushed, unless it came in
 * several pieces.
 */
export class FrameSplitter {
  /** Where the frame that {@link advance} has found lies: `bytes` from `start` to `end`. */
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  readonly #maxLength: number;
  #chunk: Uint8Array = EMPTY;
  #position = 0;
  /** Pieces of a frame that did not fit the chunk it began in. */
  #partial: Uint8Array | null = null;
  #partialLength = 0;
  readonly #waiting: Uint8Array[] = [];

  /** @param maxLength longest frame accepted, in bytes: `jute.maxbuffer` */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** Bytes pushed and not yet taken as frames. */
  get buffered(): number {
    let size = this.#chunk.length - this.#position + this.#partialLength;
    for (const chunk of this.#waiting) size += chunk.length;
    return size;
  }

  /** Adds bytes; the splitter owns them from now on. Small pieces that must wait are joined. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const last = this.#waiting.length - 1;
    const before = this.#waiting[last];
    if (before !== undefined && before.length + bytes.length <= JOINED_BYTES) {
      this.#waiting[last] = concatBytes([before, bytes]);
    } else {
      this.#waiting.push(bytes);
    }
  }

  /** The next complete frame as {@link advance} finds it, or `undefined`. */
  next(): Uint8Array | undefined {
    return this.advance() ? this.bytes.subarray(this.start, this.end) : undefined;
  }

  /**
   * Finds the next complete frame, without its length; false when more bytes are needed. Makes no
   * object for it, which is what the hot path is after.
   *
   * @throws MalformedError before anything is allocated, when a length is negative or above the
   * limit
   */
  advance(): boolean {
    for (;;) {
      if (this.#partial === null ? this.#fromChunk() : this.#fromPieces()) return true;
      /* What was taken whole is let go: it may be all that keeps a large buffer alive. */
      this.#chunk = this.#waiting.shift() ?? EMPTY;
      this.#position = 0;
      if (this.#chunk === EMPTY) {
        this.bytes = EMPTY;
        return false;
      }
    }
  }

  #found(bytes: Uint8Array, start: number, end: number): true {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return true;
  }

  #fromChunk(): boolean {
    const chunk = this.#chunk;
    const at = this.#position;
    const available = chunk.length - at;
    if (available === 0) return false;
    if (available < 4) {
      this.#partial = new Uint8Array(4);
      return this.#fromPieces();
    }
    const length = this.#lengthAt(chunk, at);
    if (available - 4 >= length) {
      this.#position = at + 4 + length;
      return this.#found(chunk, at + 4, at + 4 + length);
    }
    this.#partial = new Uint8Array(4 + length);
    return this.#fromPieces();
  }

  #fromPieces(): boolean {
    for (;;) {
      const partial = this.#partial!;
      const size = Math.min(
        partial.length - this.#partialLength,
        this.#chunk.length - this.#position,
      );
      partial.set(this.#chunk.subarray(this.#position, this.#position + size), this.#partialLength);
      this.#position += size;
      this.#partialLength += size;
      if (this.#partialLength < partial.length) return false;
      if (partial.length > 4 || this.#lengthAt(partial, 0) === 0) {
        this.#partial = null;
        this.#partialLength = 0;
        return this.#found(partial, 4, partial.length);
      }
      const whole = new Uint8Array(4 + this.#lengthAt(partial, 0));
      whole.set(partial);
      this.#partial = whole;
    }
  }

  #lengthAt(bytes: Uint8Array, at: number): number {
    const length =
      (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (length < 0 || length > this.#maxLength) {
      throw new MalformedError(`frame length ${length} is not between 0 and ${this.#maxLength}`);
    }
    return length;
  }
}

const EMPTY = new Uint8Array(0);
/** A piece costs memory beside its bytes: a client must not be able to fill it byte by byte. */
const JOINED_BYTES = 4_096;
