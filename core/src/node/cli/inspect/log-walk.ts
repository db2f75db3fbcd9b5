import { readFileSync } from 'node:fs';
import type { Zxid } from '../../../base/ids.js';
import { hexLong, highOf, longOf, lowOf } from '../../../base/long.js';
import { folders } from '../../../storage/disk.js';
import { logFactsFileOf } from '../../../storage/file-names.js';
import { type LogFacts, logFactsFile, nothingKnown } from '../../../storage/log-facts.js';
import { CHAIN_START, follows, LOG_HEADER_BYTES } from '../../../storage/log-format.js';
import { LogReader } from '../../../storage/log-reader.js';
import {
  findLaterRecord,
  findWrittenEnd,
  judgeLogEnd,
  type Verdict,
} from '../../../storage/log-tail.js';
import { MalformedError, Reader } from '../../../wire/reader.js';
import { type Txn, TxnHeader, txnTypes } from '../../../wire/txns.js';
import type { Damage } from './damage.js';
import { type Diagnosis, diagnoseHeader, diagnoseRecord } from './log-damage.js';
import { AT_HEADER, remedyFor, type TailVerdict } from './log-remedy.js';
import { notesOf, type OpenedFile } from './opened-file.js';

/** A sound record. Its bytes are valid until the walk goes on. */
export interface SoundRecord {
  readonly type: 'record';
  readonly offset: number;
  readonly bytes: number;
  readonly header: TxnHeader;
  /** `undefined` when the bytes, though as they were written, are no transaction. */
  readonly txn: Txn | undefined;
}

export type LogStep = SoundRecord | { readonly type: 'damage'; readonly damage: Damage };

/**
 * Reads one log from its header to its end, over damaged places too: behind each it goes on with
 * the next sound record. What there is to be said of the whole is known when the steps are over.
 */
export class LogWalk {
  readonly #opened: OpenedFile;
  #reader: LogReader;
  /** Sound records so far. */
  count = 0;
  firstZxid: Zxid | undefined;
  lastZxid: Zxid | undefined;
  /** Transactions that were logged before, as Apache's followers of 3.8 log some twice. */
  repeated = 0;
  /** Behind the last byte that is not zero. */
  writtenEnd = 0;
  /** Behind the last sound record before the first damage, or of all when there is none. */
  soundEnd = 0;
  /** The transaction that ends there. */
  soundZxid: Zxid | undefined;
  /** The chain (`log-format.ts`) of the records up to there. */
  chain = CHAIN_START;
  /** What was noted about the log; `undefined` when nothing was, or of another log. */
  facts: LogFacts | undefined;
  readonly damages: Damage[] = [];
  /**
   * What is known of a damaged end; `undefined` when the end is sound. `torn`, it begins with the
   * first damage, and everything behind that is of the same flush.
   */
  tail: TailVerdict | undefined;
  #chainHolds = false;
  #highest = -1n;
  #isBehindHole = false;

  constructor(opened: OpenedFile) {
    this.#opened = opened;
    const { disk, file, size } = opened;
    this.facts = readFacts(opened);
    this.writtenEnd = findWrittenEnd(disk, file, 0, size);
    this.#reader = new LogReader(disk, file, size);
  }

