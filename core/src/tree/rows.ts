/**
 * Znodes as rows of 32-bit words, in pages. A row starts with the 15 words of StatPersisted in wire
 * order (high half first), so that a stat is copied straight out of it.
 */
import { highOf, lowOf } from '../base/long.js';
import type { StatPersisted } from '../wire/records.js';

/** Words of a row. */
export const field = {
  czxidHigh: 0,
  czxidLow: 1,
  mzxidHigh: 2,
  mzxidLow: 3,
  ctimeHigh: 4,
  ctimeLow: 5,
  mtimeHigh: 6,
  mtimeLow: 7,
  version: 8,
  cversion: 9,
  aversion: 10,
  ownerHigh: 11,
  ownerLow: 12,
  pzxidHigh: 13,
  pzxidLow: 14,
  childCount: 15,
  aclId: 16,
  parent: 17,
  /** Children form a list: the parent's `firstChild`, then each one's `next`. */
  firstChild: 18,
  /** Next sibling; in a free row the next free row. */
  next: 19,
  previous: 20,
  /** Block of the slab that holds the name and, right behind it, the data. */
  block: 21,
  nameLength: 22,
  /** -1 for null data. */
  dataLength: 23,
  /** The node's part in the tree digest, unless `flag.dirty`. */
  hash: 24,
  /** CRC-32 register after the path, where each hash of the node goes on from. */
  pathCrc: 25,
  /** The register after path and data, unless `flag.staleCrc`: large data is hashed once. */
  contentCrc: 26,
  flags: 27,
} as const;

/** Words that make up StatPersisted. */
export const STAT_WORDS = 15;

/** The words of a stat, as a row begins with them. */
export function statWordsOf(stat: StatPersisted): Int32Array {
  const words = new Int32Array(STAT_WORDS);
  const put = (at: number, value: bigint) => {
    words[at] = highOf(value);
    words[at + 1] = lowOf(value);
  };
  put(field.czxidHigh, stat.czxid);
  put(field.mzxidHigh, stat.mzxid);
  put(field.ctimeHigh, BigInt(stat.ctime));
  put(field.mtimeHigh, BigInt(stat.mtime));
  words[field.version] = stat.version;
  words[field.cversion] = stat.cversion;
  words[field.aversion] = stat.aversion;
  put(field.ownerHigh, stat.ephemeralOwner);
  put(field.pzxidHigh, stat.pzxid);
  return words;
}

/** Bits of `field.flags`. */
export const flag = {
  live: 1,
  /** The hash is out of date and not part of the digest's sum; the row stands in a list. */
  dirty: 2,
  /** The name is not ASCII: bytes and UTF-16 units differ. */
  wideName: 4,
  /** The node is below /zookeeper/, which the digest leaves out. */
  undigested: 8,
  /** The data is newer than `field.contentCrc`. */
  staleCrc: 16,
} as const;

export const ROW_WORDS = 28;
const PAGE_SHIFT = 8;
const PAGE_ROWS = 1 << PAGE_SHIFT;
const PAGE_MASK = PAGE_ROWS - 1;
const NONE = -1;

export class Rows {
  readonly #pages: Int32Array[] = [];
  #free = NONE;
  #limit = 0;

  /** Every row in use has a number below this. */
  get limit(): number {
    return this.#limit;
  }

  /** Page of a row; its words start at {@link Rows.start}. */
  page(row: number): Int32Array {
    return this.#pages[row >> PAGE_SHIFT]!;
  }

  start(row: number): number {
    return (row & PAGE_MASK) * ROW_WORDS;
  }

  get(row: number, word: number): number {
    return this.#pages[row >> PAGE_SHIFT]![(row & PAGE_MASK) * ROW_WORDS + word]!;
  }

  set(row: number, word: number, value: number): void {
    this.#pages[row >> PAGE_SHIFT]![(row & PAGE_MASK) * ROW_WORDS + word] = value;
  }

  /** A row; its words are those of whatever used it before. */
  allocate(): number {
    const free = this.#free;
    if (free !== NONE) {
      this.#free = this.get(free, field.next);
      return free;
    }
    if (this.#limit >> PAGE_SHIFT === this.#pages.length) {
      this.#pages.push(new Int32Array(PAGE_ROWS * ROW_WORDS));
    }
    return this.#limit++;
  }

  release(row: number): void {
    this.set(row, field.next, this.#free);
    this.#free = row;
  }
}
