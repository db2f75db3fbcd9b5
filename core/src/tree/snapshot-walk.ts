import { InvariantError } from '../base/assert.js';
import type { Database } from './database.js';
import type { NodeId } from './tree.js';

function soon(): never {
  throw new InvariantError('not built yet');
}

/**
 * Visits the nodes that existed when it was made, in slices, while transactions go on being applied
 * between the slices. Nodes created since are left out: the log replays them.
 */
export class SnapshotWalk {
  constructor(_db: Database) {}
  /**
   * Looks at up to `maxNodes` rows; every visited node comes after its parent, no path twice. The
   * root's path is ''. False when the walk is over.
   */
  next(_maxNodes: number, _visit: (path: string, id: NodeId) => void): boolean {
    return soon();
  }
}
