import { DamagedStreamError } from './damaged-stream.js';

/** What a copy of three bytes makes of each of them at most: 64 bytes. */
const MOST_GROWTH = 22;

/**
 * Decompresses one block of snappy: its length, then literals and copies of what came before.
 * Memory is allocated in proportion to the bytes that are there, whatever length they claim.
 *
 * @param start where in a whole the block begins, for errors
 * @throws DamagedStreamError
 */
export function decompressSnappy(bytes: Uint8Array, start = 0): Uint8Array {
  return new Block(bytes, start).decompress();
}

class Block {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  #at = 0;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#start = start;
  }

  decompress(): Uint8Array {
    const bytes = this.#bytes;
    const size = this.#size();
    if (size > MOST_GROWTH * bytes.length) {
      throw this.#damage(`${bytes.length} bytes cannot hold the ${size} that they claim`, 0);
    }
    const out = new Uint8Array(size);
    let to = 0;
    while (this.#at < bytes.length) {
      const from = this.#at;
      const tag = bytes[this.#at++]!;
      const kind = tag & 3;
      if (kind === 0) {
        const length = this.#literalLength(tag >>> 2);
        if (length > bytes.length - this.#at) throw this.#damage('a literal ends too late', from);
        if (length > size - to) throw this.#damage('there is more than its length says', from);
        out.set(bytes.subarray(this.#at, this.#at + length), to);
        this.#at += length;
        to += length;
        continue;
      }
      const length = kind === 1 ? 4 + ((tag >>> 2) & 7) : 1 + (tag >>> 2);
      const back =
        kind === 1 ? ((tag >>> 5) << 8) | this.#number(1) : this.#number(kind === 2 ? 2 : 4);
      if (back === 0 || back > to) throw this.#damage(`a copy goes ${back} bytes back`, from);
      if (length > size - to) throw this.#damage('there is more than its length says', from);
      for (const end = to + length; to < end; to++) out[to] = out[to - back]!;
    }
    if (to < size) throw this.#damage(`${size - to} bytes of its length are missing`, this.#at);
    return out;
  }

  /** A number in groups of seven bits, the lowest first. */
  #size(): number {
    let size = 0;
    for (let group = 0; group < 5; group++) {
      const byte = this.#number(1);
      size += (byte & 0x7f) * 2 ** (7 * group);
      if (byte < 0x80) {
        if (size > 0xffff_ffff) break;
        return size;
      }
    }
    throw this.#damage('its length is none', 0);
  }

  #literalLength(code: number): number {
    return 1 + (code < 60 ? code : this.#number(code - 59));
  }

  /** An unsigned number of so many bytes, the lowest first. */
  #number(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw this.#damage('it ends too early', this.#at);
      value += byte * 2 ** (8 * i);
      this.#at++;
    }
    return value;
  }

  #damage(what: string, at: number): DamagedStreamError {
    return new DamagedStreamError(this.#start + at, what);
  }
}
