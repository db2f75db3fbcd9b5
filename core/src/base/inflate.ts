import type { BitSource } from './bit-source.js';
import { DamagedStreamError } from './damaged-stream.js';
import { PrefixCode } from './prefix-code.js';

/** So far back a copy may reach. */
const WINDOW_BYTES = 32_768;
/** Bytes handed out at a time. */
const PIECE_BYTES = 65_536;
const LONGEST_COPY = 258;
const END_OF_BLOCK = 256;

/** Where each length symbol (from 257 on) and each distance symbol begins, and its extra bits. */
const lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4];
const lengths = [...ranges(3, [...lengthBits, 5, 5, 5, 5]), [LONGEST_COPY, 0] as const];
const distances = ranges(
  1,
  Array.from({ length: 30 }, (_, symbol) => Math.max(0, (symbol >> 1) - 1)),
);

/** The order in which the lengths of the code for lengths are written. */
const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/**
 * Decompresses deflate (RFC 1951) up to the end of its last block, a piece at a time. Takes some
 * 100 KiB, whatever is in it.
 *
 * @throws DamagedStreamError
 */
export function* inflate(from: BitSource): Generator<Uint8Array, void> {
  yield* new Inflater(from).pieces();
}

class Inflater {
  readonly #from: BitSource;
  /** What was written last, as far as copies may reach, then what was not handed out yet. */
  readonly #out = new Uint8Array(WINDOW_BYTES + PIECE_BYTES + LONGEST_COPY);
  #position = 0;
  #handedOut = 0;

  constructor(from: BitSource) {
    this.#from = from;
  }

  *pieces(): Generator<Uint8Array, void> {
    try {
      yield* this.#blocks();
    } finally {
      /* Of a damaged stream too: it is decompressed as far as that goes. */
      yield this.#take();
    }
  }

  *#blocks(): Generator<Uint8Array, void> {
    for (let isLast = false; !isLast; ) {
      isLast = this.#from.bits(1) === 1;
      const kind = this.#from.bits(2);
      if (kind === 0) yield* this.#stored();
      else if (kind === 1) yield* this.#coded(...fixedCodes());
      else if (kind === 2) yield* this.#coded(...this.#codes());
      else throw this.#damage('a block is of no known kind');
    }
  }

  *#stored(): Generator<Uint8Array, void> {
    const from = this.#from;
    from.align();
    const size = from.byte() | (from.byte() << 8);
    const check = from.byte() | (from.byte() << 8);
    if ((size ^ check) !== 0xffff) throw this.#damage('the length of a block does not hold');
    for (let left = size; left > 0; ) {
      const bytes = from.take(Math.min(left, LONGEST_COPY));
      this.#out.set(bytes, this.#position);
      this.#position += bytes.length;
      left -= bytes.length;
      if (this.#isFull) yield this.#take();
    }
  }

  *#coded(symbols: PrefixCode, ofDistances: PrefixCode): Generator<Uint8Array, void> {
    const from = this.#from;
    const out = this.#out;
    for (;;) {
      const symbol = symbols.read(from);
      if (symbol === END_OF_BLOCK) return;
      if (symbol < END_OF_BLOCK) out[this.#position++] = symbol;
      else this.#copy(this.#range(lengths, symbol - 257), ofDistances.read(from));
      if (this.#isFull) yield this.#take();
    }
  }

  #copy(length: number, distanceSymbol: number): void {
    const distance = this.#range(distances, distanceSymbol);
    const out = this.#out;
    let to = this.#position;
    if (distance > to) throw this.#damage('a copy begins before the first byte');
    for (const end = to + length; to < end; to++) out[to] = out[to - distance]!;
    this.#position = to;
  }

  #range(table: readonly (readonly [number, number])[], symbol: number): number {
    const range = table[symbol];
    if (range === undefined) throw this.#damage('a symbol is not known');
    return range[0] + this.#from.bits(range[1]);
  }

  /** The codes that stand before a block. */
  #codes(): readonly [PrefixCode, PrefixCode] {
    const from = this.#from;
    const { offset } = from;
    const symbolCount = from.bits(5) + 257;
    const distanceCount = from.bits(5) + 1;
    const ofLengths = new Uint8Array(19);
    const count = from.bits(4) + 4;
    for (const symbol of lengthOrder.slice(0, count)) ofLengths[symbol] = from.bits(3);
    const code = new PrefixCode(ofLengths, offset);
    const all = new Uint8Array(symbolCount + distanceCount);
    for (let at = 0; at < all.length; ) {
      const symbol = code.read(from);
      if (symbol < 16) {
        all[at++] = symbol;
        continue;
      }
      if (symbol === 16 && at === 0) throw this.#damage('there is no length to repeat');
      const value = symbol === 16 ? all[at - 1]! : 0;
      const times =
        symbol === 16 ? 3 + from.bits(2) : symbol === 17 ? 3 + from.bits(3) : 11 + from.bits(7);
      if (at + times > all.length) throw this.#damage('a code has too many lengths');
      all.fill(value, at, at + times);
      at += times;
    }
    if (all[END_OF_BLOCK] === 0) throw this.#damage('a block has no end');
    return [
      new PrefixCode(all.subarray(0, symbolCount), offset),
      new PrefixCode(all.subarray(symbolCount), offset),
    ];
  }

  get #isFull(): boolean {
    return this.#position >= WINDOW_BYTES + PIECE_BYTES;
  }

  /** What was not handed out yet; makes room. */
  #take(): Uint8Array {
    const piece = this.#out.slice(this.#handedOut, this.#position);
    const kept = Math.min(this.#position, WINDOW_BYTES);
    this.#out.copyWithin(0, this.#position - kept, this.#position);
    this.#position = kept;
    this.#handedOut = kept;
    return piece;
  }

  #damage(what: string): DamagedStreamError {
    return new DamagedStreamError(this.#from.offset, what);
  }
}

let fixed: readonly [PrefixCode, PrefixCode] | undefined;

/** The codes of blocks that name none. */
function fixedCodes(): readonly [PrefixCode, PrefixCode] {
  if (fixed !== undefined) return fixed;
  const symbols = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
  fixed = [new PrefixCode(symbols, 0), new PrefixCode(new Uint8Array(30).fill(5), 0)];
  return fixed;
}

/** Ranges one behind the other, each of as many numbers as its extra bits can tell apart. */
function ranges(first: number, bits: readonly number[]): (readonly [number, number])[] {
  let start = first;
  return bits.map((extra) => {
    const range = [start, extra] as const;
    start += 1 << extra;
    return range;
  });
}
