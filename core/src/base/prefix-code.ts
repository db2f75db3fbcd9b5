import type { BitSource } from './bit-source.js';
import { DamagedStreamError } from './damaged-stream.js';

const LONGEST_BITS = 15;

/** A prefix code of deflate (RFC 1951, 3.2.2), made of the length of each symbol's word. */
export class PrefixCode {
  /** For the next bits, as many as the longest word has: symbol and length; 0 for no word. */
  readonly #table: Uint16Array;
  readonly #longest: number;

  /**
   * @param lengths in bits, at most 15, by symbol; 0 for symbols without a word
   * @param offset for errors
   * @throws DamagedStreamError when no code has these lengths
   */
  constructor(lengths: Uint8Array, offset: number) {
    const counts = new Uint16Array(LONGEST_BITS + 1);
    let longest = 0;
    for (const length of lengths) {
      counts[length]!++;
      if (length > longest) longest = length;
    }
    counts[0] = 0;
    const next = new Uint16Array(LONGEST_BITS + 1);
    let word = 0;
    for (let length = 1; length <= longest; length++) {
      word = (word + counts[length - 1]!) << 1;
      next[length] = word;
      if (word + counts[length]! > 1 << length) {
        throw new DamagedStreamError(offset, 'its code has too many words');
      }
    }
    const table = new Uint16Array(1 << longest);
    lengths.forEach((length, symbol) => {
      if (length === 0) return;
      const step = 1 << length;
      const entry = (symbol << 4) | length;
      for (let at = reversed(next[length]!++, length); at < table.length; at += step) {
        table[at] = entry;
      }
    });
    this.#table = table;
    this.#longest = longest;
  }

  /** Takes the next word. @returns its symbol */
  read(from: BitSource): number {
    const entry = this.#table[from.peek(this.#longest)]!;
    if (entry === 0) throw new DamagedStreamError(from.offset, 'no word of its code is there');
    from.skip(entry & 15);
    return entry >>> 4;
  }
}

/** Words are written with their first bit lowest. */
function reversed(word: number, length: number): number {
  let turned = 0;
  for (let bit = 0; bit < length; bit++) turned |= ((word >>> bit) & 1) << (length - 1 - bit);
  return turned;
}
