import { NO_NODE_ID, type NodeId } from './node-table.js';
import type { TreeView } from './tree-view.js';

/** Container and TTL nodes, and which of them may go. */
export class Expiring {
  readonly #tree: TreeView;
  readonly #containers = new Set<string>();
  readonly #ttls = new Set<string>();

  constructor(tree: TreeView) {
    this.#tree = tree;
  }

  get containerCount(): number {
    return this.#containers.size;
  }

  get ttlCount(): number {
    return this.#ttls.size;
  }

  add(kind: 'container' | 'ttl', path: string): void {
    this.#setOf(kind).add(path);
  }

  remove(kind: 'container' | 'ttl', path: string): void {
    this.#setOf(kind).delete(path);
  }

  clear(): void {
    this.#containers.clear();
    this.#ttls.clear();
  }

  /** All of their paths. They may come and go while it is gone through. */
  *paths(): IterableIterator<string> {
    yield* this.#containers;
    yield* this.#ttls;
  }

  /**
   * Whether a node may go now: an empty container that was used, an empty one never used for more
   * than `maxNeverUsedMs` (0: these never go), or a TTL node without children whose time is over.
   *
   * @param wall the leader's wall clock, which also gave the nodes their times
   */
  mayGo(path: string, wall: number, maxNeverUsedMs: number): boolean {
    const id = this.#tree.find(path);
    if (this.#containers.has(path)) return this.#isUnwantedContainer(id, wall, maxNeverUsedMs);
    return this.#ttls.has(path) && this.isOverdue(id, wall);
  }

  /** Whether a TTL node has no children and was not changed for its time to live. */
  isOverdue(id: NodeId, wall: number): boolean {
    if (id === NO_NODE_ID || this.#tree.kindOf(id) !== 'ttl') return false;
    const ttl = this.#tree.ttlOf(id);
    return this.#tree.childCount(id) === 0 && ttl !== 0 && wall - this.#tree.mtime(id) > ttl;
  }

  #isUnwantedContainer(id: NodeId, wall: number, maxNeverUsedMs: number): boolean {
    if (id === NO_NODE_ID || this.#tree.childCount(id) > 0) return false;
    if (this.#tree.cversion(id) !== 0) return true;
    return maxNeverUsedMs !== 0 && wall - this.#tree.mtime(id) > maxNeverUsedMs;
  }

  #setOf(kind: 'container' | 'ttl'): Set<string> {
    return kind === 'container' ? this.#containers : this.#ttls;
  }
}
