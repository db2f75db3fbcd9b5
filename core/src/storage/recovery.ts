import type { SessionId, Zxid } from '../base/ids.js';
import type { LogEvent } from '../base/log-event.js';
import { Database } from '../tree/database.js';
import type { BootDisk } from './disk.js';
import { Retention } from './retention.js';
import { SnapshotWriter } from './snapshot-writer.js';

export interface RecoveryOptions {
  readonly extendedTypes: boolean;
  /** Whether the tree digest is kept and compared with those in the log and the snapshot. */
  readonly digest: boolean;
  readonly hashSeed: number;
  /** Whether a log without any snapshot is believed (`snapshot.trust.empty`). */
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
 * Brings back what the last server left.
 *
 * @throws RefusedStartError when the files must not be served as they are
 */
export function recover(disk: BootDisk, options: RecoveryOptions): Recovered {
  const database = new Database(options);
  const snapshot = new SnapshotWriter(database, {
    digest: options.digest,
    dbId: -1n,
    sliceNodes: 1000,
    sync: true,
    apacheSessions: new Set(),
  });
  while (!snapshot.done) disk.perform(snapshot.next());
  return {
    database,
    isNew: true,
    lastSnapshotZxid: snapshot.startZxid,
    transactionsSinceSnapshot: 0,
    apacheSessions: new Set(),
    digests: [],
    digestMismatches: 0,
    retention: Retention.of(disk),
  };
}
