import { codes, OK } from '../base/errors.js';
import { compareLongs, highOfNumber, longOf, lowOfNumber } from '../base/long.js';
import { parentOf } from '../base/path.js';
import { MalformedError } from '../wire/reader.js';
import type { StatPersisted } from '../wire/records.js';
import { isDigested } from './digest.js';
import { NO_NODE_ID, type NodeId, NodeTable, ROOT_ID } from './node-table.js';
import { field, flag, STAT_WORDS, statWordsOf } from './rows.js';
import { TreeDigest } from './tree-digest.js';
import { TreeView } from './tree-view.js';

export { NO_NODE_ID, type NodeId, ROOT_ID } from './node-table.js';

export interface TreeOptions {
  /** Whether owners that start with 0xff mean TTL nodes (`extendedTypesEnabled`). */
  readonly extendedTypes: boolean;
  /** Whether the tree digest is kept. */
  readonly digest: boolean;
  /** ACL id of /zookeeper/config in a fresh tree: everyone may read. */
  readonly configAclId?: number;
  /** Makes the places of paths in the index unpredictable to clients. */
  readonly hashSeed?: number;
}

/** Paths of every fresh tree besides the root. */
export const systemPaths = {
  zookeeper: '/zookeeper',
  quota: '/zookeeper/quota',
  config: '/zookeeper/config',
} as const;

const OPEN_ACL_ID = -1;
const NO_DATA = new Uint8Array(0);

/**
 * The znodes and their stats: what a write does to one node and its parent. It knows no sessions,
 * watches or quotas; see `Database` for those. Writes return an error code, 0 when done.
 *
 * Ids stay valid until their node is removed. Zxids come as halves.
 */
export class Tree extends TreeView {
  readonly #hashSeed: number;
  readonly #digest: TreeDigest;
  #approximateDataSize = 0;

  /** A fresh tree: /, /zookeeper, its children quota and config, every stat zero. */
  constructor(options: TreeOptions) {
    const hashSeed = options.hashSeed ?? 0;
    super(new NodeTable(hashSeed), options.extendedTypes);
    this.#hashSeed = hashSeed;
    this.#digest = new TreeDigest(options.digest);
    this.#startWithRoot(NO_DATA, OPEN_ACL_ID);
    for (const path of Object.values(systemPaths)) {
      this.#add(this.find(parentOf(path)), path, NO_DATA, OPEN_ACL_ID);
    }
    const config = this.find(systemPaths.config);
    this.nodes.rows.set(config, field.aversion, -1);
    this.replaceAcl(config, options.configAclId ?? OPEN_ACL_ID);
  }

  /** Characters of all paths and bytes of all data; the root counts twice, as '' and as '/'. */
  get approximateDataSize(): number {
    return this.#approximateDataSize;
  }

  /** The tree digest, unsigned 64 bits; 0 when digests are off. */
  get digest(): bigint {
    return this.#digest.sum(this.nodes).value;
  }

  /** Upper half of the tree digest, signed. */
  get digestHigh(): number {
    return this.#digest.sum(this.nodes).high;
  }

  /** Lower half of the tree digest, signed. */
  get digestLow(): number {
    return this.#digest.sum(this.nodes).low;
  }

  /** What the node adds to the digest, unsigned 32 bits; 0 below /zookeeper/. */
  hash(id: NodeId): number {
    return this.#digest.hash(this.nodes, id);
  }

