import type { SessionId, Zxid } from '../base/ids.js';
import type { LogEvent } from '../base/log-event.js';
import { hexLong } from '../base/long.js';
import { Database } from '../tree/database.js';
import { DataFiles } from './data-files.js';
import { DigestCheck } from './digest-check.js';
import { type BootDisk, folders } from './disk.js';
import { snapshotDraftFile } from './file-names.js';
import { type LogFile, LogReplay, type ReadLog } from './log-replay.js';
import { makeDurable, sealLogs } from './log-seal.js';
import { RefusedStartError } from './refused-start.js';
import { Retention } from './retention.js';
import { type ChosenSnapshot, chooseSnapshot } from './snapshot-choice.js';
import { SnapshotWriter } from './snapshot-writer.js';

export interface RecoveryOptions {
  readonly extendedTypes: boolean;
  /** Whether the tree digest is kept and compared with those in the log and the snapshot. */
  readonly digest: boolean;
  readonly hashSeed: number;
  /** Whether logs without any snapshot are believed (`snapshot.trust.empty`). */
  readonly snapshotTrustEmpty: boolean;
  log(event: LogEvent): void;
}

/** What was on disk. */
export interface Recovered {
  /** At the last durable transaction. Ephemeral nodes without a session are still in it. */
  readonly database: Database;
  /** The folders were empty: a snapshot of the empty tree stands there now. */
  readonly isNew: boolean;
  readonly lastSnapshotZxid: Zxid;
  /** Transactions in the log after that snapshot: they count towards the next one. */
  readonly transactionsSinceSnapshot: number;
  /** Sessions that Apache ZooKeeper created: their passwords follow its rule. */
  readonly apacheSessions: Set<SessionId>;
  /** Of the last transactions that carried a digest, newest last, at most 1,024. */
  readonly digests: readonly { readonly zxid: Zxid; readonly digest: bigint }[];
  /** How many digests differed from ours. */
  readonly digestMismatches: number;
  /** Knows the files that are there. */
  readonly retention: Retention;
}

/**
 * Brings back what the last server left: the newest sound snapshot and the logs since. Whatever it
 * returns is durable. Running it again, after a crash in its middle too, gives the same.
 *
 * @throws RefusedStartError when the files must not be served as they are
 */
export function recover(disk: BootDisk, options: RecoveryOptions): Recovered {
  const files = new DataFiles(disk);
  const chosen = chooseSnapshot(disk, files, options, options.log);
  const isNew = chosen === undefined && isEmpty(files);
  if (chosen === undefined && !isNew && !options.snapshotTrustEmpty) refuseWithoutSnapshot(files);
  const database = chosen?.database ?? new Database(options);
  const apacheSessions = chosen?.apacheSessions ?? new Set<SessionId>();
  const digests = new DigestCheck({
    database,
    enabled: options.digest,
    snapshot: chosen?.digest,
    exactFrom: chosen === undefined ? 0n : chosen.endZxid,
    log: options.log,
  });
  const replay = new LogReplay(disk, database, digests, apacheSessions);
  const logs = neededLogs(files, database.lastZxid).map((log) => replay.apply(log));
  checkNothingIsMissing(files, logs, chosen, replay.lastSeen, options);
  settle(disk, files, chosen, logs, options);
  if (chosen === undefined) writeSnapshot(disk, database, apacheSessions, options);
  const retention = Retention.of(disk);
  for (const { file } of chosen?.bad ?? []) retention.isBad(file);
  return {
    database,
    isNew,
    lastSnapshotZxid: chosen?.file.name.zxid ?? database.lastZxid,
    transactionsSinceSnapshot: chosen === undefined ? 0 : replay.applied,
    apacheSessions,
    digests: digests.recent,
    digestMismatches: digests.mismatches,
    retention,
  };
}

/** A crash of the very first start may leave side files of zxid 0, and no other. */
function isEmpty(files: DataFiles): boolean {
  const [orphan] = [...files.of('log-facts'), ...files.of('snapshot-facts')].filter(
    ({ name }) => name.zxid > 0n,
  );
  if (files.of('log').length > 0) return false;
  if (orphan === undefined) return true;
  const what = 'it tells of data, and neither snapshots nor logs are there';
  const remedy = 'Bring them back, or remove every vivarium-* file here to begin with no data.';
  throw new RefusedStartError(orphan.file, undefined, what, remedy);
}

function refuseWithoutSnapshot(files: DataFiles): never {
  const remedy =
    'Bring the snapshots back. Only where none was ever taken (data of ZooKeeper 3.4), set ' +
    'snapshot.trust.empty=true for one start.';
  const first = files.of('log')[0]!.file;
  throw new RefusedStartError(first, undefined, 'there are logs, but no snapshot', remedy);
}

