import type { Zxid } from '../base/ids.js';
import { highOf, lowOf } from '../base/long.js';
import { MalformedError, Reader } from '../wire/reader.js';
import { readTxn, type Txn, TxnHeader } from '../wire/txns.js';
import { type DataFile, listFiles } from './data-files.js';
import { type DiskReader, folders } from './disk.js';
import { readFacts } from './log-cursor.js';
import { UNKNOWN_ZXID } from './log-facts.js';
import { follows } from './log-format.js';
import { LogIndex, type RawRecord } from './log-index.js';

/** Transactions that are not there where they should stand, or are not proven to be all. */
export interface LogGap {
  /** The last one before it; `undefined` when nothing is there before it. */
  readonly after: Zxid | undefined;
  /** The first one behind it; `undefined` when it reaches to the present. */
  readonly before: Zxid | undefined;
}

/** What a step into the past came to. */
export type PastStep =
  | { readonly type: 'txn'; readonly header: TxnHeader; readonly txn: Txn | undefined }
  | { readonly type: 'gap'; readonly gap: LogGap }
  /** A chunk of a log was gone through or looked at; everything after `above` was told. */
  | { readonly type: 'work'; readonly bytes: number; readonly above: Zxid };

/**
 * The transactions in the logs of a running server, newest first. What it knows of the logs is kept
 * between two readings (`log-index.ts`), so that each begins where it is asked to.
 *
 * Logs that are purged while they are read fail with the disk's own error, and those that are cut
 * with `ChangedLogError`; another reading is right again.
 */
export class LogPast {
  readonly #disk: DiskReader;
  readonly #indexes = new Map<string, LogIndex>();

  constructor(disk: DiskReader) {
    this.#disk = disk;
  }

  /** The logs, oldest first, with what is known of each. */
  logs(): readonly DataFile[] {
    const logs = listFiles(this.#disk, folders.logs).filter(({ name }) => name.kind === 'log');
    for (const [file, { end }] of this.#indexes) {
      const log = logs.find((each) => each.file === file);
      if (log === undefined || log.size < end) this.#indexes.delete(file);
    }
    return logs;
  }

  /** Forgets what is known of the logs. */
  forget(): void {
    this.#indexes.clear();
  }

  /** The first transaction of a log; `undefined` when none can be read. */
  first({ file, size }: DataFile): TxnHeader | undefined {
    const index = this.#index(file);
    if (index.chunks.length === 0) index.extend(size);
    const [chunk] = index.chunks;
    const record = chunk === undefined ? undefined : index.read(chunk)[0];
    return record === undefined ? undefined : TxnHeader.read(new Reader(record.bytes));
  }

  /**
   * Reads backwards. A step reads a few hundred kilobytes, or one transaction if that is more.
   *
   * @param from the first one to be told, or if there is none of that number, the one before
   * @param until the last one that there is
   */
  *back(from: Zxid, until: Zxid): Generator<PastStep> {
    const logs = this.logs();
    let below = from + 1n;
    for (let at = logs.length - 1; at >= 0; at--) {
      const log = logs[at]!;
      if (log.name.zxid >= below) continue;
      const index = this.#index(log.file);
      yield* this.#readTo(index, log.size, below);
      yield* this.#gapBehind(index, log, logs[at + 1], below, until);
      for (const chunk of [...index.chunks].reverse()) {
        if (chunk.first >= below) continue;
        for (const record of [...index.read(chunk)].reverse()) {
          if (record.zxid >= below) continue;
          below = record.zxid;
          yield txnStep(record);
        }
        yield { type: 'work', bytes: chunk.end - chunk.start, above: below - 1n };
      }
    }
  }

  /**
   * The last transaction that was made at a time or before it, as far as the clocks of leaders can
   * say that: of a clock that went back, the last one counts.
   *
   * @returns in steps of work, and at the end the transaction, or `undefined` when all are later
   */
  *atTime(time: number, until: Zxid): Generator<PastStep, TxnHeader | undefined> {
    const logs = this.logs();
    for (let at = logs.length - 1; at >= 0; at--) {
      const log = logs[at]!;
      const began = this.first(log);
      if (began === undefined || began.time > time || began.zxid > until) continue;
      const index = this.#index(log.file);
      yield* this.#readTo(index, log.size, until + 1n);
      for (const chunk of [...index.chunks].reverse()) {
        if (chunk.earliest > time || chunk.first > until) continue;
        for (const { bytes, zxid } of [...index.read(chunk)].reverse()) {
          const header = TxnHeader.read(new Reader(bytes));
          if (zxid <= until && header.time <= time) return header;
        }
        yield { type: 'work', bytes: chunk.end - chunk.start, above: until };
      }
    }
    return undefined;
  }

  /** Looks through a log up to where the transactions before `below` end. */
  *#readTo(index: LogIndex, size: number, below: Zxid): Generator<PastStep> {
    for (;;) {
      const { end, last } = index;
      if (last !== undefined && last >= below) return;
      const mayGoOn = index.extend(size);
      const bytes = index.end - end;
      if (bytes > 0) yield { type: 'work', bytes, above: below - 1n };
      if (!mayGoOn) return;
    }
  }

  /** Whether something is missing between the end of a log and what comes after it. */
  *#gapBehind(
    index: LogIndex,
    log: DataFile,
    next: DataFile | undefined,
    below: Zxid,
    until: Zxid,
  ): Generator<PastStep> {
    const { last } = index;
    if (last !== undefined && last >= below) return;
    if (last === undefined) {
      // A log is named after its first transaction, so one that was applied should be there.
      yield { type: 'gap', gap: { after: log.name.zxid - 1n, before: next?.name.zxid } };
      return;
    }
    if (next === undefined) {
      const isPresent = last >= until || isBeginning(until);
      if (!isPresent && below > until)
        yield { type: 'gap', gap: { after: last, before: undefined } };
      return;
    }
    if (last >= next.name.zxid) return;
    const { previous = UNKNOWN_ZXID } = readFacts(this.#disk, next) ?? {};
    const { zxid: first } = next.name;
    const isNext = follows(highOf(last), lowOf(last), highOf(first), lowOf(first));
    if (isNext && (previous === UNKNOWN_ZXID || previous === last)) return;
    yield { type: 'gap', gap: { after: last, before: first } };
  }

  #index(file: string): LogIndex {
    const known = this.#indexes.get(file);
    if (known !== undefined) return known;
    const made = new LogIndex(this.#disk, file);
    this.#indexes.set(file, made);
    return made;
  }
}

/** Whether a zxid is that of an epoch's beginning, which is no transaction. */
function isBeginning(zxid: Zxid): boolean {
  return lowOf(zxid) === 0;
}

function txnStep({ bytes }: RawRecord): PastStep {
  const header = TxnHeader.read(new Reader(bytes));
  try {
    return { type: 'txn', header, txn: readTxn(new Reader(bytes)) };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return { type: 'txn', header, txn: undefined };
  }
}
