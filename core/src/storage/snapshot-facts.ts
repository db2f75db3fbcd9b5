import { boolean, long, record, type TypeOf, vector } from '../wire/types.js';
import { SideFile } from './side-file.js';

/**
 * What is known of a snapshot beside its bytes. Durable before the snapshot gets its name; the
 * checksum in the file's name says which snapshot is meant.
 */
const SnapshotFacts = record('SnapshotFacts', {
  /** The last transaction that the snapshot may show effects of. */
  endZxid: long,
  /** Whether the log was durable up to there when the snapshot ended: false for `forceSync=no`. */
  isDurable: boolean,
  /** Sessions in it whose passwords follow Apache ZooKeeper's rule. */
  apacheSessions: vector(long),
});
export interface SnapshotFacts extends TypeOf<typeof SnapshotFacts> {}

/** The file that holds {@link SnapshotFacts}. */
export const snapshotFactsFile: SideFile<SnapshotFacts> = new SideFile('VVSF', 1, SnapshotFacts);
