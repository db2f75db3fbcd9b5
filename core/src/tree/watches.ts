import type { ConnectionId } from '../base/ids.js';
import { parentOf } from '../base/path.js';
import { eventTypes, watcherTypes } from '../wire/events.js';

/** What can be asked for: two one-shot kinds, and two that stay until they are removed. */
export type WatchKind = 'data' | 'child' | 'persistent' | 'persistentRecursive';

/*
 * ZooKeeper has a data table and a child table. Here one entry per (path, connection) says by bits
 * what stands in either: a persistent watch stands in both, a recursive one in the data table only.
 */
const DATA = 1;
const CHILD = 2;
const PERSISTENT = 4;
const RECURSIVE = 8;
const DATA_TABLE = DATA | PERSISTENT | RECURSIVE;
const CHILD_TABLE = CHILD | PERSISTENT;
const ALL = DATA_TABLE | CHILD_TABLE;
const BITS = 16;

const bitOfKind: Readonly<Record<WatchKind, number>> = {
  data: DATA,
  child: CHILD,
  persistent: PERSISTENT,
  persistentRecursive: RECURSIVE,
};

const bitsOfWatcherType: ReadonlyMap<number, number> = new Map([
  [watcherTypes.children, CHILD],
  [watcherTypes.data, DATA],
  [watcherTypes.any, ALL],
  [watcherTypes.persistent, PERSISTENT],
  [watcherTypes.persistentRecursive, RECURSIVE],
]);

/** One watcher and its bits as `watcher * 16 + bits`, which most paths have; or several. */
type Entry = number | Map<ConnectionId, number>;
type Paths = string | Set<string>;

/** Who watches what, on this server. A watcher is a connection. */
export class WatchTable {
  readonly #entries = new Map<string, Entry>();
  readonly #paths = new Map<ConnectionId, Paths>();
  #recursiveCount = 0;
  #dataCount = 0;
  #childCount = 0;

  /** Adds a watch; one that is there already stays one. */
  add(watcher: ConnectionId, path: string, kind: WatchKind): void {
    const before = this.#bits(path, watcher);
    this.#set(path, watcher, before, before | bitOfKind[kind]);
  }

