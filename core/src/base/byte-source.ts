import { DamagedStreamError } from './damaged-stream.js';

/** Compressed bytes that are read from front to back, a piece at a time. */
export class ByteSource {
  readonly #pieces: Iterator<Uint8Array, unknown>;
  #piece: Uint8Array = new Uint8Array(0);
  /** Where in the whole the piece begins. */
  #start = 0;
  #position = 0;

  constructor(pieces: Iterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.iterator]();
  }

  /** Where in the whole the next byte is. */
  get offset(): number {
    return this.#start + this.#position;
  }

  /** Whether there is another byte. */
  get hasMore(): boolean {
    while (this.#position === this.#piece.length) {
      const next = this.#pieces.next();
      if (next.done === true) return false;
      this.#start += this.#piece.length;
      this.#piece = next.value;
      this.#position = 0;
    }
    return true;
  }

  /** The next byte; -1 at the end. */
  byteOrEnd(): number {
    return this.hasMore ? this.#piece[this.#position++]! : -1;
  }

  /**
   * The next `count` bytes, in an array of their own.
   *
   * @throws DamagedStreamError when there are fewer
   */
  take(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let size = 0; size < count; ) {
      if (!this.hasMore) {
        throw new DamagedStreamError(this.offset, `it ends ${count - size} bytes too early`);
      }
      const part = this.#piece.subarray(this.#position, this.#position + count - size);
      bytes.set(part, size);
      size += part.length;
      this.#position += part.length;
    }
    return bytes;
  }
}
