import { signal } from '@preact/signals';
import type { Client, Stat, WatchEvent } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { childPath, nameOf, parentPath, pathsDownTo } from '../paths.js';
import { TreeModel } from './tree-model.js';

/** What happened to a node a moment ago. */
export type Flash = 'created' | 'changed' | 'below' | 'deleted';

/** How changes come: told by the server, or looked for, where it has no recursive watches. */
export type Liveness = 'starting' | 'watched' | 'polled';

/** How long a change is to be seen. */
const FLASH_MS = 1_600;
/** Nodes that may not be read are changed without a word: lists are compared this often. */
const AUDIT_MS = 15_000;
const POLL_MS = 3_000;
/** Changes told to the page are put together for so long, so that a flood costs little. */
const GATHER_MS = 60;
/** Lines that are seen at once, at most. */
const WANTED_MAX = 100;
/** Most Stats that are kept; what is seen is read again. */
const STATS_MAX = 5_000;

/**
 * The tree as the page holds it: lists of the open nodes and Stats of the lines that are seen. A
 * list is read once, and from then on follows the events of one recursive watch on the root.
 */
export class LiveTree {
  readonly model = new TreeModel();
  /** Counts up with each change to what is to be seen. */
  readonly version = signal(0);
  readonly liveness = signal<Liveness>('starting');
  readonly #zk: Client;
  readonly #stats = new Map<string, Stat>();
  readonly #asked = new Set<string>();
  readonly #flashes = new Map<string, { readonly kind: Flash; readonly until: number }>();
  readonly #reads = new Map<string, Promise<void>>();
  readonly #wanted = new Set<string>();
  #asking: number | undefined;
  #events: WatchEvent[] = [];
  #gathering: number | undefined;

  constructor(zk: Client) {
    this.#zk = zk;
    this.model.open('/');
    zk.events$.subscribe((event) => this.#heard(event));
    let generation = 0;
    zk.state$.subscribe(({ type }) => {
      if (type !== 'connected' || zk.generation === generation) return;
      generation = zk.generation;
      // What happened while away was told to nobody.
      this.refresh();
    });
    void this.#watch();
    void this.#audit();
  }

  /** Opens a node and reads its children. Resolves when they are there, or cannot be. */
  open(path: string): Promise<void> {
    const known = this.model.folder(path);
    if (known?.state === 'ready') return Promise.resolve();
    this.model.open(path);
    this.#changed();
    return this.#read(path);
  }

  close(path: string): void {
    if (path === '/') return;
    this.model.close(path);
    this.#changed();
  }

  /** Opens everything above a node. @returns whether its line is to be seen now */
  async reveal(path: string): Promise<boolean> {
    for (const above of pathsDownTo(path).slice(0, -1)) {
      await this.open(above);
      if (this.model.folder(above)?.state !== 'ready') return false;
    }
    return this.model.indexOf(path) !== undefined;
  }

  /** Reads every open list and every Stat again. */
  refresh(): void {
    this.#stats.clear();
    this.#asked.clear();
    for (const { path } of [...this.model.folders()]) void this.#read(path);
    this.#changed();
  }

  /** The Stat of a line that is seen, as far as it is known; reads it when it is not. */
  stat(path: string): Stat | undefined {
    const known = this.#stats.get(path);
    if (known === undefined) this.#askFor(path);
    return known;
  }

  /** What happened to a node lately. */
  flash(path: string): Flash | undefined {
    const flash = this.#flashes.get(path);
    return flash !== undefined && flash.until > performance.now() ? flash.kind : undefined;
  }

  #changed(): void {
    this.version.value++;
  }

  /** Asks soon, and only for what was wanted last: whoever scrolls by wants nothing. */
  #askFor(path: string): void {
    if (this.#asked.has(path)) return;
    this.#wanted.add(path);
    this.#asking ??= setTimeout(() => {
      this.#asking = undefined;
      for (const each of [...this.#wanted].slice(-WANTED_MAX)) this.#ask(each);
      this.#wanted.clear();
    }, GATHER_MS);
  }

