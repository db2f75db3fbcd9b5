import { EMPTY_BYTES, textOf, utf8 } from '../base/bytes.js';
import { CRC_START, crcBytes } from '../base/crc32.js';
import type { Writer } from '../wire/writer.js';
import { finishHash, hashBytes, hashText, PathIndex, startHash } from './path-index.js';
import { field, flag, Rows } from './rows.js';
import { Slab } from './slab.js';

/** Number of a row of the tree. Reused after the node is deleted. */
export type NodeId = number;
/** No such node. */
export const NO_NODE_ID = -1;
/** The root's row; always there. */
export const ROOT_ID = 0;

const SLASH = 0x2f;
const SLASH_BYTES = new Uint8Array([SLASH]);
const COPY_BY_HAND = 256;

/**
 * The nodes as a structure: names, parents, children and data. It knows nothing of versions, zxids
 * or digests. No JavaScript object stands for a node, and looking one up allocates nothing.
 */
export class NodeTable {
  readonly rows: Rows = new Rows();
  readonly #index = new PathIndex();
  readonly #slab = new Slab();
  readonly #startHash: number;
  #size = 0;
  /** The node that was found last; forgotten when one is added or removed. */
  #lastPath = '';
  #lastId: NodeId = ROOT_ID;

  /** A table that holds the root alone, with no data. */
  constructor(hashSeed: number) {
    this.#startHash = startHash(hashSeed);
    this.rows.allocate();
    this.#clear(ROOT_ID, NO_NODE_ID);
    this.rows.set(ROOT_ID, field.pathCrc, CRC_START);
    this.#size = 1;
  }

  /** Number of nodes, the root once. */
  get size(): number {
    return this.#size;
  }

  /** Bytes that the data and the names hold from the system. */
  get slabBytes(): number {
    return this.#slab.reservedBytes;
  }

  /** The node at a path, or {@link NO_NODE_ID}. The root is both '' and '/'. */
  find(path: string): NodeId {
    if (path === this.#lastPath) return this.#lastId;
    const id = this.findPrefix(path, path.length);
    if (id !== NO_NODE_ID) this.#remember(path, id);
    return id;
  }

  /** A write is followed by a look at what it wrote. */
  #remember(path: string, id: NodeId): void {
    this.#lastPath = path;
    this.#lastId = id;
  }

  /** The node whose path is the first `length` units of `path`. */
  findPrefix(path: string, length: number): NodeId {
    if (length === 0 || (length === 1 && path.charCodeAt(0) === SLASH)) return ROOT_ID;
    return this.#findHashed(this.#hash(path, length), path, length);
  }

