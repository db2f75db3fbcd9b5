/** A leader's tree, and the bytes in which it is sent. */
import { concatBytes } from '@vivarium/core/internal/base/bytes';
import { SnapshotSender } from '@vivarium/core/internal/storage/snapshot-sender';
import { Database } from '@vivarium/core/internal/tree/database';
import { Random } from '../tree/random.js';
import { Workload } from '../tree/workload.js';

export const treeOptions = { extendedTypes: true, digest: true } as const;

/** The tree after so many transactions of a seed. */
export function filledTree(seed: number, count: number): Database {
  const db = new Database(treeOptions);
  const work = new Workload(db, new Random(seed), true);
  for (let i = 0; i < count; i++) db.apply(work.next());
  return db;
}

/** What follows its SNAP packet, the signature included. */
export function sentTree(db: Database): Uint8Array {
  const sender = new SnapshotSender(db, { sliceNodes: 50 });
  const slices: Uint8Array[] = [];
  while (!sender.done) slices.push(sender.next());
  return concatBytes(slices);
}
