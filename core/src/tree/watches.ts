import { InvariantError } from '../base/assert.js';
import type { ConnectionId } from '../base/ids.js';

function soon(): never {
  throw new InvariantError('not built yet');
}

/** What can be asked for: two one-shot kinds and two that stay. */
export type WatchKind = 'data' | 'child' | 'persistent' | 'persistentRecursive';

/** Who watches what, on this server. A watcher is a connection. */
export class WatchTable {
  add(_watcher: ConnectionId, _path: string, _kind: WatchKind): void {
    soon();
  }
  /**
   * Takes the watchers of an event out of the table (those that stay, stay) and hands each to
   * `deliver` once.
   */
  trigger(_eventType: number, _path: string, _deliver: (watcher: ConnectionId) => void): void {
    soon();
  }
  /** Whether the watcher has a watch of the type (a row of `watcherTypes`) on the path. */
  has(_watcher: ConnectionId, _path: string, _watcherType: number): boolean {
    return soon();
  }
  /** Removes it; false when there was none. */
  remove(_watcher: ConnectionId, _path: string, _watcherType: number): boolean {
    return soon();
  }
  /** Forgets a connection. */
  removeAll(_watcher: ConnectionId): void {
    soon();
  }
  /** Watches of both tables, as ZooKeeper counts them: a persistent one counts in each. */
  get size(): number {
    return soon();
  }
  /** Data watches, as `wchs` tells them. */
  summary(): { readonly connections: number; readonly paths: number; readonly watches: number } {
    return soon();
  }
  /** Data watches by path, as `wchp` tells them. */
  byPath(): Map<string, ConnectionId[]> {
    return soon();
  }
  /** Data watches by connection, as `wchc` tells them. */
  byWatcher(): Map<ConnectionId, string[]> {
    return soon();
  }
}
