import { codes, OK } from '../base/errors.js';
import type { SessionId, Zxid } from '../base/ids.js';
import { compareLongs, longOf } from '../base/long.js';
import { parentOf } from '../base/path.js';
import { eventTypes } from '../wire/events.js';
import { READ_ACL } from '../wire/permissions.js';
import type { StatPersisted } from '../wire/records.js';
import type { Txn } from '../wire/txns.js';
import { AclTable } from './acl-table.js';
import { applyTxn } from './apply.js';
import { type ChangeSink, NO_SINK } from './changes.js';
import { Ephemerals } from './ephemerals.js';
import { Expiring } from './expiring.js';
import { Quotas } from './quota.js';
import { field, statWordsOf } from './rows.js';
import { NO_NODE_ID, type NodeId, ROOT_ID, Tree } from './tree.js';

export interface DatabaseOptions {
  /** Whether owners that start with 0xff mean TTL nodes (`extendedTypesEnabled`). */
  readonly extendedTypes: boolean;
  /** Whether the tree digest is kept. */
  readonly digest: boolean;
  /** Makes the places of paths in the index unpredictable to clients. */
  readonly hashSeed?: number;
}

/**
 * Everything that a snapshot holds: the tree, its ACLs, the sessions, and how far they have come;
 * with what follows from these: who owns which ephemeral node, what may expire, the quotas.
 *
 * Each `apply…` method is one change of a transaction and may be repeated over a tree that holds it
 * already, as replay after a fuzzy snapshot does. Zxids come as halves; so do owners.
 */
export class Database {
  readonly acls: AclTable = new AclTable();
  readonly tree: Tree;
  readonly ephemerals: Ephemerals = new Ephemerals();
  readonly expiring: Expiring;
  readonly quotas: Quotas;
  /** Negotiated timeouts of the sessions, milliseconds. */
  readonly sessions: Map<SessionId, number> = new Map();
  /** The last transaction applied: epoch, and counter as a signed number. */
  lastZxidHigh = 0;
  lastZxidLow = 0;

  constructor(options: DatabaseOptions) {
    const configAclId = this.acls.idOf(READ_ACL);
    this.acls.retain(configAclId);
    this.tree = new Tree({ ...options, configAclId });
    this.expiring = new Expiring(this.tree);
    this.quotas = new Quotas(this.tree);
  }

  get lastZxid(): Zxid {
    return longOf(this.lastZxidHigh, this.lastZxidLow);
  }

  /** Raises the last zxid; a lower one changes nothing. */
  advanceTo(zxidHigh: number, zxidLow: number): void {
    if (compareLongs(zxidHigh, zxidLow, this.lastZxidHigh, this.lastZxidLow) > 0) {
      this.lastZxidHigh = zxidHigh;
      this.lastZxidLow = zxidLow | 0;
    }
  }

  /**
   * Applies a transaction.
   *
   * @returns its error code: that of an error transaction or of a failed multi, else 0; in replay
   *   also NODE_EXISTS or NO_NODE, which mean that the tree is ahead
   */
  apply(txn: Txn, sink: ChangeSink = NO_SINK): number {
    return applyTxn(this, txn.header, txn.body, sink);
  }

  /**
   * A creation. A node that is there keeps all but its ACL: its own snapshot may lack that list.
   */
  applyCreate(
    path: string,
    data: Uint8Array | null,
    aclId: number,
    ownerHigh: number,
    ownerLow: number,
    parentCVersion: number,
    zxidHigh: number,
    zxidLow: number,
    timeMs: number,
    sink: ChangeSink,
  ): number {
    const { tree, acls } = this;
    acls.retain(aclId);
    const code = tree.create(
      path,
      data,
      aclId,
      ownerHigh,
      ownerLow,
      parentCVersion,
      zxidHigh,
      zxidLow,
      timeMs,
    );
    this.advanceTo(zxidHigh, zxidLow);
    if (code === codes.NODE_EXISTS) {
      const id = tree.find(path);
      acls.release(tree.aclId(id));
      tree.replaceAcl(id, aclId);
      return code;
    }
    if (code !== OK) {
      acls.release(aclId);
      return code;
    }
    if ((ownerHigh | ownerLow) !== 0) this.#enlist(path, ownerHigh, ownerLow);
    this.quotas.created(path, data === null ? 0 : data.length);
    if (sink.listening) {
      sink.changed(eventTypes.nodeCreated, path, aclId);
      this.#tellParent(path, sink);
    }
    return OK;
  }

  /**
   * A deletion. In replay the node may have children that were created after it was deleted and
   * created again; they go with it and come back in their turn.
   */
  applyDelete(path: string, zxidHigh: number, zxidLow: number, sink: ChangeSink): number {
    const { tree } = this;
    const id = tree.find(path);
    this.advanceTo(zxidHigh, zxidLow);
    if (id === NO_NODE_ID || id === ROOT_ID) return tree.remove(path, zxidHigh, zxidLow);
    if (tree.childCount(id) > 0) this.#removeBelow(id, zxidHigh, zxidLow);
    const aclId = tree.aclId(id);
    this.#remove(id, path, zxidHigh, zxidLow);
    if (sink.listening) {
      sink.changed(eventTypes.nodeDeleted, path, aclId);
      this.#tellParent(path, sink);
    }
    this.acls.release(aclId);
    return OK;
  }

