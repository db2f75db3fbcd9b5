/**
 * Reads transaction log files with as little of the server's own code as can be: what is durable
 * must be decided by somebody else than the one who claims it.
 */

import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { folders } from '@vivarium/core/internal/storage/disk';

/** Magic, version, database id. */
export const FILE_HEADER_BYTES = 16;
/** Checksum and length before a record, the mark behind it. */
const RECORD_HEADER_BYTES = 12;
const END_MARK = 0x42;
/** In a transaction's header, behind the client and its count. */
const ZXID_AT = 12;

/** A whole record and where it ends in its file. */
export interface LogRecord {
  readonly zxid: bigint;
  /** The bytes of the transaction. */
  readonly bytes: Uint8Array;
  readonly end: number;
}

/** Whole records from `position` of a file on, up to padding, a torn record or the end. */
export function recordsIn(bytes: Uint8Array, position: number, base = 0): LogRecord[] {
  const records: LogRecord[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = position; ; ) {
    const length = wholeAt(bytes, view, at);
    if (length === 0) return records;
    const start = at + RECORD_HEADER_BYTES;
    const zxid = view.getBigInt64(start + ZXID_AT);
    at = start + length + 1;
    records.push({ zxid, bytes: bytes.slice(start, start + length), end: base + at });
  }
}

/** How long the transaction is of a record that is whole; 0 when there is none. */
function wholeAt(bytes: Uint8Array, view: DataView, at: number): number {
  if (at + RECORD_HEADER_BYTES > bytes.length) return 0;
  const checksum = view.getUint32(at + 4);
  const length = view.getInt32(at + 8);
  const start = at + RECORD_HEADER_BYTES;
  const end = start + length;
  if (length < ZXID_AT + 8 || end + 1 > bytes.length || bytes[end] !== END_MARK) return 0;
  return adler32(bytes, start, end) === checksum ? length : 0;
}

function adler32(bytes: Uint8Array, from: number, to: number): number {
  let a = 1;
  let b = 0;
  for (let at = from; at < to; at++) {
    a = (a + bytes[at]!) % 65_521;
    b = (b + a) % 65_521;
  }
  return ((b << 16) | a) >>> 0;
}

/** Whether a record stands on a disk where it is said to, and any crash would leave it there. */
export function isDurableIn(
  disk: MemoryDisk,
  { file, end, bytes }: LogRecord & { readonly file: string },
): boolean {
  const start = end - 1 - bytes.length;
  const kept = disk.readDurable(folders.logs + file, start, bytes.length + 1);
  return (
    kept.length === bytes.length + 1 && kept.every((byte, at) => byte === (bytes[at] ?? END_MARK))
  );
}

/** Whether a file of the log folder is a log, and not one of its side files. */
export function isLogName(name: string): boolean {
  return /^log\.[0-9a-f]+$/.test(name);
}

/** The zxid in the name of a snapshot; undefined for names of other files. */
export function snapshotZxid(name: string): bigint | undefined {
  const hex = /^snapshot\.([0-9a-f]+)$/.exec(name)?.[1];
  return hex === undefined ? undefined : BigInt(`0x${hex}`);
}

/** The zxid in the name of a tree that a leader has sent, and that is to take the log's place. */
export function receivedZxid(name: string): bigint | undefined {
  const hex = /^vivarium-received\.([0-9a-f]+)\.[0-9a-f]+$/.exec(name)?.[1];
  return hex === undefined ? undefined : BigInt(`0x${hex}`);
}
