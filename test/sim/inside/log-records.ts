/**
 * Reads transaction log files with as little of the server's own code as can be: what is durable
 * must be decided by somebody else than the one who claims it.
 */
import type { Reader as ReaderType } from '@vivarium/core/internal/wire/reader';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { readTxn, type Txn } from '@vivarium/core/internal/wire/txns';

/** Magic, version, database id. */
export const FILE_HEADER_BYTES = 16;
/** Checksum and length before a record, the mark behind it. */
const RECORD_HEADER_BYTES = 12;
const END_MARK = 0x42;

/** A whole record and where it ends in its file. */
export interface LogRecord {
  readonly txn: Txn;
  /** The bytes of the transaction. */
  readonly bytes: Uint8Array;
  readonly end: number;
}

/** Whole records from `position` of a file on, up to padding, a torn record or the end. */
export function recordsIn(bytes: Uint8Array, position: number, base = 0): LogRecord[] {
  const records: LogRecord[] = [];
  let at = position;
  for (;;) {
    const body = bodyAt(bytes, at);
    if (body === undefined) return records;
    at += RECORD_HEADER_BYTES + body.length + 1;
    const txn = readTxn(new Reader(body) as ReaderType);
    records.push({ txn, bytes: body, end: base + at });
  }
}

function bodyAt(bytes: Uint8Array, at: number): Uint8Array | undefined {
  if (at + RECORD_HEADER_BYTES > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const checksum = view.getUint32(at + 4);
  const length = view.getInt32(at + 8);
  const start = at + RECORD_HEADER_BYTES;
  if (length <= 0 || start + length + 1 > bytes.length) return undefined;
  const body = bytes.slice(start, start + length);
  if (bytes[start + length] !== END_MARK || adler32(body) !== checksum) return undefined;
  return body;
}

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return ((b << 16) | a) >>> 0;
}

/** Whether a file of the log folder is a log, and not one of its side files. */
export function isLogName(name: string): boolean {
  return /^log\.[0-9a-f]+$/.test(name);
}
