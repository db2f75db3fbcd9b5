/** Disks of members of an ensemble, with the history that a test wants. */
import { utf8 } from '@vivarium/core/internal/base/bytes';
import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { Database } from '@vivarium/core/internal/tree/database';
import { append, type Entry, writerAfter } from './epoch-logs.js';
import { takeSnapshot } from './take-snapshot.js';

/** A disk with these in its log, of a member that has accepted this epoch and lives in it. */
export function memberDisk(entries: readonly Entry[], epoch: number): MemoryDisk {
  const disk = new MemoryDisk();
  takeSnapshot(new Database({ extendedTypes: false, digest: true }), disk);
  append(writerAfter(0n), disk, entries);
  for (const name of ['acceptedEpoch', 'currentEpoch']) {
    const file = `snapshots/${name}`;
    disk.perform([
      { step: 'create', file },
      { step: 'write', file, position: 0, bytes: utf8(`${epoch}`) },
      { step: 'sync', file },
    ]);
  }
  disk.perform([{ step: 'sync-folder', folder: 'snapshots/' }]);
  return disk;
}
