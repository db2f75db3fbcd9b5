/**
 * Path → row as open addressing over (hash, row + 1) pairs; the paths themselves are in the rows.
 *
 * 256 segments by the hash's upper bits grow one by one, so that growing never holds the server for
 * long: at a million nodes a segment moves about four thousand pairs.
 */

const SEGMENTS = 256;
const FIRST_PAIRS = 8;
/** Pairs in use out of 8 before a segment doubles. */
const FULL_OF_EIGHT = 6;
const PRIME = 0x0100_0193;

/** Where every path's hash starts: state of the empty path, which is the root's. */
export function startHash(seed: number): number {
  return seed ^ 0x811c_9dc5;
}

/** Goes on hashing with the UTF-16 units of `text` from `start` to `end`. */
export function hashText(state: number, text: string, start: number, end: number): number {
  let hash = state;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME);
  return hash;
}

/** The same for ASCII bytes; -1 through `ascii` when a byte is none. */
export function hashBytes(state: number, bytes: Uint8Array, start: number, end: number): number {
  let hash = state;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, PRIME);
  return hash;
}

/** Spreads a state over all bits: what is stored and compared. */
export function finishHash(state: number): number {
  let hash = state ^ (state >>> 16);
  hash = Math.imul(hash, 0x7feb_352d);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x846c_a68b);
  return hash ^ (hash >>> 16);
}

export class PathIndex {
  readonly #segments: Int32Array[] = [];
  readonly #counts = new Int32Array(SEGMENTS);

  constructor() {
    for (let i = 0; i < SEGMENTS; i++) this.#segments.push(new Int32Array(2 * FIRST_PAIRS));
  }

  /**
   * Pairs where a hash would be: probe from `2 * hash` on, by two, modulo the length (a power of
   * two), up to a pair whose second word is 0.
   */
  segment(hash: number): Int32Array {
    return this.#segments[hash >>> 24]!;
  }

  add(hash: number, row: number): void {
    const segment = hash >>> 24;
    let pairs = this.#segments[segment]!;
    const count = ++this.#counts[segment]!;
    if (count * 16 > pairs.length * FULL_OF_EIGHT) {
      pairs = grown(pairs);
      this.#segments[segment] = pairs;
    }
    put(pairs, hash, row + 1);
  }

  /** Removes a pair that is there. */
  remove(hash: number, row: number): void {
    const segment = hash >>> 24;
    const pairs = this.#segments[segment]!;
    const mask = pairs.length - 1;
    let hole = (hash << 1) & mask;
    while (pairs[hole + 1] !== row + 1) hole = (hole + 2) & mask;
    this.#counts[segment]!--;
    /* Later pairs of the run move up if their place is at or before the hole. */
    for (let at = (hole + 2) & mask; pairs[at + 1] !== 0; at = (at + 2) & mask) {
      const home = (pairs[at]! << 1) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      pairs[hole] = pairs[at]!;
      pairs[hole + 1] = pairs[at + 1]!;
      hole = at;
    }
    pairs[hole] = 0;
    pairs[hole + 1] = 0;
  }
}

function put(pairs: Int32Array, hash: number, entry: number): void {
  const mask = pairs.length - 1;
  let at = (hash << 1) & mask;
  while (pairs[at + 1] !== 0) at = (at + 2) & mask;
  pairs[at] = hash;
  pairs[at + 1] = entry;
}

function grown(pairs: Int32Array): Int32Array {
  const larger = new Int32Array(pairs.length * 2);
  for (let at = 0; at < pairs.length; at += 2) {
    if (pairs[at + 1] !== 0) put(larger, pairs[at]!, pairs[at + 1]!);
  }
  return larger;
}
