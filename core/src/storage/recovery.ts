import type { SessionId, Zxid } from '../base/ids.js';
import { hexLong } from '../base/long.js';
import { Database } from '../tree/database.js';
import { DataFiles } from './data-files.js';
import { type BootDisk, folders } from './disk.js';
import { snapshotDraftFile } from './file-names.js';
import { History, type HistoryOptions } from './history.js';
import { makeDurable, sealLogs } from './log-seal.js';
import { DamagedDataError } from './refused-start.js';
import { Retention } from './retention.js';
import { chooseSnapshot } from './snapshot-choice.js';
import { installSteps } from './snapshot-install.js';
import { SnapshotWriter } from './snapshot-writer.js';

export interface RecoveryOptions extends HistoryOptions {
  /** Whether logs without any snapshot are believed (`snapshot.trust.empty`). */
  readonly snapshotTrustEmpty: boolean;
  /**
   * Whether damage ends in an empty database instead of a refusal: for a member of an ensemble,
   * which then has no vote until it has got a snapshot from the others. Default false.
   */
  readonly relearn?: boolean;
}

/** What was on disk. */
export interface Recovered {
  /** At the last durable transaction. Ephemeral nodes without a session are still in it. */
  readonly database: Database;
  /** The folders were empty: a snapshot of the empty tree stands there now. */
  readonly isNew: boolean;
  /**
   * Whether nothing that was durable can be missing at the log's end. False when bytes were cut off
   * of which nothing tells whether they were: a member of an ensemble may then have forgotten what
   * it has acknowledged.
   */
  readonly tailIsProof: boolean;
  /**
   * The tree may show effects of transactions up to this one, which the log does not have: it came
   * from a leader that went on. Nobody may see it before they were applied.
   */
  readonly fuzzyUntil: Zxid | undefined;
  /** Why nothing was read, though there is something: only with `relearn`. */
  readonly damage: DamagedDataError | undefined;
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

/** Whether what was read is all that was ever durable here. */
export function isProof({ tailIsProof, fuzzyUntil, damage }: Recovered): boolean {
  return tailIsProof && fuzzyUntil === undefined && damage === undefined;
}

/**
 * Brings back what the last server left: the newest sound snapshot and the logs since. Whatever it
 * returns is durable. Running it again, after a crash in its middle too, gives the same.
 *
 * @throws RefusedStartError when the files must not be served as they are
 */
export function recover(disk: BootDisk, options: RecoveryOptions): Recovered {
  disk.perform(installSteps(disk));
  try {
    return read(disk, options);
  } catch (error) {
    if (options.relearn !== true || !(error instanceof DamagedDataError)) throw error;
    return forget(disk, error, options);
  }
}

function read(disk: BootDisk, options: RecoveryOptions): Recovered {
  const files = new DataFiles(disk);
  const chosen = chooseSnapshot(disk, files, options, options.log);
  const isNew = chosen === undefined && isEmpty(files);
  if (chosen === undefined && !isNew && !options.snapshotTrustEmpty) refuseWithoutSnapshot(files);
  const history = new History(disk, files, chosen, options);
  checkNothingIsMissing(files, history, options);
  const tailIsProof = settle(disk, files, history, options);
  const { database, apacheSessions } = history;
  if (chosen === undefined) writeSnapshot(disk, database, apacheSessions, options);
  const retention = Retention.of(disk);
  for (const { file } of chosen?.bad ?? []) retention.isBad(file);
  return history.recovered(retention, { isNew, tailIsProof });
}

/** What cannot be read stays as it is, for whoever may need it: nothing is written beside it. */
function forget(disk: BootDisk, damage: DamagedDataError, options: RecoveryOptions): Recovered {
  options.committed?.clear();
  const message = `The data cannot be read, and everything is to be got from the other servers: ${damage.message}`;
  options.log({ level: 'error', event: 'storage.relearn', message, fields: { file: damage.file } });
  return {
    database: new Database(options),
    isNew: false,
    tailIsProof: false,
    fuzzyUntil: undefined,
    damage,
    lastSnapshotZxid: 0n,
    transactionsSinceSnapshot: 0,
    apacheSessions: new Set(),
    digests: [],
    digestMismatches: 0,
    retention: Retention.of(disk),
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
  throw new DamagedDataError(orphan.file, undefined, what, remedy);
}

function refuseWithoutSnapshot(files: DataFiles): never {
  const remedy =
    'Bring the snapshots back. Only where none was ever taken (data of ZooKeeper 3.4), set ' +
    'snapshot.trust.empty=true for one start.';
  const first = files.of('log')[0]!.file;
  throw new DamagedDataError(first, undefined, 'there are logs, but no snapshot', remedy);
}

/** Compares what was read with what other files tell of it. */
function checkNothingIsMissing(
  files: DataFiles,
  { chosen, logs, lastSeen }: History,
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
    throw new DamagedDataError(facts.file, undefined, what, remedy);
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
    throw new DamagedDataError(end?.file ?? file.file, end?.end, what, remedy);
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

/**
 * Cuts off what a crash left unfinished, and makes durable what was read.
 *
 * @returns whether it is certain that nothing durable was cut off
 */
function settle(
  disk: BootDisk,
  files: DataFiles,
  { chosen, logs }: History,
  options: RecoveryOptions,
): boolean {
  const tailIsProof = sealLogs(disk, logs, options.log);
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
  return tailIsProof;
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
