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

  /**
   * Paths that may go now: empty containers that were used, empty containers never used for more
   * than `maxNeverUsedMs` (0: these never go), and TTL nodes without children whose time is over.
   *
   * @param wall the leader's wall clock, which also gave the nodes their times
   */
  candidates(wall: number, maxNeverUsedMs: number): string[] {
    const candidates: string[] = [];
    for (const path of this.#containers) {
      if (this.#isUnwantedContainer(this.#tree.find(path), wall, maxNeverUsedMs)) {
        candidates.push(path);
      }
    }
    for (const path of this.#ttls) {
      if (this.isOverdue(this.#tree.find(path), wall)) candidates.push(path);
    }
    return candidates;
  }

  /** Whether a node is one that {@link candidates} would name. */
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
