import type { Acl } from '../wire/records.js';

/** Places in {@link ChangeRecord.words}: the 15 words of StatPersisted, high half first. */
export const word = {
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
} as const;

/** Number of words. */
export const STAT_WORDS = 15;

/**
 * A node as it will be once everything accepted so far is applied. There is one for each node that
 * will change; later writes change the same record.
 */
export interface ChangeRecord {
  readonly path: string;
  /** False when it will be gone. */
  exists: boolean;
  words: Int32Array;
  childCount: number;
  /** `undefined` for a list that nobody knows; it permits nobody. */
  acl: readonly Acl[] | undefined;
  /** Bytes of its data. */
  dataLength: number;
  /** CRC-32 register after path and data, from which its hash goes on; see `nodeHashOf`. */
  contentCrc: number;
  /** What it adds to the tree digest. */
  hash: number;
  /** Number of the last write that changes it; 0 while it is on nobody's record. */
  write: number;
}

/** A copy, to go back to. */
export function copyOf(record: ChangeRecord): ChangeRecord {
  return { ...record, words: record.words.slice() };
}