  /**
   * Takes the watchers of an event out of the table (one-shot watches go, the others stay) and
   * hands each to `deliver`, once. `deliver` may remove watches, but not add any.
   */
  trigger(eventType: number, path: string, deliver: (watcher: ConnectionId) => void): void {
    if (this.#entries.size === 0) return;
    const table = tableOf(eventType);
    const recursive = this.#recursiveCount > 0 && (table & RECURSIVE) !== 0;
    const told = recursive ? new Set<ConnectionId>() : undefined;
    this.#triggerAt(path, table, deliver, told);
    if (told === undefined || path === '/') return;
    let at = path;
    do {
      at = parentOf(at);
      this.#tellRecursive(at, deliver, told);
    } while (at !== '/');
  }

  /** Whether the watcher has a watch of a type (a row of `watcherTypes`) on the path. */
  has(watcher: ConnectionId, path: string, watcherType: number): boolean {
    return (this.#bits(path, watcher) & (bitsOfWatcherType.get(watcherType) ?? 0)) !== 0;
  }

  /** Removes the watches of a type; false when there was none. */
  remove(watcher: ConnectionId, path: string, watcherType: number): boolean {
    const bits = this.#bits(path, watcher);
    const removed = bits & (bitsOfWatcherType.get(watcherType) ?? 0);
    if (removed === 0) return false;
    this.#set(path, watcher, bits, bits & ~removed);
    return true;
  }

  /** Forgets a connection. */
  removeAll(watcher: ConnectionId): void {
    const paths = this.#paths.get(watcher);
    if (paths === undefined) return;
    for (const path of typeof paths === 'string' ? [paths] : [...paths]) {
      this.#set(path, watcher, this.#bits(path, watcher), 0);
    }
  }

  /** Watches in both tables, as ZooKeeper counts them: by (table, connection, path). */
  get size(): number {
    return this.#dataCount + this.#childCount;
  }

  /** Paths that a watcher watches, in whatever way. */
  countOf(watcher: ConnectionId): number {
    const paths = this.#paths.get(watcher);
    if (paths === undefined) return 0;
    return typeof paths === 'string' ? 1 : paths.size;
  }

  /** How much is watched by data watches, as `wchs` tells it. */
  summary(): { readonly connections: number; readonly paths: number; readonly watches: number } {
    const paths = this.byPath().size;
    return { connections: this.byWatcher().size, paths, watches: this.#dataCount };
  }

  /** Data watches by path, as `wchp` tells them. */
  byPath(): Map<string, ConnectionId[]> {
    const byPath = new Map<string, ConnectionId[]>();
    this.#forEachDataWatch((path, watcher) => append(byPath, path, watcher));
    return byPath;
  }

  /** Data watches by connection, as `wchc` tells them. */
  byWatcher(): Map<ConnectionId, string[]> {
    const byWatcher = new Map<ConnectionId, string[]>();
    this.#forEachDataWatch((path, watcher) => append(byWatcher, watcher, path));
    return byWatcher;
  }

  #triggerAt(
    path: string,
    table: number,
    deliver: (watcher: ConnectionId) => void,
    told: Set<ConnectionId> | undefined,
  ): void {
    const entry = this.#entries.get(path);
    if (entry === undefined) return;
    const single = typeof entry === 'number';
    const watchers = single ? [Math.floor(entry / BITS)] : [...entry.keys()];
    for (const watcher of watchers) {
      const bits = this.#bits(path, watcher);
      if ((bits & table) === 0) continue;
      this.#set(path, watcher, bits, bits & ~(table & (DATA | CHILD)));
      told?.add(watcher);
      deliver(watcher);
    }
  }

  #tellRecursive(
    path: string,
    deliver: (watcher: ConnectionId) => void,
    told: Set<ConnectionId>,
  ): void {
    const entry = this.#entries.get(path);
    if (entry === undefined) return;
    const watchers = typeof entry === 'number' ? [Math.floor(entry / BITS)] : [...entry.keys()];
    for (const watcher of watchers) {
      if ((this.#bits(path, watcher) & RECURSIVE) === 0 || told.has(watcher)) continue;
      told.add(watcher);
      deliver(watcher);
    }
  }

  #bits(path: string, watcher: ConnectionId): number {
    const entry = this.#entries.get(path);
    if (entry === undefined) return 0;
    if (typeof entry !== 'number') return entry.get(watcher) ?? 0;
    return Math.floor(entry / BITS) === watcher ? entry % BITS : 0;
  }

  #set(path: string, watcher: ConnectionId, before: number, after: number): void {
    if (before === after) return;
    this.#dataCount += inTable(after, DATA_TABLE) - inTable(before, DATA_TABLE);
    this.#childCount += inTable(after, CHILD_TABLE) - inTable(before, CHILD_TABLE);
    this.#recursiveCount += inTable(after, RECURSIVE) - inTable(before, RECURSIVE);
    const entry = this.#entries.get(path);
    if (after === 0) {
      if (typeof entry === 'number' || entry!.size === 1) this.#entries.delete(path);
      else entry!.delete(watcher);
      this.#forgetPath(watcher, path);
      return;
    }
    if (before === 0) this.#rememberPath(watcher, path);
    if (typeof entry === 'object') {
      entry.set(watcher, after);
    } else if (entry === undefined || before !== 0) {
      this.#entries.set(path, watcher * BITS + after);
    } else {
      const other = Math.floor(entry / BITS);
      this.#entries.set(
        path,
        new Map([
          [other, entry % BITS],
          [watcher, after],
        ]),
      );
    }
  }

  #rememberPath(watcher: ConnectionId, path: string): void {
    const paths = this.#paths.get(watcher);
    if (paths === undefined) this.#paths.set(watcher, path);
    else if (typeof paths === 'string') this.#paths.set(watcher, new Set([paths, path]));
    else paths.add(path);
  }

  #forgetPath(watcher: ConnectionId, path: string): void {
    const paths = this.#paths.get(watcher)!;
    if (typeof paths === 'string' || paths.size === 1) this.#paths.delete(watcher);
    else paths.delete(path);
  }

  #forEachDataWatch(visit: (path: string, watcher: ConnectionId) => void): void {
    for (const [path, entry] of this.#entries) {
      if (typeof entry === 'number') {
        if (inTable(entry % BITS, DATA_TABLE)) visit(path, Math.floor(entry / BITS));
      } else {
        for (const [watcher, bits] of entry) if (inTable(bits, DATA_TABLE)) visit(path, watcher);
      }
    }
  }
}

/** A deletion is told from both tables, to each connection once. */
function tableOf(eventType: number): number {
  if (eventType === eventTypes.nodeChildrenChanged) return CHILD_TABLE;
  return eventType === eventTypes.nodeDeleted ? ALL : DATA_TABLE;
}

function inTable(bits: number, table: number): 0 | 1 {
  return (bits & table) !== 0 ? 1 : 0;
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