  /** Reads on, record by record. To be called once. */
  *steps(): Generator<LogStep> {
    const header = this.#header();
    if (header !== undefined) {
      yield this.#damaged(header);
      if (header.zxidAfter === undefined) return;
    }
    this.soundEnd = this.#reader.end;
    this.#chainHolds = (this.facts?.synced ?? 0) <= LOG_HEADER_BYTES;
    for (;;) {
      while (this.#reader.next()) yield* this.#record();
      const from = Math.min(this.#reader.end, this.#opened.size);
      const next = this.#nextSound(from);
      if (next === undefined) {
        yield* this.#tail(from);
        return;
      }
      yield this.#hole(from, next);
      this.#reader = this.#readerAt(next);
    }
  }

  #readerAt(start: number): LogReader {
    const { disk, file, size } = this.#opened;
    return new LogReader(disk, file, size, start);
  }

  /** What is wrong with the header; when records follow it, the reader stands behind it then. */
  #header(): Damage | undefined {
    try {
      if (this.#reader.readHeader()) return undefined;
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
    }
    const { shown, size } = this.#opened;
    const diagnosis = diagnoseHeader(this.#opened, this.writtenEnd);
    const next = this.#nextSound(0);
    const until = Math.min(LOG_HEADER_BYTES, next ?? size);
    const damage = { ...diagnosis, file: shown, offset: 0, until };
    if (next === undefined) {
      return { ...damage, remedy: AT_HEADER[diagnosis.kind] ?? AT_HEADER.other! };
    }
    this.#reader = this.#readerAt(until);
    const isAlone = next === LOG_HEADER_BYTES;
    const remedy = AT_HEADER[isAlone ? 'goes-on' : 'other']!;
    return { ...damage, zxidAfter: this.#zxidAt(next), remedy };
  }

  /** Of the sound record that begins there. */
  #zxidAt(offset: number): Zxid | undefined {
    const reader = this.#readerAt(offset);
    return reader.next() ? longOf(reader.zxidHigh, reader.zxidLow) : undefined;
  }

  *#record(): Generator<LogStep> {
    const reader = this.#reader;
    const zxid = longOf(reader.zxidHigh, reader.zxidLow);
    this.count++;
    if (this.count === 1) {
      this.firstZxid = zxid;
      yield* this.#first(zxid, reader);
    }
    yield* this.#order(zxid, reader);
    const { recordAt: offset, end } = reader;
    const header = TxnHeader.read(new Reader(reader.bytes));
    const txn = txnOf(reader);
    const meaningless = typeof txn === 'string' ? this.#meaningless(offset, end, txn) : undefined;
    if (zxid > this.#highest) this.#highest = zxid;
    this.lastZxid = zxid;
    if (this.damages.every(({ kind }) => kind === 'name')) {
      this.soundEnd = end;
      this.soundZxid = zxid;
      this.chain = reader.chain;
      if (end === this.facts?.synced) this.#chainHolds = reader.chain === this.facts.chain;
    }
    const shown = typeof txn === 'string' ? undefined : txn;
    yield { type: 'record', offset, bytes: end - offset, header, txn: shown };
    if (meaningless !== undefined) yield this.#damaged(meaningless);
  }

  #meaningless(offset: number, end: number, why: string): Damage {
    const what = `its bytes are as they were written, and are no transaction: ${why}`;
    return this.#build(offset, end, { kind: 'meaningless', what }, { tail: undefined }, 0);
  }

  *#first(zxid: Zxid, { checksum, recordAt, end }: LogReader): Generator<LogStep> {
    if (recordAt !== LOG_HEADER_BYTES) return;
    const { facts } = this;
    if (facts !== undefined && facts !== nothingKnown && facts.first !== checksum) {
      this.facts = undefined;
    }
    const { name } = this.#opened;
    if (name?.kind !== 'log' || name.zxid === zxid) return;
    const what = `it begins with transaction ${hexLong(zxid)}, and its name says ${hexLong(name.zxid)}`;
    yield this.#at(recordAt, end, { kind: 'name', what });
  }

