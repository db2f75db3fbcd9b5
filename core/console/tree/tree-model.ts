import { childPath, nameOf, parentPath, pathsDownTo } from '../paths.js';

/** An open node: its list of children, or why there is none yet. */
export interface Folder {
  readonly path: string;
  state: 'loading' | 'ready' | 'failed';
  /** Sorted by code unit. */
  names: string[];
  error: unknown;
}

/** One line of the tree as it is seen. */
export interface Row {
  /** A note stands where the children of an open node would be: none, or not known yet. */
  readonly kind: 'node' | 'note';
  readonly path: string;
  readonly name: string;
  /** 1 for the root. */
  readonly level: number;
  /** Place among its siblings, from 1. */
  readonly position: number;
  readonly siblings: number;
  readonly folder: Folder | undefined;
}

/**
 * Which nodes are open and what is below them, as lines counted from the top. Any line is found
 * without making those before it, so that a node of hundreds of thousands of children costs what
 * its list of names costs and no more.
 */
export class TreeModel {
  readonly #folders = new Map<string, Folder>();
  /** Of each open node those of its children that are open, sorted. */
  readonly #openNames = new Map<string, string[]>();
  readonly #counts = new Map<string, number>();

  /** The open node of a path. */
  folder(path: string): Folder | undefined {
    return this.#folders.get(path);
  }

  /** Every open node. */
  folders(): IterableIterator<Folder> {
    return this.#folders.values();
  }

  /** Opens a node, whose children are to be told by {@link fill}. */
  open(path: string): Folder {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const folder: Folder = { path, state: 'loading', names: [], error: undefined };
    this.#folders.set(path, folder);
    if (path !== '/') insert(this.#openNamesOf(parentPath(path)), nameOf(path));
    this.#counts.clear();
    return folder;
  }

  /** Closes a node, and those below it. */
  close(path: string): void {
    if (!this.#folders.has(path)) return;
    for (const name of [...this.#openNamesOf(path)]) this.close(childPath(path, name));
    this.#folders.delete(path);
    this.#openNames.delete(path);
    if (path !== '/') take(this.#openNamesOf(parentPath(path)), nameOf(path));
    this.#counts.clear();
  }

  /** The whole list of an open node's children. Open nodes that are not in it are closed. */
  fill(path: string, names: readonly string[]): void {
    const folder = this.#folders.get(path);
    if (folder === undefined) return;
    folder.names = [...names];
    folder.state = 'ready';
    folder.error = undefined;
    for (const name of [...this.#openNamesOf(path)]) {
      if (!has(folder.names, name)) this.close(childPath(path, name));
    }
    this.#counts.clear();
  }

  fail(path: string, error: unknown): void {
    const folder = this.#folders.get(path);
    if (folder === undefined) return;
    Object.assign(folder, { state: 'failed', names: [], error });
    this.#counts.clear();
  }

  /** Changes to the children of one node, in any number: `true` is there now, `false` is gone. */
  change(path: string, changes: ReadonlyMap<string, boolean>): void {
    const folder = this.#folders.get(path);
    if (folder?.state !== 'ready') return;
    this.#counts.clear();
    for (const [name, isThere] of changes) if (!isThere) this.close(childPath(path, name));
    if (changes.size < 32) {
      for (const [name, isThere] of changes) {
        if (isThere) insert(folder.names, name);
        else take(folder.names, name);
      }
      return;
    }
    const kept = folder.names.filter((name) => !changes.has(name));
    const added = [...changes].filter(([, isThere]) => isThere).map(([name]) => name);
    folder.names = merge(kept, added.sort(byCodeUnit));
  }

  /** Number of lines. */
  get size(): number {
    return 1 + this.#below('/');
  }

  /** The lines from one number up to another, which is not among them. */
  rows(from: number, to: number): readonly Row[] {
    const rows: Row[] = [];
    const root = this.#folders.get('/');
    if (from <= 0 && to > 0) {
      const row = { path: '/', name: '/', level: 1, position: 1, siblings: 1, folder: root };
      rows.push({ kind: 'node', ...row });
    }
    if (root !== undefined) this.#collect(root, 2, 1, Math.max(from, 1), to, rows);
    return rows;
  }

  /** The number of a node's line; undefined when it is not to be seen. */
  indexOf(path: string): number | undefined {
    let index = 0;
    for (const each of pathsDownTo(path).slice(1)) {
      const parent = this.#folders.get(parentPath(each));
      const name = nameOf(each);
      if (parent?.state !== 'ready' || !has(parent.names, name)) return undefined;
      index += 1 + place(parent.names, name);
      for (const open of this.#openNamesOf(parent.path)) {
        if (open >= name) break;
        index += this.#below(childPath(parent.path, open));
      }
    }
    return index;
  }

  /** Number of lines below an open node. */
  #below(path: string): number {
    const folder = this.#folders.get(path);
    if (folder === undefined) return 0;
    const known = this.#counts.get(path);
    if (known !== undefined) return known;
    let count = folder.names.length;
    if (folder.state !== 'ready' || count === 0) count = 1;
    else for (const name of this.#openNamesOf(path)) count += this.#below(childPath(path, name));
    this.#counts.set(path, count);
    return count;
  }

  #collect(
    folder: Folder,
    level: number,
    begin: number,
    from: number,
    to: number,
    rows: Row[],
  ): void {
    const { path, names } = folder;
    if (folder.state !== 'ready' || names.length === 0) {
      if (begin < from || begin >= to) return;
      rows.push({ kind: 'note', path, name: '', level, position: 1, siblings: 1, folder });
      return;
    }
    const siblings = names.length;
    let line = begin;
    let at = 0;
    const plain = (end: number) => {
      const first = Math.max(at, at + from - line);
      for (let each = first; each < end && line + each - at < to; each++) {
        rows.push(this.#node(folder, names[each]!, level, each + 1, siblings));
      }
      line += end - at;
      at = end;
    };
    for (const open of this.#openNamesOf(path)) {
      if (line >= to) return;
      plain(place(names, open) + 1);
      const child = this.#folders.get(childPath(path, open))!;
      const below = this.#below(child.path);
      if (line < to && line + below > from) {
        this.#collect(child, level + 1, line, from, to, rows);
      }
      line += below;
    }
    if (line < to) plain(names.length);
  }

  #node(parent: Folder, name: string, level: number, position: number, siblings: number): Row {
    const path = childPath(parent.path, name);
    const folder = this.#folders.get(path);
    return { kind: 'node', path, name, level, position, siblings, folder };
  }

  #openNamesOf(path: string): string[] {
    const names = this.#openNames.get(path) ?? [];
    this.#openNames.set(path, names);
    return names;
  }
}

const byCodeUnit = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** The first place in a sorted list whose name is not before this one. */
function place(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (names[middle]! < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

function has(names: readonly string[], name: string): boolean {
  return names[place(names, name)] === name;
}

function insert(names: string[], name: string): void {
  const at = place(names, name);
  if (names[at] !== name) names.splice(at, 0, name);
}

function take(names: string[], name: string): void {
  const at = place(names, name);
  if (names[at] === name) names.splice(at, 1);
}

function merge(a: readonly string[], b: readonly string[]): string[] {
  const merged: string[] = [];
  let at = 0;
  for (const name of b) {
    while (at < a.length && a[at]! < name) merged.push(a[at++]!);
    merged.push(name);
  }
  while (at < a.length) merged.push(a[at++]!);
  return merged;
}
