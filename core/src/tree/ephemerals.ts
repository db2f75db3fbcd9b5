import type { SessionId } from '../base/ids.js';

const NO_PATHS: ReadonlySet<string> = new Set();

/** Which ephemeral nodes each session owns. */
export class Ephemerals {
  readonly #paths = new Map<SessionId, Set<string>>();
  #size = 0;

  add(session: SessionId, path: string): void {
    let paths = this.#paths.get(session);
    if (paths === undefined) {
      paths = new Set();
      this.#paths.set(session, paths);
    }
    if (paths.has(path)) return;
    paths.add(path);
    this.#size++;
  }

  remove(session: SessionId, path: string): void {
    const paths = this.#paths.get(session);
    if (paths === undefined || !paths.delete(path)) return;
    this.#size--;
    if (paths.size === 0) this.#paths.delete(session);
  }

  clear(): void {
    this.#paths.clear();
    this.#size = 0;
  }

  /** Paths owned by a session, in the order of creation; empty when it owns none. */
  pathsOf(session: SessionId): ReadonlySet<string> {
    return this.#paths.get(session) ?? NO_PATHS;
  }

  /** Sessions that own at least one node. */
  sessions(): IterableIterator<SessionId> {
    return this.#paths.keys();
  }

  entries(): IterableIterator<[SessionId, ReadonlySet<string>]> {
    return this.#paths.entries();
  }

  /** Number of ephemeral nodes. */
  get size(): number {
    return this.#size;
  }
}