  #findHashed(hash: number, path: string, length: number): NodeId {
    const pairs = this.#index.segment(hash);
    const mask = pairs.length - 1;
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const entry = pairs[at + 1]!;
      if (entry === 0) return NO_NODE_ID;
      if (pairs[at] === hash && this.#hasPath(entry - 1, path, length)) return entry - 1;
    }
  }

  /** The node whose path is UTF-8 in `bytes`: as {@link find}, without making a string. */
  findBytes(bytes: Uint8Array, start: number, end: number): NodeId {
    if (end === start || (end - start === 1 && bytes[start] === SLASH)) return ROOT_ID;
    for (let i = start; i < end; i++) {
      if (bytes[i]! > 0x7f) return this.find(textOf(bytes.subarray(start, end)));
    }
    const hash = finishHash(hashBytes(this.#startHash, bytes, start, end));
    const pairs = this.#index.segment(hash);
    const mask = pairs.length - 1;
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const entry = pairs[at + 1]!;
      if (entry === 0) return NO_NODE_ID;
      if (pairs[at] === hash && this.#hasPathBytes(entry - 1, bytes, start, end)) return entry - 1;
    }
  }

  /** Path of a node; '/' for the root. */
  pathOf(id: NodeId): string {
    if (id === ROOT_ID) return '/';
    let path = '';
    for (let at = id; at !== ROOT_ID; at = this.rows.get(at, field.parent)) {
      path = `/${this.nameOf(at)}${path}`;
    }
    return path;
  }

  /** Last component of a node's path; '' for the root. */
  nameOf(id: NodeId): string {
    const block = this.rows.get(id, field.block);
    const bytes = this.#slab.bytesOf(block);
    const start = this.#slab.startOf(block);
    const end = start + this.rows.get(id, field.nameLength);
    if ((this.rows.get(id, field.flags) & flag.wideName) !== 0) {
      return textOf(bytes.subarray(start, end));
    }
    let name = '';
    for (let i = start; i < end; i++) name += String.fromCharCode(bytes[i]!);
    return name;
  }

  /** Writes the path as a jute string; the root's is ''. */
  writePath(id: NodeId, to: Writer): void {
    let length = 0;
    for (let at = id; at !== ROOT_ID; at = this.rows.get(at, field.parent)) {
      length += 1 + this.rows.get(at, field.nameLength);
    }
    to.int(length);
    to.reserve(length);
    to.position += length;
    let end = to.position;
    for (let at = id; at !== ROOT_ID; at = this.rows.get(at, field.parent)) {
      const block = this.rows.get(at, field.block);
      const nameLength = this.rows.get(at, field.nameLength);
      end -= nameLength;
      copy(this.#slab.bytesOf(block), this.#slab.startOf(block), nameLength, to.bytes, end);
      to.bytes[--end] = SLASH;
    }
  }

  /** Writes the children's names as a jute vector, the newest child first. */
  writeChildren(id: NodeId, to: Writer): void {
    const { rows } = this;
    to.int(rows.get(id, field.childCount));
    let child = rows.get(id, field.firstChild);
    for (; child !== NO_NODE_ID; child = rows.get(child, field.next)) {
      const block = rows.get(child, field.block);
      this.#writeBlock(block, 0, rows.get(child, field.nameLength), to);
    }
  }

  /** Writes the data as a jute buffer; length -1 for null. */
  writeData(id: NodeId, to: Writer): void {
    const { rows } = this;
    const page = rows.page(id);
    const row = rows.start(id);
    const length = page[row + field.dataLength]!;
    if (length === -1) to.int(-1);
    else this.#writeBlock(page[row + field.block]!, page[row + field.nameLength]!, length, to);
  }

  /** A copy of the data. */
  data(id: NodeId): Uint8Array | null {
    const length = this.rows.get(id, field.dataLength);
    if (length === -1) return null;
    if (length === 0) return EMPTY_BYTES;
    const block = this.rows.get(id, field.block);
    const start = this.#slab.startOf(block) + this.rows.get(id, field.nameLength);
    return this.#slab.bytesOf(block).slice(start, start + length);
  }

  /** Replaces the data; copies it. */
  setData(id: NodeId, data: Uint8Array | null): void {
    const page = this.rows.page(id);
    const row = this.rows.start(id);
    const nameLength = page[row + field.nameLength]!;
    const oldSize = nameLength + Math.max(0, page[row + field.dataLength]!);
    const newSize = nameLength + (data === null ? 0 : data.length);
    let block = page[row + field.block]!;
    if (!this.#slab.fits(oldSize, newSize)) {
      const moved = this.#slab.allocate(newSize);
      const from = this.#slab.startOf(block);
      const to = this.#slab.startOf(moved);
      copy(this.#slab.bytesOf(block), from, nameLength, this.#slab.bytesOf(moved), to);
      this.#slab.free(block, oldSize);
      page[row + field.block] = moved;
      block = moved;
    }
    page[row + field.dataLength] = data === null ? -1 : data.length;
    page[row + field.flags]! |= flag.staleCrc;
    if (data !== null && data.length > 0) {
      const at = this.#slab.startOf(block) + nameLength;
      copy(data, 0, data.length, this.#slab.bytesOf(block), at);
    }
  }

  /**
   * Adds a child of `parent`, with zeros for its stat.
   *
   * @returns {@link NO_NODE_ID} when the path is taken
   */
  add(parent: NodeId, path: string, data: Uint8Array | null): NodeId {
    if (path.length <= 1) return NO_NODE_ID;
    const hash = this.#hash(path, path.length);
    if (this.#findHashed(hash, path, path.length) !== NO_NODE_ID) return NO_NODE_ID;
    this.#remember('', ROOT_ID);
    const { rows } = this;
    const id = rows.allocate();
    this.#clear(id, parent);
    const nameStart = path.lastIndexOf('/') + 1;
    const wide = isWide(path, nameStart) ? utf8(path.slice(nameStart)) : undefined;
    const nameLength = wide === undefined ? path.length - nameStart : wide.length;
    const dataLength = data === null ? 0 : data.length;
    const block = this.#slab.allocate(nameLength + dataLength);
    const bytes = this.#slab.bytesOf(block);
    const start = this.#slab.startOf(block);
    if (wide !== undefined) copy(wide, 0, nameLength, bytes, start);
    else for (let i = 0; i < nameLength; i++) bytes[start + i] = path.charCodeAt(nameStart + i);
    if (data !== null) copy(data, 0, dataLength, bytes, start + nameLength);
    const page = rows.page(id);
    const row = rows.start(id);
    page[row + field.block] = block;
    page[row + field.nameLength] = nameLength;
    page[row + field.dataLength] = data === null ? -1 : dataLength;
    if (wide !== undefined) page[row + field.flags]! |= flag.wideName;
    const parentCrc = crcBytes(rows.get(parent, field.pathCrc), SLASH_BYTES, 0, 1);
    page[row + field.pathCrc] = crcBytes(parentCrc, bytes, start, start + nameLength);
    this.#link(id, parent);
    this.#index.add(hash, id);
    this.#size++;
    return id;
  }

  /** Removes a node without children, not the root. */
  remove(id: NodeId, path: string): void {
    const { rows } = this;
    this.#remember('', ROOT_ID);
    this.#index.remove(this.#hash(path, path.length), id);
    this.#unlink(id);
    const size = rows.get(id, field.nameLength) + Math.max(0, rows.get(id, field.dataLength));
    this.#slab.free(rows.get(id, field.block), size);
    rows.set(id, field.flags, 0);
    rows.release(id);
    this.#size--;
  }

  /** The CRC-32 register after a node's path and data. */
  contentCrc(id: NodeId): number {
    const page = this.rows.page(id);
    const row = this.rows.start(id);
    if ((page[row + field.flags]! & flag.staleCrc) === 0) return page[row + field.contentCrc]!;
    let register = page[row + field.pathCrc]!;
    const length = page[row + field.dataLength]!;
    if (length > 0) {
      const block = page[row + field.block]!;
      const start = this.#slab.startOf(block) + page[row + field.nameLength]!;
      register = crcBytes(register, this.#slab.bytesOf(block), start, start + length);
    }
    page[row + field.contentCrc] = register;
    page[row + field.flags]! &= ~flag.staleCrc;
    return register;
  }

  #hash(path: string, length: number): number {
    return finishHash(hashText(this.#startHash, path, 0, length));
  }

  #clear(id: NodeId, parent: NodeId): void {
    const page = this.rows.page(id);
    const row = this.rows.start(id);
    for (let i = 0; i < field.flags; i++) page[row + i] = 0;
    page[row + field.flags] = flag.live | flag.staleCrc;
    page[row + field.parent] = parent;
    page[row + field.firstChild] = NO_NODE_ID;
    page[row + field.next] = NO_NODE_ID;
    page[row + field.previous] = NO_NODE_ID;
    page[row + field.block] = -1;
  }

  #link(id: NodeId, parent: NodeId): void {
    const { rows } = this;
    const first = rows.get(parent, field.firstChild);
    rows.set(id, field.next, first);
    if (first !== NO_NODE_ID) rows.set(first, field.previous, id);
    rows.set(parent, field.firstChild, id);
    rows.set(parent, field.childCount, rows.get(parent, field.childCount) + 1);
  }

  #unlink(id: NodeId): void {
    const { rows } = this;
    const parent = rows.get(id, field.parent);
    const next = rows.get(id, field.next);
    const previous = rows.get(id, field.previous);
    if (next !== NO_NODE_ID) rows.set(next, field.previous, previous);
    if (previous !== NO_NODE_ID) rows.set(previous, field.next, next);
    else rows.set(parent, field.firstChild, next);
    rows.set(parent, field.childCount, rows.get(parent, field.childCount) - 1);
  }

  #hasPath(id: NodeId, path: string, length: number): boolean {
    const { rows } = this;
    let end = length;
    for (let at = id; at !== ROOT_ID; at = rows.get(at, field.parent)) {
      const page = rows.page(at);
      const row = rows.start(at);
      if ((page[row + field.flags]! & flag.wideName) !== 0) {
        const name = this.nameOf(at);
        end -= name.length;
        if (end < 1 || !path.startsWith(name, end)) return false;
      } else {
        const nameLength = page[row + field.nameLength]!;
        end -= nameLength;
        if (end < 1) return false;
        const block = page[row + field.block]!;
        const bytes = this.#slab.bytesOf(block);
        const start = this.#slab.startOf(block);
        for (let i = 0; i < nameLength; i++) {
          if (bytes[start + i] !== path.charCodeAt(end + i)) return false;
        }
      }
      if (path.charCodeAt(--end) !== SLASH) return false;
    }
    return end === 0;
  }

  #hasPathBytes(id: NodeId, path: Uint8Array, from: number, to: number): boolean {
    const { rows } = this;
    let end = to;
    for (let at = id; at !== ROOT_ID; at = rows.get(at, field.parent)) {
      const page = rows.page(at);
      const row = rows.start(at);
      const nameLength = page[row + field.nameLength]!;
      end -= nameLength;
      if (end <= from) return false;
      const block = page[row + field.block]!;
      const bytes = this.#slab.bytesOf(block);
      const start = this.#slab.startOf(block);
      for (let i = 0; i < nameLength; i++) if (bytes[start + i] !== path[end + i]) return false;
      if (path[--end] !== SLASH) return false;
    }
    return end === from;
  }

  #writeBlock(block: number, skip: number, length: number, to: Writer): void {
    to.reserve(4 + length);
    to.intAt(to.position, length);
    const start = this.#slab.startOf(block) + skip;
    copy(this.#slab.bytesOf(block), start, length, to.bytes, to.position + 4);
    to.position += 4 + length;
  }
}

function isWide(text: string, start: number): boolean {
  for (let i = start; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return true;
  return false;
}

/** Copies bytes; short runs by hand, since a view costs more than the copy. */
function copy(from: Uint8Array, start: number, length: number, to: Uint8Array, at: number): void {
  if (length > COPY_BY_HAND) {
    to.set(from.length === length ? from : from.subarray(start, start + length), at);
  } else {
    for (let i = 0; i < length; i++) to[at + i] = from[start + i]!;
  }
}
