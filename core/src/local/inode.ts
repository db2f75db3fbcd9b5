/** The unit in which a disk writes: each sector of a write survives a crash or not by itself. */
export const SECTOR_BYTES = 512;

/** A change of a file that is not durable yet. */
type Unsynced =
  | { readonly type: 'size'; readonly size: number }
  | { readonly type: 'sector'; readonly position: number; readonly bytes: Uint8Array };

/** A file without its name: what a program reads, and what a crash would leave of it. */
export class Inode {
  #durable: Content;
  #seen: Content;
  #unsynced: Unsynced[] = [];

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#durable = new Content(bytes);
    this.#seen = new Content(bytes);
  }

  get size(): number {
    return this.#seen.size;
  }

  read(position: number, length: number): Uint8Array {
    return this.#seen.bytes.slice(position, Math.min(position + length, this.#seen.size));
  }

  /** As {@link read}, of what is certain to survive a crash. */
  readDurable(position: number, length: number): Uint8Array {
    return this.#durable.bytes.slice(position, Math.min(position + length, this.#durable.size));
  }

  resize(size: number): void {
    this.#change({ type: 'size', size });
  }

  write(position: number, bytes: Uint8Array): void {
    const end = position + bytes.length;
    if (end > this.size) this.resize(end);
    for (let at = position; at < end; ) {
      const next = Math.min(end, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES);
      const sector = bytes.slice(at - position, next - position);
      this.#change({ type: 'sector', position: at, bytes: sector });
      at = next;
    }
  }

  sync(): void {
    for (const change of this.#unsynced) this.#durable.apply(change);
    this.#unsynced = [];
  }

  /**
   * A sync that failed: the bytes that it should have made durable never will be, though reads show
   * them. The size may still be.
   */
  dropUnsynced(): void {
    this.#unsynced = this.#unsynced.filter(({ type }) => type === 'size');
  }

  /** The file after a crash, in which each unsynced change survives if `survives` says so. */
  afterCrash(survives: () => boolean): Inode {
    const left = new Content(this.#durable.bytes.slice(0, this.#durable.size));
    for (const change of this.#unsynced) if (survives()) left.apply(change);
    return new Inode(left.bytes.slice(0, left.size));
  }

  #change(change: Unsynced): void {
    this.#seen.apply(change);
    this.#unsynced.push(change);
  }
}

/** Bytes that can grow; what lies behind `size` in the buffer is always zero. */
class Content {
  bytes: Uint8Array;
  size: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes.slice();
    this.size = bytes.length;
  }

  apply(change: Unsynced): void {
    if (change.type === 'size') {
      const { size } = change;
      if (size < this.size) this.bytes.fill(0, size, this.size);
      if (size > this.bytes.length) {
        const grown = new Uint8Array(Math.max(size, 2 * this.bytes.length));
        grown.set(this.bytes.subarray(0, this.size));
        this.bytes = grown;
      }
      this.size = size;
      return;
    }
    // A sector beyond the end is lost with the change of size that it needed.
    const fits = this.size - change.position;
    if (fits > 0) this.bytes.set(change.bytes.subarray(0, fits), change.position);
  }
}
