import { MalformedError, Reader } from '../wire/reader.js';
import type { ByteWindow } from './byte-window.js';

/** No node and no ACL of any server is so large: a length that says so is none. */
const LARGEST_ITEM_BYTES = 256 << 20;
const LEAST_BUFFER_BYTES = 1 << 16;

/**
 * Bytes that come piece by piece, cut anywhere. What was not read yet is kept in one piece; the
 * work and the memory are in proportion to what has come, whatever lengths it claims.
 */
export class PushWindow extends Reader implements ByteWindow {
  /** Where in the whole the piece begins. */
  #start = 0;
  #buffer = new Uint8Array(0);

  constructor() {
    super(new Uint8Array(0));
  }

  get offset(): number {
    return this.#start + this.position;
  }

  get left(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** More bytes; they must not change until the next ones come. */
  push(bytes: Uint8Array): void {
    const { remaining } = this;
    const size = remaining + bytes.length;
    if (remaining === 0) {
      this.#point(bytes, bytes.length);
      return;
    }
    const buffer = this.#buffer;
    if (this.bytes === buffer && this.end + bytes.length <= buffer.length) {
      buffer.set(bytes, this.end);
      this.end += bytes.length;
      return;
    }
    /* Room for as much again, so that no byte is moved more than a few times. */
    const fits = 2 * size <= buffer.length;
    const room = fits ? buffer : new Uint8Array(Math.max(LEAST_BUFFER_BYTES, 2 * size));
    room.set(this.bytes.subarray(this.position, this.end));
    room.set(bytes, remaining);
    this.#buffer = room;
    this.#point(room, size);
  }

  /** @throws MalformedError for more than anything takes */
  ensure(count: number): boolean {
    if (count > LARGEST_ITEM_BYTES) throw new MalformedError(`unreasonable length ${count}`);
    return this.remaining >= count;
  }

  #point(bytes: Uint8Array, end: number): void {
    this.#start = this.offset;
    this.reset(bytes, 0, end);
  }
}
