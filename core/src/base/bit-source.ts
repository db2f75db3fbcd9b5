import type { ByteSource } from './byte-source.js';
import { DamagedStreamError } from './damaged-stream.js';

/** Bits of compressed bytes, those of low value in each byte first. */
export class BitSource {
  readonly #from: ByteSource;
  #held = 0;
  /** Bits in {@link #held}, at most 31. */
  #count = 0;

  constructor(from: ByteSource) {
    this.#from = from;
  }

  /** The byte of the whole that the next bit is in. */
  get offset(): number {
    return this.#from.offset - Math.ceil(this.#count / 8);
  }

  /** Whether there is another whole byte, when all bits of the last one are taken or skipped. */
  get hasMore(): boolean {
    return this.#count >= 8 || this.#from.hasMore;
  }

  /** The next bits, at most 15, with zeros for those behind the end; none is taken. */
  peek(count: number): number {
    while (this.#count < count) {
      const byte = this.#from.byteOrEnd();
      if (byte === -1) break;
      this.#held |= byte << this.#count;
      this.#count += 8;
    }
    return this.#held & ((1 << count) - 1);
  }

  /** Takes bits that were looked at. @throws DamagedStreamError when there are fewer */
  skip(count: number): void {
    if (count > this.#count) throw new DamagedStreamError(this.#from.offset, 'it ends too early');
    this.#held >>>= count;
    this.#count -= count;
  }

  /** Takes at most 15 bits. @throws DamagedStreamError when there are fewer */
  bits(count: number): number {
    const bits = this.peek(count);
    this.skip(count);
    return bits;
  }

  /** Skips the bits that are left of a byte. */
  align(): void {
    this.skip(this.#count & 7);
  }

  byte(): number {
    return this.bits(8);
  }

  /** Takes whole bytes, after {@link align}. @throws DamagedStreamError when there are fewer */
  take(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    let size = 0;
    for (; size < count && this.#count >= 8; size++) bytes[size] = this.byte();
    if (size < count) bytes.set(this.#from.take(count - size), size);
    return bytes;
  }
}
