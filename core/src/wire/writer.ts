import { highOf, highOfNumber, lowOf, lowOfNumber } from '../base/long.js';
import { pooledCopy } from '../base/pooled-copy.js';

const encoder = new TextEncoder();
const COPY_BY_HAND = 64;

/**
 * A growing, reusable big-endian output. Integers are written byte by byte: measured, that is as
 * fast as `DataView` and many times faster than `Buffer`'s 64-bit methods.
 */
export class Writer {
  bytes: Uint8Array;
  position = 0;

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for `size` more bytes. */
  reserve(size: number): void {
    const needed = this.position + size;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.position));
    this.bytes = grown;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.position++] = value;
  }

  boolean(value: boolean): void {
    this.byte(value ? 1 : 0);
  }

  int(value: number): void {
    this.reserve(4);
    this.intAt(this.position, value);
    this.position += 4;
  }

  /** Overwrites four bytes written before, such as a length that was not known yet. */
  intAt(at: number, value: number): void {
    const b = this.bytes;
    b[at] = value >>> 24;
    b[at + 1] = value >>> 16;
    b[at + 2] = value >>> 8;
    b[at + 3] = value;
  }

  /** A long given as halves; see `base/long.ts`. */
  halves(high: number, low: number): void {
    this.reserve(8);
    this.intAt(this.position, high);
    this.intAt(this.position + 4, low);
    this.position += 8;
  }

  long(value: bigint): void {
    this.halves(highOf(value), lowOf(value));
  }

  time(value: number): void {
    this.halves(highOfNumber(value), lowOfNumber(value));
  }

  /** Bytes without a length. */
  raw(value: Uint8Array, start = 0, end = value.length): void {
    const size = end - start;
    this.reserve(size);
    const b = this.bytes;
    let at = this.position;
    this.position += size;
    if (size <= COPY_BY_HAND) {
      for (let i = start; i < end; i++) b[at++] = value[i]!;
    } else {
      b.set(size === value.length ? value : value.subarray(start, end), at);
    }
  }

  bufferOrNull(value: Uint8Array | null): void {
    if (value === null) {
      this.int(-1);
    } else {
      this.int(value.length);
      this.raw(value);
    }
  }

  stringOrNull(value: string | null): void {
    if (value === null) this.int(-1);
    else this.string(value);
  }

  string(value: string): void {
    const units = value.length;
    this.reserve(4 + 3 * units);
    const start = this.position + 4;
    const b = this.bytes;
    let at = start;
    for (let i = 0; i < units; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) {
        at = start + encoder.encodeInto(value, b.subarray(start)).written;
        break;
      }
      b[at++] = unit;
    }
    this.intAt(this.position, at - start);
    this.position = at;
  }

  /** A view of what was written; valid until the next write. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.position);
  }

  /** A copy of what was written. */
  copy(): Uint8Array {
    return this.bytes.slice(0, this.position);
  }

  /** A copy for what is let go soon; see {@link pooledCopy}. */
  pooled(): Uint8Array {
    return pooledCopy(this.bytes, 0, this.position);
  }

  clear(): void {
    this.position = 0;
  }
}