  /**
   * Creates a node and counts it in its parent, whose cversion and pzxid only ever grow: replaying
   * an old creation changes neither. From 2^31 - 1 the cversion goes on below zero, which is growth
   * too. When the node exists, the parent is brought up to date all the same.
   *
   * @param parentCVersion the parent's persisted cversion afterwards; -1 for one more than now
   * @returns 0, NO_NODE (no parent) or NODE_EXISTS
   */
  create(
    path: string,
    data: Uint8Array | null,
    aclId: number,
    ownerHigh: number,
    ownerLow: number,
    parentCVersion: number,
    zxidHigh: number,
    zxidLow: number,
    timeMs: number,
  ): number {
    const parent = this.findParent(path);
    if (parent === NO_NODE_ID) return codes.NO_NODE;
    const { rows } = this.nodes;
    const cversion = rows.get(parent, field.cversion);
    const newCVersion = parentCVersion === -1 ? (cversion + 1) | 0 : parentCVersion;
    if (((newCVersion - cversion) | 0) > 0) {
      this.#digest.touch(this.nodes, parent);
      rows.set(parent, field.cversion, newCVersion);
      rows.set(parent, field.pzxidHigh, zxidHigh);
      rows.set(parent, field.pzxidLow, zxidLow);
    }
    const id = this.#add(parent, path, data, aclId);
    if (id === NO_NODE_ID) return codes.NODE_EXISTS;
    const page = rows.page(id);
    const row = rows.start(id);
    page[row + field.czxidHigh] = zxidHigh;
    page[row + field.czxidLow] = zxidLow;
    page[row + field.mzxidHigh] = zxidHigh;
    page[row + field.mzxidLow] = zxidLow;
    page[row + field.pzxidHigh] = zxidHigh;
    page[row + field.pzxidLow] = zxidLow;
    page[row + field.ctimeHigh] = page[row + field.mtimeHigh] = highOfNumber(timeMs);
    page[row + field.ctimeLow] = page[row + field.mtimeLow] = lowOfNumber(timeMs);
    page[row + field.ownerHigh] = ownerHigh;
    page[row + field.ownerLow] = ownerLow;
    return OK;
  }

  /**
   * Deletes a node without children and raises its parent's pzxid, which happens even when the node
   * is not there.
   *
   * @returns 0, NO_NODE or NOT_EMPTY (then nothing happened; the root is never empty)
   */
  remove(path: string, zxidHigh: number, zxidLow: number): number {
    const parent = this.findParent(path);
    if (parent === NO_NODE_ID) return codes.NO_NODE;
    const id = this.nodes.find(path);
    if (id === ROOT_ID) return codes.NOT_EMPTY;
    if (id !== NO_NODE_ID && this.childCount(id) > 0) return codes.NOT_EMPTY;
    const { rows } = this.nodes;
    const pzxidHigh = rows.get(parent, field.pzxidHigh);
    const pzxidLow = rows.get(parent, field.pzxidLow);
    if (compareLongs(zxidHigh, zxidLow, pzxidHigh, pzxidLow) > 0) {
      this.#digest.touch(this.nodes, parent);
      rows.set(parent, field.pzxidHigh, zxidHigh);
      rows.set(parent, field.pzxidLow, zxidLow);
    }
    if (id === NO_NODE_ID) return codes.NO_NODE;
    this.#digest.touch(this.nodes, id);
    this.#approximateDataSize -= path.length + this.dataLength(id);
    this.nodes.remove(id, path);
    return OK;
  }

  /** Replaces data, mtime and mzxid; `version` is what the node has afterwards. 0 or NO_NODE. */
  setData(
    path: string,
    data: Uint8Array | null,
    version: number,
    zxidHigh: number,
    zxidLow: number,
    timeMs: number,
  ): number {
    const id = this.nodes.find(path);
    if (id === NO_NODE_ID) return codes.NO_NODE;
    this.setDataOf(id, data, version, zxidHigh, zxidLow, timeMs);
    return OK;
  }

  /** {@link setData} for a node that was found before. */
  setDataOf(
    id: NodeId,
    data: Uint8Array | null,
    version: number,
    zxidHigh: number,
    zxidLow: number,
    timeMs: number,
  ): void {
    this.#digest.touch(this.nodes, id);
    this.setDataLocally(id, data);
    const page = this.nodes.rows.page(id);
    const row = this.nodes.rows.start(id);
    page[row + field.mzxidHigh] = zxidHigh;
    page[row + field.mzxidLow] = zxidLow;
    page[row + field.mtimeHigh] = highOfNumber(timeMs);
    page[row + field.mtimeLow] = lowOfNumber(timeMs);
    page[row + field.version] = version;
  }

