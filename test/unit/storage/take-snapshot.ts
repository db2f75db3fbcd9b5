import type { BootDisk } from '@vivarium/core/internal/storage/disk';
import { SnapshotWriter } from '@vivarium/core/internal/storage/snapshot-writer';
import type { Database } from '@vivarium/core/internal/tree/database';

/** Writes a snapshot of a database to a disk, as a server does. */
export function takeSnapshot(
  database: Database,
  disk: BootDisk,
  apacheSessions: ReadonlySet<bigint> = new Set(),
): void {
  const snapshot = new SnapshotWriter(database, {
    digest: true,
    dbId: -1n,
    sliceNodes: 100,
    sync: true,
    apacheSessions,
  });
  while (!snapshot.done) disk.perform(snapshot.next());
}
