import type { Database } from '../tree/database.js';
import { snapshotDraftFile } from './file-names.js';
import { SnapshotWriter } from './snapshot-writer.js';

/** So many nodes are written at a time. */
const SLICE_NODES = 10_000;

/**
 * A snapshot file of a tree that stands still, piece by piece: ZooKeeper's format, with the digest
 * of the tree and its last zxid. The same tree gives the same bytes again.
 */
export function* snapshotBytes(database: Database): Generator<Uint8Array, void> {
  const writer = new SnapshotWriter(database, {
    digest: true,
    dbId: -1n,
    sliceNodes: SLICE_NODES,
    sync: false,
    apacheSessions: new Set(),
  });
  while (!writer.done) {
    for (const step of writer.next()) {
      if (step.step === 'write' && step.file === snapshotDraftFile) yield step.bytes;
    }
  }
}