/** The log that the next transaction may stand in, and all later ones. */
function neededLogs(files: DataFiles, last: Zxid): LogFile[] {
  const logs = files.of('log');
  const start = logs.findLastIndex(({ name }) => name.zxid <= last + 1n);
  return logs.slice(Math.max(0, start)).map(({ file, size, name: { zxid } }) => {
    return { file, size, zxid, facts: files.logFacts(zxid) };
  });
}

/** Compares what was read with what other files tell of it. */
function checkNothingIsMissing(
  files: DataFiles,
  logs: readonly ReadLog[],
  chosen: ChosenSnapshot | undefined,
  lastSeen: Zxid,
  options: RecoveryOptions,
): void {
  const { zxid: start } = chosen?.file.name ?? { zxid: 0n };
  const last = lastSeen > start ? lastSeen : start;
  for (const facts of files.of('log-facts')) {
    const isThere = files.of('log').some(({ name }) => name.zxid === facts.name.zxid);
    if (isThere || facts.name.zxid <= last || files.logFacts(facts.name.zxid)!.synced === 0)
      continue;
    const what = 'it tells of transactions, and the log it belongs to is missing';
    const remedy = 'Bring the log back; without it, removing this file gives those up.';
    throw new RefusedStartError(facts.file, undefined, what, remedy);
  }
  for (const file of files.of('snapshot-facts')) {
    const facts = files.snapshotFacts(file);
    if (facts === undefined || !facts.isDurable || facts.endZxid <= last) continue;
    const end = logs.findLast(({ count }) => count > 0);
    const what =
      `the log ends with transaction ${hexLong(last)}, and a snapshot was taken after ` +
      `${hexLong(facts.endZxid)} (${file.file})`;
    const remedy =
      'Bring the missing part of the log back; to give it up, remove the snapshots from ' +
      `${hexLong(start)} on and their vivarium-snapshot files.`;
    throw new RefusedStartError(end?.file ?? file.file, end?.end, what, remedy);
  }
  if (start > 0n && files.of('log').length === 0) {
    const message =
      `There is no log beside ${chosen?.file.file}: transactions after ${hexLong(start)}, if there ` +
      'were any, are missing. Check dataLogDir.';
    options.log({ level: 'warn', event: 'storage.no-log', message });
  }
  if (chosen?.endZxid === undefined || chosen.endZxid <= last) return;
  const message =
    `${chosen.file.file} may show effects of transactions up to ${hexLong(chosen.endZxid)}, and ` +
    `the log ends with ${hexLong(last)}: bring the rest of the log if there is one.`;
  options.log({ level: 'warn', event: 'storage.log-behind-snapshot', message });
}

/** Cuts off what a crash left unfinished, and makes durable what was read. */
function settle(
  disk: BootDisk,
  files: DataFiles,
  chosen: ChosenSnapshot | undefined,
  logs: readonly ReadLog[],
  options: RecoveryOptions,
): void {
  sealLogs(disk, logs, options.log);
  for (const file of chosen?.unsynced ?? []) makeDurable(disk, file);
  const hasDraft = disk
    .list(folders.snapshots)
    .some(({ name }) => folders.snapshots + name === snapshotDraftFile);
  if (hasDraft) {
    disk.perform([{ step: 'remove', file: snapshotDraftFile }]);
  }
  if (files.of('log').length > 0) {
    disk.perform([{ step: 'sync-folder', folder: folders.logs }]);
  }
  disk.perform([{ step: 'sync-folder', folder: folders.snapshots }]);
}

/**
 * Takes a snapshot before the server serves: of a change to what was recovered that no log holds.
 *
 * @returns what was recovered, with this as its last snapshot
 */
export function snapshotAtOnce(
  disk: BootDisk,
  recovered: Recovered,
  options: { readonly digest: boolean },
): Recovered {
  const { database, apacheSessions, retention } = recovered;
  const files = writeSnapshot(disk, database, apacheSessions, options);
  for (const file of files) retention.added(file);
  return { ...recovered, lastSnapshotZxid: database.lastZxid, transactionsSinceSnapshot: 0 };
}

function writeSnapshot(
  disk: BootDisk,
  database: Database,
  apacheSessions: ReadonlySet<SessionId>,
  options: { readonly digest: boolean },
): readonly string[] {
  const snapshot = new SnapshotWriter(database, {
    digest: options.digest,
    dbId: -1n,
    sliceNodes: 10_000,
    sync: true,
    apacheSessions,
  });
  while (!snapshot.done) disk.perform(snapshot.next());
  return snapshot.files;
}
