import { compareLongs } from '../base/long.js';
import { Reader } from '../wire/reader.js';
import { ADLER_START, adler32 } from './adler32.js';
import type { DiskReader } from './disk.js';
import { type LogFacts, nothingKnown } from './log-facts.js';
import { RECORD_END, RECORD_PREFIX_BYTES } from './log-format.js';

const PIECE_BYTES = 4 << 20;
/** Zxids that one log can be ahead of another place in it. */
const SPAN = 1 << 30;

/** Where reading a log came to an end. */
export interface LogEnd {
  /** Behind the last sound record. */
  readonly end: number;
  /** Behind the last byte that is not zero; at least {@link end}. */
  readonly writtenEnd: number;
  /** What we noted about the log; `undefined` for one of Apache ZooKeeper. */
  readonly facts: LogFacts | undefined;
  /** Whether the records before `facts.synced` are those that were made durable. */
  readonly chainHolds: boolean;
  /** Whether a sound record of a later transaction stands behind the end. */
  readonly hasLaterRecord: () => boolean;
}

/** What stands behind the last sound record of a log. */
export type Verdict =
  /** Nothing. */
  | 'clean'
  /** A flush that the crash interrupted, or something that cannot be told from it. */
  | 'torn'
  /** Bytes of which nothing says whether they were ever durable. */
  | 'undecidable'
  /** Something that was durable, and is not what it was. */
  | 'corrupt';

/**
 * Judges the end of the last log. An interrupted flush may leave any part of what it wrote, so a
 * sound record behind a bad one proves nothing by itself; that a later flush was begun does. Where
 * no facts tell of flushes, or they are lost, a sound record is taken for one of a later flush: to
 * refuse is the mistake that loses nothing.
 */
export function judgeLogEnd(log: LogEnd): Verdict {
  const { end, writtenEnd, facts } = log;
  if (facts === undefined || facts === nothingKnown) {
    if (writtenEnd === end) return 'clean';
    return log.hasLaterRecord() ? 'corrupt' : 'undecidable';
  }
  if (end < facts.synced || !log.chainHolds) return 'corrupt';
  if (end < facts.flushEnd && writtenEnd > facts.flushEnd) return 'corrupt';
  if (end < facts.flushEnd) return 'torn';
  return writtenEnd === end ? 'clean' : 'undecidable';
}

/** Behind the last byte of a file that is not zero, from `start` on; `start` when all are zero. */
export function findWrittenEnd(
  disk: DiskReader,
  file: string,
  start: number,
  size: number,
): number {
  let writtenEnd = start;
  for (let at = start; at < size; at += PIECE_BYTES) {
    const bytes = disk.read(file, at, Math.min(PIECE_BYTES, size - at));
    let length = bytes.length;
    while (length > 0 && bytes[length - 1] === 0) length--;
    if (length > 0) writtenEnd = at + length;
  }
  return writtenEnd;
}

/** Whether a sound record of a transaction after the zxid given begins between two places. */
export function hasLaterRecord(
  disk: DiskReader,
  file: string,
  range: { readonly start: number; readonly end: number },
  zxidHigh: number,
  zxidLow: number,
): boolean {
  return findLaterRecord(disk, file, range, zxidHigh, zxidLow) !== undefined;
}

/** Where the first such record begins; `undefined` when there is none. */
export function findLaterRecord(
  disk: DiskReader,
  file: string,
  range: { readonly start: number; readonly end: number },
  zxidHigh: number,
  zxidLow: number,
): number | undefined {
  for (let at = range.start; at < range.end; at += PIECE_BYTES) {
    const bytes = disk.read(file, at, Math.min(2 * PIECE_BYTES, range.end - at));
    const last = Math.min(PIECE_BYTES, bytes.length - RECORD_PREFIX_BYTES);
    for (let i = 0; i < last; i++) {
      if ((bytes[i]! | bytes[i + 1]! | bytes[i + 2]! | bytes[i + 3]!) !== 0) continue;
      if (isLaterRecord(bytes, i, zxidHigh, zxidLow)) return at + i;
    }
  }
  return undefined;
}

function isLaterRecord(bytes: Uint8Array, at: number, zxidHigh: number, zxidLow: number): boolean {
  const reader = new Reader(bytes, at + 4);
  const checksum = reader.int();
  const length = reader.int();
  const start = at + RECORD_PREFIX_BYTES;
  if (length < 32 || start + length >= bytes.length) return false;
  if (bytes[start + length] !== RECORD_END) return false;
  reader.position = start + 12;
  const high = reader.int();
  const low = reader.int();
  if (compareLongs(high, low, zxidHigh, zxidLow) <= 0 || high - zxidHigh > SPAN) return false;
  return (adler32(ADLER_START, bytes, start, start + length) | 0) === checksum;
}
