import { crcOf } from '../base/crc32.js';
import { crcStat, DigestSum } from './digest.js';
import type { NodeId, NodeTable } from './node-table.js';
import { field, flag } from './rows.js';

const DIRTY_LIMIT = 4096;

/**
 * The digest of a tree, kept lazily: a change only takes the node's old hash out of the sum and
 * lists the node; its new hash is computed when someone asks, or when the list is full. A parent
 * whose children come and go is so hashed once, not at every write.
 */
export class TreeDigest {
  readonly #enabled: boolean;
  readonly #sum = new DigestSum();
  readonly #dirty = new Int32Array(DIRTY_LIMIT);
  #dirtyCount = 0;

  constructor(enabled: boolean) {
    this.#enabled = enabled;
  }

  /** Begins again, with a table that is not touched yet. */
  reset(): void {
    this.#sum.high = 0;
    this.#sum.low = 0;
    this.#dirtyCount = 0;
  }

  /** Must come before a change of what the digest covers, and before a removal. */
  touch(nodes: NodeTable, id: NodeId): void {
    if (!this.#enabled) return;
    const page = nodes.rows.page(id);
    const row = nodes.rows.start(id);
    const flags = page[row + field.flags]!;
    if ((flags & (flag.dirty | flag.undigested)) !== 0) return;
    /* Before the mark: a row used again may stand in the list already, and is not settled yet. */
    if (this.#dirtyCount === DIRTY_LIMIT) this.#settle(nodes);
    this.#sum.subtract(page[row + field.hash]!);
    page[row + field.flags] = flags | flag.dirty;
    this.#dirty[this.#dirtyCount++] = id;
  }

  /** The sum, up to date; 0 when digests are off. */
  sum(nodes: NodeTable): DigestSum {
    this.#settle(nodes);
    return this.#sum;
  }

  /** Unsigned hash of a node. */
  hash(nodes: NodeTable, id: NodeId): number {
    this.#settle(nodes);
    return nodes.rows.get(id, field.hash) >>> 0;
  }

  #settle(nodes: NodeTable): void {
    for (let i = 0; i < this.#dirtyCount; i++) {
      const id = this.#dirty[i]!;
      const page = nodes.rows.page(id);
      const row = nodes.rows.start(id);
      const flags = page[row + field.flags]!;
      /* Removed since, or removed and used again and so listed twice. */
      if ((flags & flag.dirty) === 0) continue;
      page[row + field.flags] = flags & ~flag.dirty;
      const hash = crcOf(crcStat(nodes.contentCrc(id), page, row));
      page[row + field.hash] = hash;
      this.#sum.add(hash);
    }
    this.#dirtyCount = 0;
  }
}
