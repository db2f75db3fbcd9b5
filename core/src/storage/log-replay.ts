import type { SessionId, Zxid } from '../base/ids.js';
import { compareLongs, hexLong, longOf } from '../base/long.js';
import type { Database } from '../tree/database.js';
import { MalformedError } from '../wire/reader.js';
import { type Txn, txnTypes } from '../wire/txns.js';
import type { CommittedLog } from './committed-log.js';
import type { DigestCheck } from './digest-check.js';
import type { DiskReader } from './disk.js';
import { type LogFacts, nothingKnown, UNKNOWN_ZXID } from './log-facts.js';
import { follows, LOG_HEADER_BYTES } from './log-format.js';
import { LogReader } from './log-reader.js';
import { markOf, ReadBefore } from './read-before.js';
import { DamagedDataError, RefusedStartError } from './refused-start.js';

/** A log in the folder. */
export interface LogFile {
  readonly file: string;
  readonly size: number;
  /** In its name: its first transaction. */
  readonly zxid: Zxid;
  /** What was noted about it; `undefined` for a log of Apache ZooKeeper. */
  readonly facts: LogFacts | undefined;
}

/** Where a replay is to end, as halves of a zxid; the transaction itself is the last one. */
export interface ReplayEnd {
  readonly high: number;
  readonly low: number;
}

/** How far a log could be read. */
export interface ReadLog extends LogFile {
  readonly end: number;
  readonly count: number;
  /** The last transaction of the database when this log was applied. */
  readonly lastHigh: number;
  readonly lastLow: number;
  readonly firstChecksum: number;
  readonly chain: number;
  /** Whether the records before `facts.synced` are those that were made durable. */
  readonly chainHolds: boolean;
}

export interface ReplayOptions {
  readonly database: Database;
  readonly digests: DigestCheck;
  /** Sessions that Apache ZooKeeper created and that are alive. */
  readonly apacheSessions: Set<SessionId>;
  /** Later transactions are not read; absent: all are. */
  readonly until?: ReplayEnd | undefined;
  /** Gets the last transactions. */
  readonly committed?: CommittedLog | undefined;
  /** Of the members that are known. */
  readonly membersVersion: Zxid;
  /** Called after each transaction that was applied. */
  readonly watch?: ((database: Database) => void) | undefined;
}

const RESTORE = 'Restore the file from a backup, or the whole data folder from another copy.';

/**
 * Applies logs to a database, in order, from the transaction after its last one on. Every
 * transaction must follow the one before it, across files too, but for what logs of Apache
 * ZooKeeper say twice.
 */
export class LogReplay {
  readonly #disk: DiskReader;
  readonly #database: Database;
  readonly #digests: DigestCheck;
  readonly #apacheSessions: Set<SessionId>;
  readonly #until: ReplayEnd | undefined;
  readonly #committed: CommittedLog | undefined;
  readonly #membersVersion: Zxid;
  readonly #watch: ((database: Database) => void) | undefined;
  /** The last transaction that was seen, applied or not. */
  #seenHigh = 0;
  #seenLow = 0;
  #applied = 0;
  #previous: ReadLog | undefined;
  readonly #ofApache = new ReadBefore();

  constructor(disk: DiskReader, options: ReplayOptions) {
    const { database, digests, apacheSessions, until, committed, membersVersion } = options;
    this.#disk = disk;
    this.#database = database;
    this.#digests = digests;
    this.#apacheSessions = apacheSessions;
    this.#until = until;
    this.#committed = committed;
    this.#membersVersion = membersVersion;
    this.#watch = options.watch;
  }

  /** Transactions applied so far. */
  get applied(): number {
    return this.#applied;
  }

