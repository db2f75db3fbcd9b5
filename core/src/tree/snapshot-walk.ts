import { compareLongs } from '../base/long.js';
import type { Database } from './database.js';
import { type NodeId, ROOT_ID } from './node-table.js';
import type { TreeView } from './tree-view.js';

/**
 * Visits the nodes that existed when the walk began, in slices, while transactions go on being
 * applied in between. Nodes created since are left out: the log replays them. What a visited node
 * holds may be newer than the start.
 *
 * Rows are taken in the order of their numbers. A row used again for a new node is known by its
 * czxid, so the walk marks nothing in the tree and several may go on at a time. Loading another
 * snapshot into the database ends every walk over it: drop it then.
 */
export class SnapshotWalk {
  readonly #tree: TreeView;
  readonly #zxidHigh: number;
  readonly #zxidLow: number;
  readonly #limit: number;
  /** A bit for each row that was visited. */
  readonly #visited: Uint8Array;
  readonly #chain: NodeId[] = [];
  #next = 0;

  /** Begins where the database is now, at its last zxid. */
  constructor(db: Database) {
    this.#tree = db.tree;
    this.#zxidHigh = db.lastZxidHigh;
    this.#zxidLow = db.lastZxidLow;
    this.#limit = db.tree.rowLimit;
    this.#visited = new Uint8Array((this.#limit + 7) >> 3);
  }

  /**
   * Goes on for `maxNodes` rows; only a node's unvisited ancestors can make it a few more. Every
   * node comes after its parent, none twice. The root's path is ''.
   *
   * @returns false when the walk is over
   */
  next(maxNodes: number, visit: (path: string, id: NodeId) => void): boolean {
    return this.nextNodes(maxNodes, (id) => visit(id === ROOT_ID ? '' : this.#tree.pathOf(id), id));
  }

  /** {@link next} without the paths, for callers that write them from the rows. */
  nextNodes(maxNodes: number, visit: (id: NodeId) => void): boolean {
    const end = Math.min(this.#limit, this.#next + maxNodes);
    while (this.#next < end) this.#visitFromTop(this.#next++, visit);
    return this.#next < this.#limit;
  }

  #visitFromTop(row: NodeId, visit: (id: NodeId) => void): void {
    const tree = this.#tree;
    if (!tree.isLive(row) || this.#isNew(row)) return;
    const chain = this.#chain;
    for (let id = row; !this.#wasVisited(id); id = tree.parentOf(id)) {
      chain.push(id);
      if (id === ROOT_ID) break;
    }
    while (chain.length > 0) {
      const id = chain.pop()!;
      this.#visited[id >> 3]! |= 1 << (id & 7);
      visit(id);
    }
  }

  #isNew(id: NodeId): boolean {
    const tree = this.#tree;
    const high = tree.czxidHigh(id);
    return compareLongs(high, tree.czxidLow(id), this.#zxidHigh, this.#zxidLow) > 0;
  }

  #wasVisited(id: NodeId): boolean {
    return (this.#visited[id >> 3]! & (1 << (id & 7))) !== 0;
  }
}