  /** Replaces the data and nothing else: quota counters, which no transaction carries. */
  setDataLocally(id: NodeId, data: Uint8Array | null): void {
    const growth = (data === null ? 0 : data.length) - this.dataLength(id);
    this.#approximateDataSize += id === ROOT_ID ? 2 * growth : growth;
    this.nodes.setData(id, data);
  }

  /** Replaces the ACL; `version` is the aversion afterwards. 0 or NO_NODE. */
  setAcl(path: string, aclId: number, version: number): number {
    const id = this.nodes.find(path);
    if (id === NO_NODE_ID) return codes.NO_NODE;
    this.#digest.touch(this.nodes, id);
    this.nodes.rows.set(id, field.aversion, version);
    this.replaceAcl(id, aclId);
    return OK;
  }

  /** Replaces the ACL and nothing else. */
  replaceAcl(id: NodeId, aclId: number): void {
    this.nodes.rows.set(id, field.aclId, aclId);
  }

  /**
   * Adds a node as a snapshot has it, after its parent. The root, '', comes first and empties the
   * tree.
   *
   * @throws MalformedError for a node without parent, one that is there already, or an owner that
   *   names an unknown feature
   */
  load(path: string, data: Uint8Array | null, aclId: number, persisted: StatPersisted): NodeId {
    return this.loadWords(path, data, aclId, statWordsOf(persisted));
  }

  /** {@link load} with the 15 words of StatPersisted in wire order, high half first. */
  loadWords(path: string, data: Uint8Array | null, aclId: number, words: Int32Array): NodeId {
    const ownerHigh = words[field.ownerHigh]!;
    const ownerLow = words[field.ownerLow]!;
    if (this.kindOfOwner(ownerHigh, ownerLow) === undefined) {
      const owner = longOf(ownerHigh, ownerLow);
      throw new MalformedError(
        `node '${path}' has owner ${owner}: an extended type that is not known`,
      );
    }
    const id = path === '' ? ROOT_ID : this.#loadNode(path, data, aclId);
    if (id === ROOT_ID) {
      this.nodes = new NodeTable(this.#hashSeed);
      this.#startWithRoot(data, aclId);
    }
    const page = this.nodes.rows.page(id);
    const row = this.nodes.rows.start(id);
    for (let i = 0; i < STAT_WORDS; i++) page[row + i] = words[i]!;
    return id;
  }

  #loadNode(path: string, data: Uint8Array | null, aclId: number): NodeId {
    const parent = this.findParent(path);
    if (parent === NO_NODE_ID) throw new MalformedError(`node '${path}' comes before its parent`);
    if (path.endsWith('/')) throw new MalformedError(`node '${path}' has no name`);
    const id = this.#add(parent, path, data, aclId);
    if (id === NO_NODE_ID) throw new MalformedError(`node '${path}' comes twice`);
    return id;
  }

  #startWithRoot(data: Uint8Array | null, aclId: number): void {
    this.#digest.reset();
    this.#digest.touch(this.nodes, ROOT_ID);
    this.#approximateDataSize = '/'.length;
    this.setDataLocally(ROOT_ID, data);
    this.replaceAcl(ROOT_ID, aclId);
  }

  /** {@link NO_NODE_ID} when the path is taken. */
  #add(parent: NodeId, path: string, data: Uint8Array | null, aclId: number): NodeId {
    const { rows } = this.nodes;
    const id = this.nodes.add(parent, path, data);
    if (id === NO_NODE_ID) return id;
    rows.set(id, field.aclId, aclId);
    this.#approximateDataSize += path.length + (data === null ? 0 : data.length);
    if (!isDigested(path)) rows.set(id, field.flags, rows.get(id, field.flags) | flag.undigested);
    this.#digest.touch(this.nodes, id);
    return id;
  }
}