  /** The last transaction that was seen. */
  get lastSeen(): Zxid {
    return longOf(this.#seenHigh, this.#seenLow);
  }

  /**
   * Applies the sound records of one log.
   *
   * @throws RefusedStartError when transactions are missing before one of them, or one cannot be
   *   understood
   */
  apply(log: LogFile): ReadLog {
    const reader = new LogReader(this.#disk, log.file, log.size);
    let { facts } = log;
    let firstChecksum = 0;
    let chainHolds = facts === undefined || facts.synced <= LOG_HEADER_BYTES;
    try {
      reader.readHeader();
      while (reader.end > 0 && !this.#isAtEnd() && reader.next()) {
        if (this.#isBeyondEnd(reader)) {
          reader.leaveLast();
          break;
        }
        if (reader.count === 1) {
          this.#checkName(log, reader);
          firstChecksum = reader.checksum;
          if (facts !== undefined && facts.first !== 0 && facts.first !== firstChecksum) {
            facts = undefined;
          }
          if (facts === undefined) chainHolds = true;
        }
        this.#applyRecord(log, reader, facts);
        if (reader.end === facts?.synced) chainHolds = reader.chain === facts.chain;
      }
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      throw new RefusedStartError(log.file, reader.recordAt, error.message, RESTORE);
    }
    const { end, count, chain } = reader;
    const { lastZxidHigh: lastHigh, lastZxidLow: lastLow } = this.#database;
    const read = { ...log, facts, end, count, lastHigh, lastLow, firstChecksum, chain, chainHolds };
    if (count > 0) this.#previous = read;
    return read;
  }

  #applyRecord(log: LogFile, reader: LogReader, facts: LogFacts | undefined): void {
    const { zxidHigh, zxidLow } = reader;
    const database = this.#database;
    const isAhead = compareLongs(zxidHigh, zxidLow, database.lastZxidHigh, database.lastZxidLow);
    if (facts === undefined && this.#isReadBefore(reader)) return;
    if (isAhead <= 0 && this.#isRepetition(reader)) return;
    this.#checkOrder(log, reader, isAhead > 0, facts);
    this.#seenHigh = zxidHigh;
    this.#seenLow = zxidLow;
    if (isAhead <= 0) return;
    if (this.#committed !== undefined) this.#keep(this.#committed, reader, facts);
    const txn = reader.txn();
    if (txn.header.type === txnTypes.reconfig) this.#checkMembers(log, reader);
    this.#noteSession(txn, facts !== undefined);
    database.apply(txn);
    this.#digests.applied(txn);
    this.#applied++;
    this.#watch?.(database);
  }

  #isAtEnd(): boolean {
    const until = this.#until;
    if (until === undefined) return false;
    return compareLongs(this.#seenHigh, this.#seenLow, until.high, until.low) === 0;
  }

  #isBeyondEnd({ zxidHigh, zxidLow }: LogReader): boolean {
    const until = this.#until;
    return until !== undefined && compareLongs(zxidHigh, zxidLow, until.high, until.low) > 0;
  }

  /** There must be no gap in what is kept, and numbers do not tell of one between two epochs. */
  #keep(committed: CommittedLog, reader: LogReader, facts: LogFacts | undefined): void {
    const { zxidHigh, zxidLow, count, bytes } = reader;
    const { previous } = facts ?? nothingKnown;
    const isOurs = facts !== undefined && facts !== nothingKnown;
    const isProven = count === 1 ? previous !== UNKNOWN_ZXID : isOurs;
    if (zxidHigh !== this.#database.lastZxidHigh && !isProven) committed.clear();
    committed.add(zxidHigh, zxidLow, bytes.slice());
  }

  /**
   * ZooKeeper logs a request that it cannot read as a failed one under the zxid of the transaction
   * before it, and names a log after it when it is the first one in it.
   */
  #isRepetition(reader: LogReader): boolean {
    if (reader.zxidHigh !== this.#seenHigh || reader.zxidLow !== this.#seenLow) return false;
    return reader.txn().header.type === txnTypes.error;
  }

  /** Whether a transaction in a log of Apache's comes again; if not, it is known from now on. */
  #isReadBefore(reader: LogReader): boolean {
    const { zxidHigh, zxidLow } = reader;
    const isNext = compareLongs(zxidHigh, zxidLow, this.#seenHigh, this.#seenLow) > 0;
    if (!isNext) return this.#ofApache.has(zxidHigh, zxidLow, markOf(reader));
    this.#ofApache.add(zxidHigh, zxidLow, markOf(reader));
    return false;
  }

  #checkOrder(
    log: LogFile,
    reader: LogReader,
    isAhead: boolean,
    facts: LogFacts | undefined,
  ): void {
    const { zxidHigh, zxidLow, recordAt } = reader;
    const { lastZxidHigh, lastZxidLow } = this.#database;
    const { previous } = reader.count === 1 ? (facts ?? nothingKnown) : nothingKnown;
    const goesOn = previous === UNKNOWN_ZXID || previous === this.#database.lastZxid;
    const inOrder = isAhead
      ? goesOn && follows(lastZxidHigh, lastZxidLow, zxidHigh, zxidLow)
      : compareLongs(zxidHigh, zxidLow, this.#seenHigh, this.#seenLow) > 0;
    if (inOrder) return;
    const zxid = hexLong(longOf(zxidHigh, zxidLow));
    if (!isAhead) {
      const seen = hexLong(this.lastSeen);
      const what = `transaction ${zxid} after ${seen}`;
      throw new DamagedDataError(log.file, recordAt, what, RESTORE);
    }
    const last = hexLong(this.#database.lastZxid);
    const before = this.#previous;
    const missing = `the transactions between ${last} and ${zxid} are missing`;
    if (before === undefined || reader.count > 1) {
      const remedy = 'Bring back the log that holds them, or restore the whole data folder.';
      throw new DamagedDataError(log.file, recordAt, missing, remedy);
    }
    const what = `the log ends or is damaged here, and ${missing} (${log.file} goes on)`;
    throw new DamagedDataError(before.file, before.end, what, RESTORE);
  }

  /** Other members than those that the server is started with must not be passed over. */
  #checkMembers(log: LogFile, reader: LogReader): void {
    const version = longOf(reader.zxidHigh, reader.zxidLow);
    if (version <= this.#membersVersion) return;
    const what =
      `a transaction makes the members of version ${hexLong(version)}, and the server is started ` +
      `with ${hexLong(this.#membersVersion)}`;
    const remedy =
      'Start it with the list that holds now, in the file that dynamicConfigFile names: its name ' +
      'ends with the version.';
    throw new RefusedStartError(log.file, reader.recordAt, what, remedy);
  }

  #checkName(log: LogFile, reader: LogReader): void {
    const first = longOf(reader.zxidHigh, reader.zxidLow);
    if (first === log.zxid) return;
    const what = `it begins with transaction ${hexLong(first)}, which its name denies`;
    const remedy = 'Give the file the name it had, or remove it when it does not belong here.';
    throw new RefusedStartError(log.file, reader.recordAt, what, remedy);
  }

  #noteSession({ header, body }: Txn, isOurs: boolean): void {
    if (body.type === txnTypes.createSession && !isOurs) {
      this.#apacheSessions.add(header.clientId);
    } else if (body.type === txnTypes.createSession || body.type === txnTypes.closeSession) {
      this.#apacheSessions.delete(header.clientId);
    }
  }
}
