import { longOf, numberOf } from '../base/long.js';

/** Bytes that are not what the protocol says: the sender's fault, answered or cut by the caller. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * A bounds-checked cursor over jute bytes, big-endian. Buffers it returns are views, not copies:
 * whoever keeps one copies it.
 */
export class Reader {
  bytes: Uint8Array;
  position: number;
  end: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  /** Points the same cursor at other bytes, so that hot paths need no new one. */
  reset(bytes: Uint8Array, position: number, end: number): this {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
    return this;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  byte(): number {
    const at = this.#take(1);
    return this.bytes[at]!;
  }

  boolean(): boolean {
    return this.byte() !== 0;
  }

  int(): number {
    const at = this.#take(4);
    const b = this.bytes;
    return (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!;
  }

  long(): bigint {
    const high = this.int();
    return longOf(high, this.int());
  }

  /** A long that is a time or a size, as a number; exact up to 2^53. */
  time(): number {
    const high = this.int();
    return numberOf(high, this.int());
  }

  /** Length-prefixed bytes as a view, or null. */
  bufferOrNull(): Uint8Array | null {
    const length = this.int();
    if (length === -1) return null;
    if (length < 0) throw new MalformedError(`unreasonable length ${length}`);
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** Length-prefixed UTF-8 text, or null. */
  stringOrNull(): string | null {
    const length = this.int();
    if (length === -1) return null;
    if (length < 0) throw new MalformedError(`unreasonable length ${length}`);
    const at = this.#take(length);
    return utf8Slice(this.bytes, at, at + length);
  }

  string(): string {
    const text = this.stringOrNull();
    if (text === null) throw new MalformedError('a string is null');
    return text;
  }

  /** Element count of a vector, or -1 for null; refuses counts that cannot fit the bytes left. */
  count(): number {
    const count = this.int();
    if (count < -1 || count > this.remaining)
      throw new MalformedError(`unreasonable count ${count}`);
    return count;
  }

  /** Goes past these bytes if they come next. */
  takeIf(expected: Uint8Array): boolean {
    if (this.remaining < expected.length) return false;
    const { bytes, position } = this;
    for (let i = 0; i < expected.length; i++) {
      if (bytes[position + i] !== expected[i]) return false;
    }
    this.position += expected.length;
    return true;
  }

  #take(size: number): number {
    const at = this.position;
    if (at + size > this.end) {
      throw new MalformedError(`${size} bytes wanted, ${this.end - at} left`);
    }
    this.position = at + size;
    return at;
  }
}

/** Up to this many bytes putting characters together costs less than the decoder's set-up. */
const SHORT_TEXT = 12;

/** Text of UTF-8 bytes. */
function utf8Slice(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT_TEXT) {
    let text = '';
    for (let i = start; i < end; i++) {
      const unit = bytes[i]!;
      if (unit > 0x7f) return decoder.decode(bytes.subarray(start, end));
      text += String.fromCharCode(unit);
    }
    return text;
  }
  return decoder.decode(bytes.subarray(start, end));
}
