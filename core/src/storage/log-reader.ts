import { MalformedError, Reader } from '../wire/reader.js';
import { readTxn, type Txn } from '../wire/txns.js';
import { ADLER_START, adler32 } from './adler32.js';
import type { DiskReader } from './disk.js';
import { FileWindow } from './file-window.js';
import {
  CHAIN_START,
  chainOf,
  LOG_HEADER_BYTES,
  LOG_MAGIC,
  LOG_VERSION,
  RECORD_END,
  RECORD_PREFIX_BYTES,
  TXN_HEADER_BYTES,
} from './log-format.js';

/** Where the zxid stands in a transaction, and where its type. */
const ZXID_AT = 12;
const TYPE_AT = 28;

/**
 * Reads the records of one log up to the first place where there is no whole, sound record. What
 * that place means is for others to judge.
 */
export class LogReader {
  readonly #from: FileWindow;
  readonly #reader = new Reader(new Uint8Array(0));
  readonly #file: string;
  /** Number of records read. */
  count = 0;
  /** The last record: where it begins, its checksum (signed) and its zxid. */
  recordAt = 0;
  checksum = 0;
  zxidHigh = 0;
  zxidLow = 0;
  /** The last record's transaction type. */
  type = 0;
  /** Behind the last record; 0 as long as no header was read. */
  end = 0;
  /** The chain of all records read. */
  chain = CHAIN_START;
  /** The chain before the last record. */
  #chainBefore = CHAIN_START;

  /**
   * @param start where to begin: behind a record that was read before, or 0
   * @param windowBytes read at a time
   */
  constructor(disk: DiskReader, file: string, size: number, start = 0, windowBytes?: number) {
    this.#from = new FileWindow(disk, file, size, start, windowBytes);
    this.#file = file;
    this.end = start;
  }

  /**
   * Reads the header. @returns false when the file does not begin with one of a log
   *
   * @throws MalformedError for a log in another format
   */
  readHeader(): boolean {
    const from = this.#from;
    if (!from.ensure(LOG_HEADER_BYTES)) return false;
    if (from.int() !== LOG_MAGIC) return false;
    const version = from.int();
    from.long();
    if (version !== LOG_VERSION) throw new MalformedError(`its format ${version} is not known`);
    this.end = LOG_HEADER_BYTES;
    return true;
  }

  /** Goes to the next record. @returns false when there is no sound one */
  next(): boolean {
    const from = this.#from;
    if (!from.ensure(RECORD_PREFIX_BYTES)) return false;
    const high = from.int();
    const checksum = from.int();
    const length = from.int();
    if (high !== 0 || length < TXN_HEADER_BYTES || !from.ensure(length + 1)) return false;
    const start = from.position;
    const end = start + length;
    const { bytes } = from;
    if (bytes[end] !== RECORD_END) return false;
    if ((adler32(ADLER_START, bytes, start, end) | 0) !== checksum) return false;
    from.position = end + 1;
    const reader = this.#reader.reset(bytes, start + ZXID_AT, end);
    this.zxidHigh = reader.int();
    this.zxidLow = reader.int();
    reader.position = start + TYPE_AT;
    this.type = reader.int();
    reader.position = start;
    this.recordAt = this.end;
    this.end += RECORD_PREFIX_BYTES + length + 1;
    this.checksum = checksum;
    this.#chainBefore = this.chain;
    this.chain = chainOf(this.chain, checksum, length);
    this.count++;
    return true;
  }

  /** Takes the last record as not read; no other is read afterwards. */
  leaveLast(): void {
    this.count--;
    this.end = this.recordAt;
    this.chain = this.#chainBefore;
  }

  /** The record's transaction as it stands there; valid until the next one is asked for. */
  get bytes(): Uint8Array {
    const { bytes, position, end } = this.#reader;
    return bytes.subarray(position, end);
  }

  /**
   * The record's transaction, whose buffers are valid until the next one is asked for.
   *
   * @throws MalformedError when the bytes, though as they were written, are none
   */
  txn(): Txn {
    const reader = this.#reader;
    const txn = readTxn(reader);
    if (reader.remaining > 0) {
      throw new MalformedError(
        `${reader.remaining} bytes are left of a transaction in ${this.#file}`,
      );
    }
    return txn;
  }
}
