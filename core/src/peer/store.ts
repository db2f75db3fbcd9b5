import type { Host } from '../base/host.js';
import type { SessionId, Zxid } from '../base/ids.js';
import { compareLongs } from '../base/long.js';
import type { Config } from '../config/config.js';
import { type BootDisk, type DiskFailure, failureOf } from '../storage/disk.js';
import { LogWriter } from '../storage/log-writer.js';
import type { Recovered } from '../storage/recovery.js';
import { Retention } from '../storage/retention.js';
import type { Database } from '../tree/database.js';
import type { PendingWrite } from './request.js';

export interface StoreParts {
  readonly config: Config;
  readonly host: Host;
  readonly disk: BootDisk;
  /** Reads the data folder, again after it was cut. */
  readonly recover: () => Recovered;
  /** Makes a tree this server's own, whose ever it was: says in it who is in the ensemble. */
  readonly own: (database: Database) => void;
}

/**
 * What a member of an ensemble has on disk and in memory of the history, whatever its role: the
 * tree, and the log behind it. Each role writes a log of its own.
 */
export class Store {
  readonly config: Config;
  readonly host: Host;
  readonly disk: BootDisk;
  readonly #parts: StoreParts;
  database: Database;
  retention: Retention;
  apacheSessions: Set<SessionId>;
  lastSnapshotZxid: Zxid;
  /** Transactions in the log since the last snapshot. */
  transactions: number;
  log: LogWriter;
  /**
   * False after a snapshot of a leader of which nobody can say up to where it shows effects: the
   * tree has the digest that the log foretells only some time later.
   */
  isExact = true;
  /** Whether the history could not be cut where a leader wanted it: only a whole tree helps. */
  wantsTree = false;
  /** While the tree is not exact: the last transaction that it may show effects of. */
  endZxid: Zxid | 'unknown' | undefined = undefined;

  constructor(parts: StoreParts, recovered: Recovered) {
    this.config = parts.config;
    this.host = parts.host;
    this.disk = parts.disk;
    this.#parts = parts;
    this.database = recovered.database;
    this.retention = recovered.retention;
    this.apacheSessions = recovered.apacheSessions;
    this.lastSnapshotZxid = recovered.lastSnapshotZxid;
    this.transactions = recovered.transactionsSinceSnapshot;
    this.own(this.database);
    this.log = this.#newLog();
  }

  /** A tree is to become this server's own, which must be so before anything is made of it. */
  own(database: Database): void {
    this.#parts.own(database);
  }

  /** The tree and the log behind it are another role's from now on. */
  beginRole(): void {
    this.log = this.#newLog();
  }

  /** Nobody knows how far the files have come: reads them again, unless the disk fails. */
  reload(failed: (failure: DiskFailure) => void): Recovered | undefined {
    try {
      const recovered = this.#parts.recover();
      this.take(recovered);
      return recovered;
    } catch (error) {
      failed(failureOf(error));
      return undefined;
    }
  }

  /** The files hold another history: takes it over. */
  take(recovered: Recovered): void {
    this.database = recovered.database;
    this.retention = recovered.retention;
    this.apacheSessions = recovered.apacheSessions;
    this.lastSnapshotZxid = recovered.lastSnapshotZxid;
    this.transactions = recovered.transactionsSinceSnapshot;
    this.wantsTree = false;
    this.endZxid = recovered.fuzzyUntil;
    this.isExact = recovered.fuzzyUntil === undefined;
    this.own(this.database);
    this.log = this.#newLog();
  }

  /**
   * A leader's tree takes the place of the own one; it was made the {@link own} one before.
   *
   * @param files of its snapshot
   * @param endZxid the last transaction that it may show effects of
   */
  replace(database: Database, files: readonly string[], endZxid: Zxid | 'unknown'): void {
    this.database = database;
    this.wantsTree = false;
    this.endZxid = endZxid;
    this.isExact = endZxid !== 'unknown' && endZxid <= database.lastZxid;
    this.lastSnapshotZxid = database.lastZxid;
    this.transactions = 0;
    this.retention = Retention.of(this.disk);
    for (const file of files) this.retention.added(file);
    this.log = this.#newLog();
    for (const session of [...this.apacheSessions]) {
      if (!database.sessions.has(session)) this.apacheSessions.delete(session);
    }
  }

  /** Applies writes whose role is over, so that the tree is what the log says. */
  applyRest(rest: readonly PendingWrite[]): void {
    const { database } = this;
    for (const { txn, zxidHigh, zxidLow } of rest) {
      if (compareLongs(zxidHigh, zxidLow, database.lastZxidHigh, database.lastZxidLow) <= 0)
        continue;
      database.apply(txn);
      this.transactions++;
    }
  }

  /** The end of the history. */
  get last(): { readonly zxidHigh: number; readonly zxidLow: number } {
    const { lastZxidHigh: zxidHigh, lastZxidLow: zxidLow } = this.database;
    return { zxidHigh, zxidLow };
  }

  #newLog(): LogWriter {
    const { preAllocSize, txnLogSizeLimitInKb, forceSync } = this.config;
    return new LogWriter({
      preAllocSizeBytes: preAllocSize * 1024,
      maxFileBytes: Math.max(0, txnLogSizeLimitInKb * 1024),
      sync: forceSync,
      dbId: 0n,
      after: this.database.lastZxid,
      newFile: (file) => this.retention.added(file),
    });
  }
}
