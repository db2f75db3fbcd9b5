import { MalformedError } from '../wire/reader.js';

/** Bytes of a reply's header: xid, zxid, err. */
const HEADER_BYTES = 16;

/** One frame from a server, or what is left of one that was too long. */
export interface ReplyFrame {
  /** The whole frame, or only its header when `oversizeBytes` is set. */
  readonly bytes: Uint8Array;
  /** Length of a frame above the limit, whose body was thrown away. */
  readonly oversizeBytes: number;
}

/**
 * Cuts what a server sends into frames. A frame above the limit is passed over without being kept,
 * and its header is still told: one answer that is too long must not cost the connection, and with
 * it everything else that was asked.
 */
export class ReplyFrames {
  readonly #maxLength: number;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** The frame being put together from several chunks; its length still part of it. */
  #partial: Uint8Array | undefined;
  #filled = 0;
  /** Bytes of an oversized frame still to be passed over, after its header. */
  #skip = 0;
  #oversize = 0;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** Adds bytes, after all frames of those before were taken. */
  push(bytes: Uint8Array): void {
    this.#chunk = bytes;
    this.#at = 0;
  }

  /** @throws MalformedError for a negative length */
  next(): ReplyFrame | undefined {
    for (;;) {
      const left = this.#chunk.length - this.#at;
      if (this.#skip > 0) {
        const size = Math.min(this.#skip, left);
        this.#skip -= size;
        this.#at += size;
        if (this.#skip > 0) return undefined;
        continue;
      }
      if (this.#partial === undefined) {
        if (left === 0) return undefined;
        if (left >= 4) {
          const length = this.#checked(lengthAt(this.#chunk, this.#at));
          if (this.#oversize === 0 && left - 4 >= length) {
            const bytes = this.#chunk.subarray(this.#at + 4, this.#at + 4 + length);
            this.#at += 4 + length;
            return { bytes, oversizeBytes: 0 };
          }
          this.#begin(length);
          this.#at += 4;
          continue;
        }
        this.#partial = new Uint8Array(4);
        this.#filled = 0;
      }
      const frame = this.#fill();
      if (frame === undefined) return undefined;
      if (frame !== MORE) return frame;
    }
  }

  #begin(length: number): void {
    const kept = this.#oversize > 0 ? HEADER_BYTES : length;
    this.#partial = new Uint8Array(4 + kept);
    this.#filled = 4;
  }

  #fill(): ReplyFrame | typeof MORE | undefined {
    const partial = this.#partial!;
    const size = Math.min(partial.length - this.#filled, this.#chunk.length - this.#at);
    partial.set(this.#chunk.subarray(this.#at, this.#at + size), this.#filled);
    this.#at += size;
    this.#filled += size;
    if (this.#filled < partial.length) return undefined;
    if (partial.length === 4 && this.#filled === 4) {
      const length = this.#checked(lengthAt(partial, 0));
      if (length > 0) {
        this.#begin(length);
        return MORE;
      }
    }
    const oversizeBytes = this.#oversize;
    if (oversizeBytes > 0) this.#skip = oversizeBytes - HEADER_BYTES;
    this.#oversize = 0;
    this.#partial = undefined;
    return { bytes: partial.subarray(4), oversizeBytes };
  }

  #checked(length: number): number {
    if (length < 0) throw new MalformedError(`frame length ${length} is negative`);
    this.#oversize = length > this.#maxLength && length >= HEADER_BYTES ? length : 0;
    return length;
  }
}

const MORE = Symbol('more');

function lengthAt(b: Uint8Array, at: number): number {
  return (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!;
}
