/**
 * ZooKeeper's transaction log: a header (magic, version, database id), then records of a checksum
 * (long), a length (int), the transaction and an end mark, then zeros up to the end of the file.
 */

/** `ZKLG`. */
export const LOG_MAGIC = 0x5a4b_4c47;
export const LOG_VERSION = 2;
export const LOG_HEADER_BYTES = 16;
/** Bytes of a record before its transaction. */
export const RECORD_PREFIX_BYTES = 12;
/** Bytes of a transaction's header, which it begins with. */
export const TXN_HEADER_BYTES = 32;
/** Stands behind every transaction. */
export const RECORD_END = 0x42;

/**
 * Whether a transaction may come right after another, both as halves: the next number, or the first
 * of a later epoch. Everything that takes a zxid is logged, failed requests too.
 */
export function follows(aHigh: number, aLow: number, bHigh: number, bLow: number): boolean {
  if (bHigh === aHigh) return bLow >>> 0 === (aLow >>> 0) + 1;
  if (bHigh < aHigh) return false;
  return bLow === 1 || (bLow === 0 && aLow === -1 && bHigh === aHigh + 1);
}

/** The chain of no records. */
export const CHAIN_START = 0;

/**
 * The chain after one more record: a short name for all records of a file and their order, made of
 * checksums that were computed anyway.
 */
export function chainOf(chain: number, checksum: number, length: number): number {
  let c = Math.imul(chain ^ checksum, 0x9e37_79b1);
  c = Math.imul(c ^ (c >>> 15) ^ length, 0x85eb_ca6b);
  return c ^ (c >>> 13);
}
