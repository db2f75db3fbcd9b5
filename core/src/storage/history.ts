import type { SessionId, Zxid } from '../base/ids.js';
import type { LogEvent } from '../base/log-event.js';
import { highOf, lowOf } from '../base/long.js';
import { Database, type DatabaseOptions } from '../tree/database.js';
import type { CommittedLog } from './committed-log.js';
import type { DataFiles } from './data-files.js';
import { DigestCheck } from './digest-check.js';
import type { DiskReader } from './disk.js';
import { type LogFile, LogReplay, type ReadLog } from './log-replay.js';
import type { Recovered } from './recovery.js';
import type { Retention } from './retention.js';
import type { ChosenSnapshot } from './snapshot-choice.js';

export interface HistoryOptions extends DatabaseOptions {
  readonly hashSeed: number;
  /** Is emptied, and gets the last transactions that are read. */
  readonly committed?: CommittedLog;
  /** Of the members that are known; what a later transaction makes of them is not. Default 0. */
  readonly membersVersion?: Zxid;
  /** Called after each transaction that was applied; what it throws ends the reading. */
  readonly applied?: ((database: Database) => void) | undefined;
  log(event: LogEvent): void;
}

/** What a snapshot and the logs since it make. */
export class History {
  readonly chosen: ChosenSnapshot | undefined;
  readonly database: Database;
  readonly apacheSessions: Set<SessionId>;
  /** The logs that were needed, as far as they were read. */
  readonly logs: readonly ReadLog[];
  readonly #replay: LogReplay;
  readonly #digests: DigestCheck;

  /**
   * Reads it.
   *
   * @param chosen `undefined` for the empty tree
   * @param until where it is to end; absent: as far as the logs go
   * @throws RefusedStartError when the logs cannot be read to there
   */
  constructor(
    disk: DiskReader,
    files: DataFiles,
    chosen: ChosenSnapshot | undefined,
    options: HistoryOptions,
    until?: Zxid,
  ) {
    options.committed?.clear();
    const database = chosen?.database ?? new Database(options);
    const apacheSessions = chosen?.apacheSessions ?? new Set<SessionId>();
    const digests = new DigestCheck({
      database,
      enabled: options.digest,
      snapshot: chosen?.digest,
      exactFrom: chosen === undefined ? 0n : chosen.endZxid,
      log: options.log,
    });
    const replay = new LogReplay(disk, {
      database,
      digests,
      apacheSessions,
      until: until === undefined ? undefined : { high: highOf(until), low: lowOf(until) },
      committed: options.committed,
      membersVersion: options.membersVersion ?? 0n,
      watch: options.applied,
    });
    this.chosen = chosen;
    this.database = database;
    this.apacheSessions = apacheSessions;
    this.#replay = replay;
    this.#digests = digests;
    this.logs = neededLogs(files, database.lastZxid, until).map((log) => replay.apply(log));
  }

  /** The last transaction that was read, applied or not. */
  get lastSeen(): Zxid {
    return this.#replay.lastSeen;
  }

  /** How many digests differed from those of the tree. */
  get digestMismatches(): number {
    return this.#digests.mismatches;
  }

  /** As it is told to who serves it. */
  recovered(retention: Retention, more: Pick<Recovered, 'isNew' | 'tailIsProof'>): Recovered {
    const { chosen, database, apacheSessions } = this;
    const endZxid = chosen?.endZxid;
    return {
      ...more,
      database,
      fuzzyUntil: endZxid !== undefined && endZxid > database.lastZxid ? endZxid : undefined,
      damage: undefined,
      lastSnapshotZxid: chosen?.file.name.zxid ?? database.lastZxid,
      transactionsSinceSnapshot: chosen === undefined ? 0 : this.#replay.applied,
      apacheSessions,
      digests: this.#digests.recent,
      digestMismatches: this.digestMismatches,
      retention,
    };
  }
}

/** The log that the next transaction may stand in, and all later ones. */
function neededLogs(files: DataFiles, last: Zxid, until: Zxid | undefined): LogFile[] {
  const logs = files.of('log').filter(({ name }) => until === undefined || name.zxid <= until);
  const start = logs.findLastIndex(({ name }) => name.zxid <= last + 1n);
  return logs.slice(Math.max(0, start)).map(({ file, size, name: { zxid } }) => {
    return { file, size, zxid, facts: files.logFacts(zxid) };
  });
}
