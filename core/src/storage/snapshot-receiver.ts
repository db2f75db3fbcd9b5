import type { Database } from '../tree/database.js';
/** Takes a snapshot in as it comes over a link. */
export interface SnapshotReceiver {
  readonly database: Database;
  /** The bytes behind the snapshot when it is whole. @throws MalformedError */
  push(bytes: Uint8Array): Uint8Array | undefined;
}
