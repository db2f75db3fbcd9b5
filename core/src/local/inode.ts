/** The unit in which a disk writes: each sector of a write survives a crash or not by itself. */
export const SECTOR_BYTES = 512;

/** A change of a file that is not durable yet. */
type Unsynced =
  | { readonly type: 'size'; readonly size: number }
  | { readonly type: 'sector'; readonly position: number; readonly bytes: Uint8Array };

/** A file without its name: what a program reads, and what a crash would leave of it. */
export class Inode {
  readonly #durable: Content;
  readonly #seen: Content;
  #unsynced: Unsynced[] = [];

  /** @param content what is durable: bytes, which are copied, or another file's content */
  constructor(content: Uint8Array | Content = new Content()) {
    this.#durable =
      content instanceof Content ? content : new Content(content.slice(), content.length);
    this.#seen = this.#durable.share();
  }

  get size(): number {
    return this.#seen.size;
  }

  read(position: number, length: number): Uint8Array {
    return this.#seen.read(position, length);
  }

  /** As {@link read}, of what is certain to survive a crash. */
  readDurable(position: number, length: number): Uint8Array {
    return this.#durable.read(position, length);
  }

  resize(size: number): void {
    this.#change({ type: 'size', size });
  }

  write(position: number, bytes: Uint8Array): void {
    const end = position + bytes.length;
    if (end > this.size) this.resize(end);
    const own = bytes.slice();
    for (let at = position; at < end; ) {
      const next = Math.min(end, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES);
      const sector = own.subarray(at - position, next - position);
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
    const left = this.#durable.share();
    for (const change of this.#unsynced) if (survives()) left.apply(change);
    return new Inode(left);
  }

  #change(change: Unsynced): void {
    this.#seen.apply(change);
    this.#unsynced.push(change);
  }
}

/**
 * Bytes that can grow; what lies behind `size` in the array is always zero. Contents share an array
 * until one of them changes, since most files never do again.
 */
class Content {
  #bytes: Uint8Array;
  #size: number;
  #isShared = false;

  constructor(bytes: Uint8Array = new Uint8Array(0), size = 0) {
    this.#bytes = bytes;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  read(position: number, length: number): Uint8Array {
    return this.#bytes.slice(position, Math.min(position + length, this.#size));
  }

  share(): Content {
    const other = new Content(this.#bytes, this.#size);
    this.#isShared = true;
    other.#isShared = true;
    return other;
  }

  apply(change: Unsynced): void {
    if (change.type === 'size') {
      this.#resize(change.size);
      return;
    }
    // A sector beyond the end is lost with the change of size that it needed.
    const fits = this.#size - change.position;
    if (fits <= 0) return;
    if (this.#isShared) this.#move(this.#bytes.length);
    this.#bytes.set(change.bytes.subarray(0, fits), change.position);
  }

  #resize(size: number): void {
    if (size > this.#bytes.length) this.#move(Math.max(size, 2 * this.#bytes.length));
    else if (size < this.#size) {
      if (this.#isShared) this.#move(this.#bytes.length);
      this.#bytes.fill(0, size, this.#size);
    }
    this.#size = size;
  }

  /** Takes an array of its own. */
  #move(capacity: number): void {
    const own = new Uint8Array(capacity);
    own.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = own;
    this.#isShared = false;
  }
}
