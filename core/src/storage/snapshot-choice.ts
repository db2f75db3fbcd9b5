import type { SessionId, Zxid } from '../base/ids.js';
import type { LogEvent } from '../base/log-event.js';
import type { DatabaseOptions } from '../tree/database.js';
import { MalformedError } from '../wire/reader.js';
import type { DataFile, DataFiles } from './data-files.js';
import type { DiskReader } from './disk.js';
import { snapshotFactsFileOf } from './file-names.js';
import { DamagedDataError } from './refused-start.js';
import { type LoadedSnapshot, readSnapshot } from './snapshot-reader.js';

/** The snapshot that a start begins with. */
export interface ChosenSnapshot extends LoadedSnapshot {
  readonly file: DataFile;
  readonly apacheSessions: Set<SessionId>;
  /** Files of it that nobody is known to have made durable. */
  readonly unsynced: readonly string[];
  /** Last transaction that it may show effects of; `undefined` when it does not say. */
  readonly endZxid: Zxid | undefined;
  /** Newer ones, which are not whole or sound. */
  readonly bad: readonly DataFile[];
  /** Newer ones, which may show effects of later transactions than was asked for. */
  readonly beyond: readonly DataFile[];
}

/**
 * Reads the newest sound snapshot.
 *
 * @param until absent: of any transaction; else of none after this one
 * @returns `undefined` when there is none at all
 * @throws RefusedStartError when there are some, but none is sound
 */
export function chooseSnapshot(
  disk: DiskReader,
  files: DataFiles,
  options: DatabaseOptions,
  log: (event: LogEvent) => void,
  until?: Zxid,
): ChosenSnapshot | undefined {
  const bad: DataFile[] = [];
  const beyond: DataFile[] = [];
  const warn = (file: string, why: string) => {
    const message = `${file} cannot be used: ${why}. An older snapshot and the logs since serve.`;
    log({ level: 'warn', event: 'storage.bad-snapshot', message, fields: { file } });
  };
  for (const file of [...files.snapshots].reverse()) {
    const { zxid } = file.name;
    if (until !== undefined && zxid > until) {
      beyond.push(file);
      continue;
    }
    try {
      const loaded = readSnapshot(disk, file.file, file.size, zxid, options);
      const chosen = { ...loaded, ...factsOf(files, file, loaded), file, bad, beyond };
      const { endZxid } = chosen;
      if (until === undefined || (endZxid !== undefined && endZxid <= until)) return chosen;
      beyond.push(file);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      warn(file.file, error.message);
      bad.push(file);
    }
  }
  const newest = bad[0];
  if (newest === undefined) return undefined;
  const remedy = 'Restore it, or an older one with all logs since, from a backup.';
  throw new DamagedDataError(newest.file, undefined, 'no snapshot can be read', remedy);
}

function factsOf(
  files: DataFiles,
  { file, name: { zxid } }: DataFile,
  { checksum, database, lastZxid, digest }: LoadedSnapshot,
): Pick<ChosenSnapshot, 'apacheSessions' | 'unsynced' | 'endZxid'> {
  const factsFile = snapshotFactsFileOf(zxid, checksum);
  const found = files.of('snapshot-facts').find((each) => each.file === factsFile);
  const endZxid = lastZxid ?? digest?.zxid;
  if (found === undefined) {
    const apacheSessions = new Set(database.sessions.keys());
    return { apacheSessions, unsynced: [file], endZxid };
  }
  const facts = files.snapshotFacts(found);
  const apacheSessions = new Set(facts?.apacheSessions);
  const unsynced = facts?.isDurable === true ? [] : [file, factsFile];
  return { apacheSessions, unsynced, endZxid: facts?.endZxid ?? endZxid };
}
