import type { Zxid } from '../base/ids.js';
import { compareLongs, hexLong, longOf } from '../base/long.js';
import { MalformedError } from '../wire/reader.js';
import { txnTypes } from '../wire/txns.js';
import { type DataFile, listFiles } from './data-files.js';
import { type DiskReader, folders } from './disk.js';
import { logFactsFileOf } from './file-names.js';
import { type LogFacts, logFactsFile, UNKNOWN_ZXID } from './log-facts.js';
import { follows, LOG_HEADER_BYTES } from './log-format.js';
import { LogReader } from './log-reader.js';

/** Bytes read from the disk at a time, unless one transaction takes more. */
export const CURSOR_BYTES: number = 256 << 10;
const LARGEST_FACTS_BYTES = 256;

/** The logs cannot be read on, or do not prove what they would have to. */
export class LogGapError extends Error {
  override readonly name = 'LogGapError';
}

/**
 * Reads transactions one after the other from the logs of a running server, across files.
 *
 * Each is sound, and the very next one: the next number, or the first of a later epoch of which a
 * log of ours says what came before it. Numbers alone do not tell what may be missing at the end of
 * an epoch, and logs of Apache ZooKeeper say no more (ZOOKEEPER-2418, 2846).
 */
export class LogCursor {
  readonly #disk: DiskReader;
  #log: DataFile;
  #reader: LogReader;
  #facts: LogFacts | undefined;
  #hasRead = false;
  #zxidHigh = 0;
  #zxidLow = 0;

  /**
   * Begins with the last log that a transaction may stand in, or else with the first there is.
   *
   * @throws LogGapError when there are no logs or they cannot be read
   */
  constructor(disk: DiskReader, zxid: Zxid) {
    this.#disk = disk;
    const logs = this.#logs();
    const log = logs.findLast(({ name }) => name.zxid <= zxid) ?? logs[0];
    if (log === undefined) throw new LogGapError('there are no logs');
    this.#log = log;
    this.#reader = this.#open(log);
  }

  /** The log being read. */
  get log(): DataFile {
    return this.#log;
  }

  /** Where in it the last transaction begins and ends. */
  get recordAt(): number {
    return this.#reader.recordAt;
  }

  get end(): number {
    return this.#reader.end;
  }

  /** Whether a transaction was read. */
  get hasRead(): boolean {
    return this.#hasRead;
  }

  /** Of the last transaction read. */
  get zxidHigh(): number {
    return this.#zxidHigh;
  }

  get zxidLow(): number {
    return this.#zxidLow;
  }

  /** Its header, body and digest; valid until the next one is read. */
  get bytes(): Uint8Array {
    return this.#reader.bytes;
  }

  /** Where its log is one of ours and begins with it: the transaction before; else -1. */
  get previous(): Zxid {
    return this.#isFirst() ? (this.#facts?.previous ?? UNKNOWN_ZXID) : UNKNOWN_ZXID;
  }

