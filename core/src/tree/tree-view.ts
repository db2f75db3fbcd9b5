import { longOf, numberOf } from '../base/long.js';
import type { Stat, StatPersisted } from '../wire/records.js';
import type { Writer } from '../wire/writer.js';
import { NO_NODE_ID, type NodeId, type NodeTable, ROOT_ID } from './node-table.js';
import { kindOfOwner, type NodeKind, ttlOfOwner } from './owners.js';
import { field, flag, STAT_WORDS } from './rows.js';

/** What can be read of the tree. Looking up a node and writing it out allocates nothing. */
export class TreeView {
  protected nodes: NodeTable;
  readonly #extendedTypes: boolean;

  constructor(nodes: NodeTable, extendedTypes: boolean) {
    this.nodes = nodes;
    this.#extendedTypes = extendedTypes;
  }

  /** The node at a path, or {@link NO_NODE_ID}. The root is both '' and '/'. */
  find(path: string): NodeId {
    return this.nodes.find(path);
  }

  /** The same for the UTF-8 bytes of a path, without making a string of them. */
  findBytes(bytes: Uint8Array, start: number, end: number): NodeId {
    return this.nodes.findBytes(bytes, start, end);
  }

  /** The parent of the node that `path` is or would be; the root is its own. */
  findParent(path: string): NodeId {
    const slash = path.lastIndexOf('/');
    return slash === -1 ? NO_NODE_ID : this.nodes.findPrefix(path, slash);
  }

  /** Path of a node; '/' for the root. */
  pathOf(id: NodeId): string {
    return this.nodes.pathOf(id);
  }

  /** Last component of a node's path; '' for the root. */
  nameOf(id: NodeId): string {
    return this.nodes.nameOf(id);
  }

  /** The parent; {@link NO_NODE_ID} for the root. */
  parentOf(id: NodeId): NodeId {
    return this.nodes.rows.get(id, field.parent);
  }

  version(id: NodeId): number {
    return this.nodes.rows.get(id, field.version);
  }

  /** The persisted counter: children ever created. Sequence numbers come from it. */
  cversion(id: NodeId): number {
    return this.nodes.rows.get(id, field.cversion);
  }

  aversion(id: NodeId): number {
    return this.nodes.rows.get(id, field.aversion);
  }

  childCount(id: NodeId): number {
    return this.nodes.rows.get(id, field.childCount);
  }

  aclId(id: NodeId): number {
    return this.nodes.rows.get(id, field.aclId);
  }

  /** Bytes of data; 0 for null. */
  dataLength(id: NodeId): number {
    return Math.max(0, this.nodes.rows.get(id, field.dataLength));
  }

  ownerHigh(id: NodeId): number {
    return this.nodes.rows.get(id, field.ownerHigh);
  }

  ownerLow(id: NodeId): number {
    return this.nodes.rows.get(id, field.ownerLow);
  }

  kindOf(id: NodeId): NodeKind {
    return this.kindOfOwner(this.ownerHigh(id), this.ownerLow(id)) ?? 'ephemeral';
  }