  /** New data; `version` is what the node has afterwards. */
  applySetData(
    path: string,
    data: Uint8Array | null,
    version: number,
    zxidHigh: number,
    zxidLow: number,
    timeMs: number,
    sink: ChangeSink,
  ): number {
    const { tree } = this;
    const id = tree.find(path);
    this.advanceTo(zxidHigh, zxidLow);
    if (id === NO_NODE_ID) return codes.NO_NODE;
    const lengthBefore = tree.dataLength(id);
    tree.setDataOf(id, data, version, zxidHigh, zxidLow, timeMs);
    this.quotas.changed(path, tree.dataLength(id) - lengthBefore);
    if (sink.listening) {
      sink.changed(eventTypes.nodeDataChanged, path === '' ? '/' : path, tree.aclId(id));
    }
    return OK;
  }

  /** A new ACL; `version` is the aversion afterwards. */
  applySetAcl(
    path: string,
    aclId: number,
    version: number,
    zxidHigh: number,
    zxidLow: number,
  ): number {
    const { tree, acls } = this;
    const id = tree.find(path);
    this.advanceTo(zxidHigh, zxidLow);
    if (id === NO_NODE_ID) return codes.NO_NODE;
    const before = tree.aclId(id);
    acls.retain(aclId);
    tree.setAcl(path, aclId, version);
    acls.release(before);
    return OK;
  }

  applyCreateSession(
    session: SessionId,
    timeoutMs: number,
    zxidHigh: number,
    zxidLow: number,
  ): void {
    this.sessions.set(session, timeoutMs);
    this.advanceTo(zxidHigh, zxidLow);
  }

  /** Ends a session: the listed nodes go, in their order, then whatever else it owns. */
  applyCloseSession(
    session: SessionId,
    paths: readonly string[] | null,
    zxidHigh: number,
    zxidLow: number,
    sink: ChangeSink,
  ): void {
    this.sessions.delete(session);
    this.advanceTo(zxidHigh, zxidLow);
    for (const path of paths ?? []) this.applyDelete(path, zxidHigh, zxidLow, sink);
    for (const path of [...this.ephemerals.pathsOf(session)]) {
      this.applyDelete(path, zxidHigh, zxidLow, sink);
    }
  }

  /**
   * Adds a node as a snapshot has it, after its parent, with the ACL table and the sessions already
   * in. The root, '', comes first and empties the tree; {@link startLoading} must come before it.
   *
   * @throws MalformedError when the nodes are not those of a tree
   */
  load(path: string, data: Uint8Array | null, aclId: number, persisted: StatPersisted): NodeId {
    return this.loadWords(path, data, aclId, statWordsOf(persisted));
  }

  /** {@link load} with the 15 words of StatPersisted in wire order, high half first. */
  loadWords(path: string, data: Uint8Array | null, aclId: number, words: Int32Array): NodeId {
    const id = this.tree.loadWords(path, data, aclId, words);
    this.acls.retain(aclId);
    const ownerHigh = words[field.ownerHigh]!;
    const ownerLow = words[field.ownerLow]!;
    if ((ownerHigh | ownerLow) !== 0) this.#enlist(path, ownerHigh, ownerLow);
    return id;
  }

  /** Forgets all but the tree, to make room for a snapshot: ACLs, sessions, then nodes come. */
  startLoading(): void {
    this.acls.clear();
    this.sessions.clear();
    this.ephemerals.clear();
    this.expiring.clear();
    this.lastZxidHigh = 0;
    this.lastZxidLow = 0;
  }

  /** All nodes are in: finds the quotas and drops the ACLs that no node uses. */
  finishLoading(): void {
    this.quotas.rebuild();
    this.acls.purgeUnused();
  }

  /**
   * Removes the ephemeral nodes whose session does not exist, without a transaction: what a server
   * does that begins to lead. Returns their paths.
   */
  removeOrphans(): string[] {
    const paths: string[] = [];
    for (const [session, owned] of this.ephemerals.entries()) {
      if (!this.sessions.has(session)) paths.push(...owned);
    }
    for (const path of paths) {
      this.applyDelete(path, this.lastZxidHigh, this.lastZxidLow, NO_SINK);
    }
    return paths;
  }

  #tellParent(path: string, sink: ChangeSink): void {
    const parent = this.tree.findParent(path);
    sink.changed(eventTypes.nodeChildrenChanged, parentOf(path), this.tree.aclId(parent));
  }

  #removeBelow(top: NodeId, zxidHigh: number, zxidLow: number): void {
    const below: NodeId[] = [];
    this.tree.forEachBelow(top, (id) => below.push(id));
    for (let i = below.length - 1; i > 0; i--) {
      const id = below[i]!;
      const aclId = this.tree.aclId(id);
      this.#remove(id, this.tree.pathOf(id), zxidHigh, zxidLow);
      this.acls.release(aclId);
    }
  }

  #remove(id: NodeId, path: string, zxidHigh: number, zxidLow: number): void {
    const { tree } = this;
    const bytes = tree.dataLength(id);
    const ownerHigh = tree.ownerHigh(id);
    const ownerLow = tree.ownerLow(id);
    tree.remove(path, zxidHigh, zxidLow);
    if ((ownerHigh | ownerLow) !== 0) this.#strike(path, ownerHigh, ownerLow);
    this.quotas.deleted(path, bytes);
  }

  #enlist(path: string, ownerHigh: number, ownerLow: number): void {
    const kind = this.tree.kindOfOwner(ownerHigh, ownerLow);
    if (kind === 'container' || kind === 'ttl') this.expiring.add(kind, path);
    else if (kind !== 'persistent') this.ephemerals.add(longOf(ownerHigh, ownerLow), path);
  }

  #strike(path: string, ownerHigh: number, ownerLow: number): void {
    const kind = this.tree.kindOfOwner(ownerHigh, ownerLow);
    if (kind === 'container' || kind === 'ttl') this.expiring.remove(kind, path);
    else if (kind !== 'persistent') this.ephemerals.remove(longOf(ownerHigh, ownerLow), path);
  }
}
