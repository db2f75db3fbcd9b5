import type { Zxid } from '../base/ids.js';
import { DataFiles } from './data-files.js';
import type { DiskReader } from './disk.js';

/** A snapshot of which it is known after which transaction its tree is exact. */
export interface ExactSnapshot {
  readonly file: string;
  readonly size: number;
  /** The last transaction that it may show effects of. */
  readonly endZxid: Zxid;
}

/**
 * The snapshots that say, in their side files, up to which transaction they may show effects, the
 * earliest first: the tree of any later moment can be made of one of them. Snapshots of Apache
 * ZooKeeper are not among them, for they say it inside, if at all.
 */
export function exactSnapshots(disk: DiskReader): readonly ExactSnapshot[] {
  const files = new DataFiles(disk);
  const facts = files.of('snapshot-facts');
  const found: ExactSnapshot[] = [];
  for (const { file, size, name } of files.of('snapshot')) {
    const ends = facts
      .filter((each) => each.name.zxid === name.zxid)
      .map((each) => files.snapshotFacts(each)?.endZxid);
    const known = ends.filter((end) => end !== undefined);
    // Of two notes of that zxid the other may be meant: then the later end holds.
    if (known.length === 0 || known.length < ends.length) continue;
    found.push({ file, size, endZxid: known.reduce((a, b) => (a > b ? a : b)) });
  }
  return found.sort((a, b) => (a.endZxid < b.endZxid ? -1 : 1));
}
