import type { Observable } from 'rxjs';
import type { ValueStreamOptions } from './api.js';
import type {
  ChildrenDataSnapshot,
  TreeChanges,
  TreeOptions,
  TreeSnapshot,
} from './tree-snapshots.js';

/** The streams of a client that show more than one node. */
export interface SubtreeStreams {
  /**
   * The node's children with their data, by name, now and after every change. Hot: what is watched
   * is shared; while disconnected it does as `node$`. First it emits once
   * the list and every child in it have been read, at most `maxConcurrentReads` of them at a time;
   * `absent` when there is no such node. Then after each change of the list or of a child, as soon
   * as each child of the newest list has been heard of. Each child is right as of its own reading;
   * together they are no snapshot. A child that may not be read is `denied`, one that the codec
   * refuses `invalid`; the rest goes on. Errors only for the list itself, as `children$` does;
   * completes when the client is closed. Costs one watch for the list and one for each child,
   * shared with all other streams of the client.
   */
  childrenData$<T = Uint8Array>(
    path: string,
    options?: ValueStreamOptions<T>,
  ): Observable<ChildrenDataSnapshot<T>>;
  /**
   * The node and all that is below it, kept in memory. Hot: a mirror is shared, and says `stale`
   * while disconnected. Emits at once: `loading` with how many nodes
   * have been read, then `live` with all nodes, then after changes; while many come together it
   * skips states in between. Whoever subscribes later to a tree that is there gets it as soon as it
   * holds all that was acknowledged before. `stale` keeps the nodes and says that they may have
   * changed unseen; after that everything is compared with the server, and the next `live` is right
   * again. A branch that may not be read is `denied`, data that the codec refuses `invalid`; the
   * rest goes on. Errors: `NO_AUTH` for the root, `UNIMPLEMENTED` by servers older than ZooKeeper
   * 3.6, `QUOTA_EXCEEDED` for more than `maxNodes` nodes, and what `filter` throws. Completes when
   * the client is closed. All who give the same path and the same options object share one mirror;
   * all trees of a path share one recursive watch, which goes `graceMs` after the last of them has
   * left.
   */
  tree$<T = Uint8Array>(path: string, options?: TreeOptions<T>): Observable<TreeSnapshot<T>>;
  /**
   * What changes in a subtree, as the difference between what this subscriber was told and what
   * is. Hot, as {@link tree$} is, and silent while disconnected. It begins with all nodes as
   * `added`, once they have been read, then what came, went and changed. Done one after the other
   * on an empty map they make the nodes of `tree$`, except that a Stat which only counts children
   * anew is no change. An emission without changes says that the tree is `synced` again. Errors,
   * and completes, as {@link tree$} does.
   */
  treeChanges$<T = Uint8Array>(path: string, options?: TreeOptions<T>): Observable<TreeChanges<T>>;
}