  #ask(path: string): void {
    this.#asked.add(path);
    const told = (stat: Stat | undefined) => {
      // An event since then has asked for it to be read again.
      if (!this.#asked.has(path)) return;
      if (this.#stats.size >= STATS_MAX) this.#forgetStats();
      if (stat !== undefined) this.#stats.set(path, stat);
      this.#changed();
    };
    const failed = (error: unknown) => {
      // Who may not know it is not told by asking again.
      if (!isZkError(error, 'NO_AUTH')) this.#asked.delete(path);
    };
    this.#zk.exists(path).then(told, failed);
  }

  #forgetStats(): void {
    for (const path of this.#stats.keys()) this.#asked.delete(path);
    this.#stats.clear();
  }

  #read(path: string): Promise<void> {
    const underway = this.#reads.get(path);
    if (underway !== undefined) return underway;
    const read = this.#zk.children(path).then(
      ({ children, stat }) => {
        // Events that came before this answer are part of it.
        this.#apply();
        this.model.fill(path, children);
        this.#stats.set(path, stat);
        this.#asked.add(path);
      },
      (error: unknown) => {
        if (isZkError(error, 'NO_NODE') && path !== '/') this.model.close(path);
        else this.model.fail(path, error);
      },
    );
    const done = read.then(() => {
      this.#reads.delete(path);
      this.#changed();
    });
    this.#reads.set(path, done);
    return done;
  }

  async #watch(): Promise<void> {
    try {
      await this.#zk.addWatch('/', 'persistentRecursive');
      this.liveness.value = 'watched';
    } catch (error) {
      // Servers before 3.6 know no such watch.
      this.liveness.value = 'polled';
      if (!isZkError(error, 'UNIMPLEMENTED')) setTimeout(() => void this.#watch(), AUDIT_MS);
    }
  }

  /** Finds lists that have changed without a word, and reads them again. */
  async #audit(): Promise<never> {
    for (;;) {
      const wait = this.liveness.value === 'polled' ? POLL_MS : AUDIT_MS;
      await new Promise((resolve) => setTimeout(resolve, wait));
      if (document.hidden || this.#zk.state.type !== 'connected') continue;
      for (const { path, state } of [...this.model.folders()]) {
        if (state === 'loading') continue;
        const stat = await this.#zk.exists(path).catch(() => undefined);
        const known = this.#stats.get(path);
        if (stat === undefined || known?.pzxid === stat.pzxid) continue;
        const folder = this.model.folder(path);
        if (folder?.names.length !== stat.numChildren || folder.state === 'failed') {
          await this.#read(path);
        } else this.#stats.set(path, stat);
      }
    }
  }

  #heard(event: WatchEvent): void {
    this.#events.push(event);
    this.#gathering ??= setTimeout(() => this.#apply(), GATHER_MS);
  }

  /** Brings lists and Stats up to what was heard. */
  #apply(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    if (this.#events.length === 0) return;
    const events = this.#events;
    this.#events = [];
    const byParent = new Map<string, Map<string, boolean>>();
    for (const { type, path } of events) {
      this.#forget(path);
      if (type === 'nodeDataChanged') this.#light(path, 'changed');
      else if (type === 'nodeCreated' || type === 'nodeDeleted') {
        const parent = parentPath(path);
        this.#forget(parent);
        const isThere = type === 'nodeCreated';
        const changes = byParent.get(parent) ?? new Map<string, boolean>();
        byParent.set(parent, changes.set(nameOf(path), isThere));
        this.#light(isThere ? path : parent, isThere ? 'created' : 'deleted');
      }
    }
    for (const [parent, changes] of byParent) this.model.change(parent, changes);
    this.#changed();
    setTimeout(() => this.#dim(), FLASH_MS + 20);
  }

  #forget(path: string): void {
    this.#stats.delete(path);
    this.#asked.delete(path);
  }

  /** Lets a node flash, or the nearest above it that is to be seen. */
  #light(path: string, kind: Flash): void {
    const until = performance.now() + FLASH_MS;
    let seen = path;
    while (seen !== '/' && this.model.folder(parentPath(seen)) === undefined) {
      seen = parentPath(seen);
    }
    this.#flashes.set(seen, { kind: seen === path ? kind : 'below', until });
  }

  #dim(): void {
    const now = performance.now();
    for (const [path, { until }] of this.#flashes) {
      if (until > now) continue;
      this.#flashes.delete(path);
      this.#changed();
    }
  }
}

/** A walk down the tree that tells each node it comes to; see {@link walk}. */
export interface Walk {
  /** Called for each node, the upper ones first. @returns false to go no further below it */
  readonly visit: (path: string) => boolean;
  /** Called with the Stat of each node whose list was read, and waited for. */
  readonly look?: (path: string, stat: Stat) => Promise<void>;
  readonly signal: AbortSignal;
  /** Reads on their way at once. */
  readonly width?: number;
}

/**
 * Visits a node and everything below it, level by level. Nodes that are gone or that may not be
 * listed have nothing below them.
 */
export async function walk(
  zk: Client,
  from: string,
  { visit, look, signal: stop, width = 32 }: Walk,
): Promise<void> {
  const listOf = async (path: string) => {
    const list = await zk.children(path, { signal: stop }).catch(ifNotOver(stop));
    if (list !== undefined) await look?.(path, list.stat).catch(ifNotOver(stop));
    return list;
  };
  let level = [from];
  while (level.length > 0) {
    const next: string[] = [];
    const due = level.filter((path) => visit(path));
    for (let at = 0; at < due.length; at += width) {
      stop.throwIfAborted();
      const some = due.slice(at, at + width);
      const lists = await Promise.all(some.map(listOf));
      for (const [index, list] of lists.entries()) {
        for (const name of list?.children ?? []) next.push(childPath(some[index]!, name));
      }
    }
    level = next;
  }
}

function ifNotOver(stop: AbortSignal) {
  return (error: unknown): undefined => {
    if (stop.aborted || isZkError(error, 'CONNECTION_LOSS')) throw error;
    return undefined;
  };
}
