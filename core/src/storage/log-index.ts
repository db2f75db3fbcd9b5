import type { Zxid } from '../base/ids.js';
import { longOf } from '../base/long.js';
import { Reader } from '../wire/reader.js';
import type { DiskReader } from './disk.js';
import { LOG_HEADER_BYTES } from './log-format.js';
import { LogReader } from './log-reader.js';

/** Bytes of records that a chunk has at least, unless it is the last one of its log. */
export const CHUNK_BYTES: number = 256 << 10;
/** Read at a time: a chunk, and most often the record that ends it. */
const WINDOW_BYTES = CHUNK_BYTES + (64 << 10);
/** Where the time stands in a transaction. */
const TIME_AT = 20;

/** Some records of a log that stand one behind the other. */
export interface LogChunk {
  /** Where the first one begins, and behind the last one. */
  readonly start: number;
  readonly end: number;
  readonly count: number;
  /** The lowest and the highest zxid, and the earliest time of any. */
  readonly first: Zxid;
  readonly last: Zxid;
  readonly earliest: number;
  /** The chain (`log-format.ts`) of these records alone. */
  readonly chain: number;
}

/** One record, in bytes of its own. */
export interface RawRecord {
  readonly zxid: Zxid;
  /** Header, body and digest. */
  readonly bytes: Uint8Array;
}

/** A log is not any more what it was when it was read before: it was cut, or removed. */
export class ChangedLogError extends Error {
  override readonly name = 'ChangedLogError';
}

/**
 * Where in a log its records stand, a place each {@link CHUNK_BYTES}, so that it can be read from
 * its end without reading it from its beginning each time. A place takes some 150 bytes of memory.
 *
 * The log may grow meanwhile. That the records of a chunk are still those that were there is seen
 * by their checksums.
 */
export class LogIndex {
  readonly file: string;
  readonly #disk: DiskReader;
  readonly #chunks: LogChunk[] = [];

  constructor(disk: DiskReader, file: string) {
    this.#disk = disk;
    this.file = file;
  }

  /** As far as the log was read, in the order of the log. */
  get chunks(): readonly LogChunk[] {
    return this.#chunks;
  }

  /** Behind the last record that was read; 0 before any was. */
  get end(): number {
    return this.#chunks.at(-1)?.end ?? 0;
  }

  /** The last transaction that was read. */
  get last(): Zxid | undefined {
    return this.#chunks.at(-1)?.last;
  }

  /**
   * Reads one chunk further.
   *
   * @param size of the file, as it is listed now
   * @returns whether there may be more behind it
   * @throws ChangedLogError when the last chunk is not what it was
   * @throws MalformedError for a log in another format
   */
  extend(size: number): boolean {
    const before = this.#chunks.at(-1);
    const isOpen = before !== undefined && before.end - before.start < CHUNK_BYTES;
    const start = isOpen ? before.start : (before?.end ?? 0);
    const chunk = this.#scan(start, size, isOpen ? before : undefined);
    if (isOpen) this.#chunks.pop();
    if (chunk === undefined) return false;
    this.#chunks.push(chunk);
    return chunk.end - chunk.start >= CHUNK_BYTES;
  }

  /**
   * The records of a chunk, in the order of the log.
   *
   * @throws ChangedLogError when they are not those that were there
   */
  read(chunk: LogChunk): readonly RawRecord[] {
    const records: RawRecord[] = [];
    const found = this.#scan(chunk.start, chunk.end, undefined, records);
    if (found?.end !== chunk.end || found.chain !== chunk.chain) {
      throw new ChangedLogError(`${this.file} is not what it was when it was read before`);
    }
    return records;
  }

  /** Reads what begins at a place, up to the size of a chunk. */
  #scan(
    start: number,
    size: number,
    known: LogChunk | undefined,
    into?: RawRecord[],
  ): LogChunk | undefined {
    const reader = new LogReader(this.#disk, this.file, size, start, WINDOW_BYTES);
    if (start === 0 && !reader.readHeader()) return undefined;
    const from = Math.max(start, LOG_HEADER_BYTES);
    let first = 0n;
    let last = 0n;
    let earliest = Number.POSITIVE_INFINITY;
    let isKnown = known === undefined;
    while (reader.end - from < CHUNK_BYTES && reader.next()) {
      const zxid = longOf(reader.zxidHigh, reader.zxidLow);
      if (reader.count === 1 || zxid < first) first = zxid;
      if (reader.count === 1 || zxid > last) last = zxid;
      const { bytes } = reader;
      earliest = Math.min(earliest, new Reader(bytes, TIME_AT).time());
      into?.push({ zxid, bytes: bytes.slice() });
      if (reader.count === known?.count) isKnown = reader.chain === known.chain;
    }
    if (!isKnown) {
      throw new ChangedLogError(`${this.file} is not what it was when it was read before`);
    }
    const { count, end, chain } = reader;
    if (count === 0) return undefined;
    return { start: from, end, count, first, last, earliest, chain };
  }
}