  /** Kind of a node with such an owner; `undefined` for an extended feature nobody knows. */
  kindOfOwner(high: number, low: number): NodeKind | undefined {
    return kindOfOwner(high, low, this.#extendedTypes);
  }

  /** Time to live of a TTL node, milliseconds. */
  ttlOf(id: NodeId): number {
    return ttlOfOwner(this.ownerHigh(id), this.ownerLow(id));
  }

  czxidHigh(id: NodeId): number {
    return this.nodes.rows.get(id, field.czxidHigh);
  }

  czxidLow(id: NodeId): number {
    return this.nodes.rows.get(id, field.czxidLow);
  }

  mzxidHigh(id: NodeId): number {
    return this.nodes.rows.get(id, field.mzxidHigh);
  }

  mzxidLow(id: NodeId): number {
    return this.nodes.rows.get(id, field.mzxidLow);
  }

  pzxidHigh(id: NodeId): number {
    return this.nodes.rows.get(id, field.pzxidHigh);
  }

  pzxidLow(id: NodeId): number {
    return this.nodes.rows.get(id, field.pzxidLow);
  }

  ctime(id: NodeId): number {
    const { rows } = this.nodes;
    return numberOf(rows.get(id, field.ctimeHigh), rows.get(id, field.ctimeLow));
  }

  mtime(id: NodeId): number {
    const { rows } = this.nodes;
    return numberOf(rows.get(id, field.mtimeHigh), rows.get(id, field.mtimeLow));
  }

  /** The stat as clients see it. */
  stat(id: NodeId): Stat {
    const { czxid, mzxid, ctime, mtime, version, cversion, aversion, pzxid, ...raw } =
      this.persisted(id);
    const numChildren = this.childCount(id);
    return {
      czxid,
      mzxid,
      ctime,
      mtime,
      version,
      cversion: (2 * cversion - numChildren) | 0,
      aversion,
      ephemeralOwner: this.kindOf(id) === 'ephemeral' ? raw.ephemeralOwner : 0n,
      dataLength: this.dataLength(id),
      numChildren,
      pzxid,
    };
  }

  /** The stat as snapshots hold it. */
  persisted(id: NodeId): StatPersisted {
    const words = new Int32Array(STAT_WORDS);
    this.copyWords(id, words);
    const long = (at: number) => longOf(words[at]!, words[at + 1]!);
    return {
      czxid: long(field.czxidHigh),
      mzxid: long(field.mzxidHigh),
      ctime: this.ctime(id),
      mtime: this.mtime(id),
      version: words[field.version]!,
      cversion: words[field.cversion]!,
      aversion: words[field.aversion]!,
      ephemeralOwner: long(field.ownerHigh),
      pzxid: long(field.pzxidHigh),
    };
  }

  /** Copies the 15 words of StatPersisted, in wire order, high half first. */
  copyWords(id: NodeId, into: Int32Array): void {
    const page = this.nodes.rows.page(id);
    const row = this.nodes.rows.start(id);
    for (let i = 0; i < STAT_WORDS; i++) into[i] = page[row + i]!;
  }

  /** Writes the 68 bytes of a Stat as clients see it. */
  writeStat(id: NodeId, to: Writer): void {
    const page = this.nodes.rows.page(id);
    const row = this.nodes.rows.start(id);
    to.reserve(68);
    const at = to.position;
    for (let i = 0; i <= field.version; i++) to.intAt(at + 4 * i, page[row + i]!);
    const children = page[row + field.childCount]!;
    to.intAt(at + 36, 2 * page[row + field.cversion]! - children);
    to.intAt(at + 40, page[row + field.aversion]!);
    let ownerHigh = page[row + field.ownerHigh]!;
    let ownerLow = page[row + field.ownerLow]!;
    if ((ownerHigh | ownerLow) !== 0 && this.kindOfOwner(ownerHigh, ownerLow) !== 'ephemeral') {
      ownerHigh = 0;
      ownerLow = 0;
    }
    to.intAt(at + 44, ownerHigh);
    to.intAt(at + 48, ownerLow);
    const length = page[row + field.dataLength]!;
    to.intAt(at + 52, length === -1 ? 0 : length);
    to.intAt(at + 56, children);
    to.intAt(at + 60, page[row + field.pzxidHigh]!);
    to.intAt(at + 64, page[row + field.pzxidLow]!);
    to.position = at + 68;
  }

  /** Writes the 60 bytes of a StatPersisted. */
  writePersisted(id: NodeId, to: Writer): void {
    const page = this.nodes.rows.page(id);
    const row = this.nodes.rows.start(id);
    to.reserve(4 * STAT_WORDS);
    for (let i = 0; i < STAT_WORDS; i++) to.intAt(to.position + 4 * i, page[row + i]!);
    to.position += 4 * STAT_WORDS;
  }

  /** The CRC-32 register after path and data: see `nodeHashOf`. */
  contentCrc(id: NodeId): number {
    return this.nodes.contentCrc(id);
  }

  /** Writes the data as a jute buffer; length -1 for null. */
  writeData(id: NodeId, to: Writer): void {
    this.nodes.writeData(id, to);
  }

  /** Writes the path as a jute string, as snapshots have it: the root's is ''. */
  writePath(id: NodeId, to: Writer): void {
    this.nodes.writePath(id, to);
  }

  /** Writes the names of the children as a jute vector of strings. */
  writeChildren(id: NodeId, to: Writer): void {
    this.nodes.writeChildren(id, to);
  }

  /** A copy of the data. */
  data(id: NodeId): Uint8Array | null {
    return this.nodes.data(id);
  }

  /** Names of the children, in no order. */
  children(id: NodeId): string[] {
    const names: string[] = [];
    this.forEachChild(id, (child) => names.push(this.nameOf(child)));
    return names;
  }

  /** Calls `visit` for every child; it may remove the child it is given, nothing else. */
  forEachChild(id: NodeId, visit: (child: NodeId) => void): void {
    const { rows } = this.nodes;
    let child = rows.get(id, field.firstChild);
    while (child !== NO_NODE_ID) {
      const next = rows.get(child, field.next);
      visit(child);
      child = next;
    }
  }

  /** Calls `visit` for the node and everything below it, parents first. */
  forEachBelow(id: NodeId, visit: (node: NodeId) => void): void {
    const { rows } = this.nodes;
    let node = id;
    for (;;) {
      visit(node);
      let next = rows.get(node, field.firstChild);
      while (next === NO_NODE_ID) {
        if (node === id) return;
        next = rows.get(node, field.next);
        if (next === NO_NODE_ID) node = rows.get(node, field.parent);
      }
      node = next;
    }
  }

  /** Number of nodes strictly below a path; 0 when there is no such node. */
  descendantCount(path: string): number {
    const id = this.find(path);
    if (id === NO_NODE_ID) return 0;
    if (id === ROOT_ID) return this.nodes.size - 1;
    let count = -1;
    this.forEachBelow(id, () => count++);
    return count;
  }

  /** Nodes as ZooKeeper counts them: the root twice, as '' and as '/'. */
  get nodeCount(): number {
    return this.nodes.size + 1;
  }

  /** Bytes that names and data hold from the system. */
  get slabBytes(): number {
    return this.nodes.slabBytes;
  }

  /** Rows in use have numbers below this; see {@link isLive}. */
  get rowLimit(): number {
    return this.nodes.rows.limit;
  }

  /** Whether a row below {@link rowLimit} holds a node. */
  isLive(id: NodeId): boolean {
    return (this.nodes.rows.get(id, field.flags) & flag.live) !== 0;
  }
}