  /** Looks at whether a record follows the one before it. */
  *#order(zxid: Zxid, { recordAt, end, type }: LogReader): Generator<LogStep> {
    const last = this.#highest;
    const isBehindHole = this.#isBehindHole;
    this.#isBehindHole = false;
    if (last < 0n || isBehindHole) return;
    /* Apache logs a request that it cannot read as a failed one, under the zxid before it. */
    if (zxid === this.lastZxid && type === txnTypes.error) return;
    if (follows(highOf(last), lowOf(last), highOf(zxid), lowOf(zxid))) return;
    if (zxid <= last) {
      this.repeated++;
      return;
    }
    const what = `the transactions between ${hexLong(last)} and ${hexLong(zxid)} are missing`;
    yield this.#at(recordAt, end, { kind: 'gap', what });
  }

  /** Where the next sound record begins, of the last transaction or a later one. */
  #nextSound(from: number): number | undefined {
    const { disk, file } = this.#opened;
    const before = (this.lastZxid ?? 0n) - 1n;
    const range = { start: from, end: this.writtenEnd };
    return findLaterRecord(disk, file, range, highOf(before), lowOf(before));
  }

  #hole(at: number, next: number): LogStep {
    const diagnosis = diagnoseRecord(this.#opened, { at, until: next, goesOn: true });
    const zxidAfter = this.#zxidAt(next);
    this.#isBehindHole = true;
    if (this.soundEnd === at && this.#verdictAt(at) === 'torn') this.tail = 'torn';
    return this.#damaged(this.#build(at, next, diagnosis, { zxidAfter, tail: this.tail }));
  }

  /**
   * What the notes say of a log whose sound records end there, whatever stands behind: a flush that
   * was interrupted may have left any part of what it wrote.
   */
  #verdictAt(end: number): Verdict {
    const { facts, writtenEnd } = this;
    const chainHolds = this.#chainHolds;
    const log = { end, writtenEnd: Math.max(end, writtenEnd), facts, chainHolds };
    return judgeLogEnd({ ...log, hasLaterRecord: () => false });
  }

  /** What stands behind the last sound record. */
  *#tail(end: number): Generator<LogStep> {
    const { facts, writtenEnd } = this;
    const isWhole = this.soundEnd === end;
    const verdict = this.#verdictAt(end);
    if (writtenEnd <= end) {
      if (isWhole && verdict === 'corrupt') yield this.#damaged(this.#lost(end, facts!));
      return;
    }
    this.tail ??= isWhole ? tailOf(verdict, facts) : 'not-the-first';
    const diagnosis = diagnoseRecord(this.#opened, { at: end, until: writtenEnd, goesOn: false });
    yield this.#damaged(this.#build(end, writtenEnd, diagnosis, { tail: this.tail }));
  }

  /** Records are missing at the end, or are others than were durable. */
  #lost(end: number, { synced }: LogFacts): Damage {
    const notes = logFactsFileOf(this.#opened.name!.zxid).slice(folders.logs.length);
    const what =
      end < synced
        ? `the log ends here, and ${notes} proves that it was durable up to byte ${synced}`
        : `its records are sound, and not those that were durable by ${notes}`;
    return this.#build(end, end, { kind: 'lost', what }, { tail: 'durable' });
  }

  #at(offset: number, until: number, diagnosis: Diagnosis): LogStep {
    return this.#damaged(this.#build(offset, until, diagnosis, { tail: undefined }, 0));
  }

  #build(
    offset: number,
    until: number,
    diagnosis: Diagnosis,
    rest: { readonly zxidAfter?: Zxid | undefined; readonly tail: TailVerdict | undefined },
    isNext = 1,
  ): Damage {
    const { zxidAfter, tail } = rest;
    const zxidBefore = this.lastZxid;
    return {
      ...diagnosis,
      file: this.#opened.shown,
      offset,
      until,
      record: this.count + isNext,
      ...(zxidBefore === undefined ? {} : { zxidBefore }),
      ...(zxidAfter === undefined ? {} : { zxidAfter }),
      remedy: remedyFor(diagnosis.kind, tail, zxidBefore),
    };
  }

  #damaged(damage: Damage): LogStep {
    this.damages.push(damage);
    return { type: 'damage', damage };
  }
}

/** The record's transaction, or why it is none. */
function txnOf(reader: LogReader): Txn | string {
  try {
    return reader.txn();
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return error.message;
  }
}

function tailOf(verdict: Verdict, facts: LogFacts | undefined): TailVerdict {
  if (verdict === 'corrupt') return 'durable';
  const isNoted = facts !== undefined && facts !== nothingKnown;
  return isNoted && verdict === 'torn' ? 'torn' : 'undecidable';
}

/** What was noted beside a log that has the name of one. */
function readFacts(opened: OpenedFile): LogFacts | undefined {
  const path = notesOf(opened);
  if (path === undefined) return undefined;
  const content = logFactsFile.decode(readFileSync(path));
  return content.state === 'good' ? content.value : nothingKnown;
}