  /**
   * Goes on by one record or to the next log: one or two reads of {@link CURSOR_BYTES}.
   *
   * @returns whether a transaction was read
   * @throws LogGapError when there is none, or nothing proves that it is the next
   */
  advance(): boolean {
    const disk = this.#disk;
    if (!this.#readOn()) {
      const later = this.#logs().find(({ name }) => name.zxid > this.#log.name.zxid);
      if (later === undefined) throw new LogGapError(`${this.#log.file} ends too early`);
      this.#log = later;
      this.#reader = this.#open(later);
      return false;
    }
    const { zxidHigh, zxidLow, type, checksum } = this.#reader;
    if (this.#isFirst()) this.#facts = factsOf(disk, this.#log, checksum);
    if (this.#hasRead) {
      const isSame = compareLongs(zxidHigh, zxidLow, this.#zxidHigh, this.#zxidLow) === 0;
      /* Apache logs a request that it cannot read as a failed one, under the zxid before it. */
      if (isSame && type === txnTypes.error) return false;
      this.#demandNext(zxidHigh, zxidLow);
    }
    this.#hasRead = true;
    this.#zxidHigh = zxidHigh;
    this.#zxidLow = zxidLow;
    return true;
  }

  /** Bytes from a place in the log on up to the log that holds `until`, at most. */
  bytesTo(until: Zxid, from: number): number {
    let bytes = -from;
    for (const log of this.#logs()) {
      if (log.name.zxid < this.#log.name.zxid || log.name.zxid > until) continue;
      bytes += writtenBytes(this.#disk, log);
    }
    return Math.max(0, bytes);
  }

  #isFirst(): boolean {
    return this.#reader.recordAt === LOG_HEADER_BYTES;
  }

  /** Demands that nothing is missing between the transaction before and the one read. */
  #demandNext(zxidHigh: number, zxidLow: number): void {
    const seen = longOf(this.#zxidHigh, this.#zxidLow);
    const { previous } = this;
    const isNext = follows(this.#zxidHigh, this.#zxidLow, zxidHigh, zxidLow);
    const isProven = this.#isFirst()
      ? previous === seen || (previous === UNKNOWN_ZXID && zxidHigh === this.#zxidHigh)
      : this.#facts !== undefined || zxidHigh === this.#zxidHigh;
    if (isNext && isProven) return;
    const zxid = hexLong(longOf(zxidHigh, zxidLow));
    throw new LogGapError(
      `${this.#log.file}: nothing proves that ${zxid} comes right after ${hexLong(seen)}`,
    );
  }

  /** The next record of the log, which may have grown since it was looked at. */
  #readOn(): boolean {
    if (this.#reader.end > 0 && this.#reader.next()) return true;
    const { file } = this.#log;
    const log = this.#logs().find((each) => each.file === file);
    if (log === undefined) throw new LogGapError(`${file} was removed`);
    this.#reader = this.#open(log, this.#reader.end);
    return this.#reader.end > 0 && this.#reader.next();
  }

  #open({ file, size }: DataFile, start = 0): LogReader {
    const reader = new LogReader(this.#disk, file, size, start, CURSOR_BYTES);
    if (start === 0) {
      this.#facts = undefined;
      reader.readHeader();
    }
    return reader;
  }

  #logs(): readonly DataFile[] {
    return listFiles(this.#disk, folders.logs).filter(({ name }) => name.kind === 'log');
  }
}

/** What was noted about a log that begins with a record of this checksum. */
function factsOf(disk: DiskReader, log: DataFile, checksum: number): LogFacts | undefined {
  const facts = readFacts(disk, log);
  return facts?.first === checksum ? facts : undefined;
}

/** What was noted about a log, where it can be read. */
export function readFacts(disk: DiskReader, { name }: DataFile): LogFacts | undefined {
  const file = logFactsFileOf(name.zxid);
  if (!listFiles(disk, folders.logs).some((each) => each.file === file)) return undefined;
  const content = logFactsFile.decode(disk.read(file, 0, LARGEST_FACTS_BYTES));
  return content.state === 'good' ? content.value : undefined;
}

/** Bytes of a log without the zeros at its end, as far as its facts tell. */
function writtenBytes(disk: DiskReader, log: DataFile): number {
  const { synced = 0, flushEnd = 0 } = readFacts(disk, log) ?? {};
  const written = Math.max(synced, flushEnd);
  return written > 0 ? Math.min(written, log.size) : log.size;
}

/** A disk whose failures to read are gaps in the log. */
export function readable(disk: DiskReader): DiskReader {
  const guarded = <T>(what: string, read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw new LogGapError(`${what} cannot be read: ${(error as Error).message}`);
    }
  };
  return {
    list: (folder) => guarded(folder, () => disk.list(folder)),
    read: (file, position, length) => guarded(file, () => disk.read(file, position, length)),
  };
}

/** Whether an error says that the logs cannot be used; any other is a defect. */
export function isLogProblem(error: unknown): error is Error {
  return error instanceof LogGapError || error instanceof MalformedError;
}
