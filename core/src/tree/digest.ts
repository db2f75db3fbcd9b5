import { CRC_START, crcBytes, crcLong, crcOf, crcText, crcWord } from '../base/crc32.js';
import { longOf } from '../base/long.js';
import { field } from './rows.js';

/** Version of the digest's definition, as it stands in transactions and snapshots. */
export const DIGEST_VERSION = 2;

const UNDIGESTED_PREFIX = '/zookeeper/';

/** Whether the digest knows the node: those below /zookeeper/ change without transactions. */
export function isDigested(path: string): boolean {
  return !path.startsWith(UNDIGESTED_PREFIX);
}

/**
 * The hash that a node adds to the tree digest, for states that are not yet in the tree: CRC-32 of
 * path, data and stat, unsigned; 0 below /zookeeper/.
 *
 * @param contentCrc of its path and data; see {@link contentCrcOf}
 * @param words the 15 words of StatPersisted in wire order, high half first; see `Tree.copyWords`
 */
export function nodeHashOf(path: string, contentCrc: number, words: Int32Array): number {
  return isDigested(path) ? crcOf(crcStat(contentCrc, words, 0)) >>> 0 : 0;
}

/** The CRC-32 register after path and data. */
export function contentCrcOf(path: string, data: Uint8Array | null): number {
  const register = path === '/' ? CRC_START : crcText(CRC_START, path);
  return data === null ? register : crcBytes(register, data, 0, data.length);
}

/** The register after the stat that starts at `start`; pzxid comes third, unlike on the wire. */
export function crcStat(register: number, words: Int32Array, start: number): number {
  let c = register;
  c = crcLong(c, words[start]!, words[start + 1]!);
  c = crcLong(c, words[start + 2]!, words[start + 3]!);
  c = crcLong(c, words[start + field.pzxidHigh]!, words[start + field.pzxidLow]!);
  c = crcLong(c, words[start + 4]!, words[start + 5]!);
  c = crcLong(c, words[start + 6]!, words[start + 7]!);
  c = crcLong(c, words[start + field.version]!, words[start + field.cversion]!);
  c = crcWord(c, words[start + field.aversion]!);
  return crcLong(c, words[start + field.ownerHigh]!, words[start + field.ownerLow]!);
}

/** A sum of hashes, modulo 2^64, in two signed halves. */
export class DigestSum {
  high = 0;
  low = 0;

  add(hash: number): void {
    const low = (this.low + hash) | 0;
    if (low >>> 0 < hash >>> 0) this.high = (this.high + 1) | 0;
    this.low = low;
  }

  subtract(hash: number): void {
    if (this.low >>> 0 < hash >>> 0) this.high = (this.high - 1) | 0;
    this.low = (this.low - hash) | 0;
  }

  /** Unsigned, as ZooKeeper's tools print it. */
  get value(): bigint {
    return BigInt.asUintN(64, longOf(this.high, this.low));
  }
}
