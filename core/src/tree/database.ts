import { InvariantError } from '../base/assert.js';
import type { SessionId, Zxid } from '../base/ids.js';
import type { StatPersisted } from '../wire/records.js';
import type { Txn } from '../wire/txns.js';
import { AclTable } from './acl-table.js';
import type { ChangeSink } from './changes.js';
import { Ephemerals } from './ephemerals.js';
import { Expiring } from './expiring.js';
import { Quotas } from './quota.js';
import { type NodeId, Tree, type TreeOptions } from './tree.js';

function soon(): never {
  throw new InvariantError('not built yet');
}

/** Everything that a snapshot holds: the tree, its ACLs, the sessions, and how far they have come. */
export class Database {
  readonly acls: AclTable = new AclTable();
  readonly tree: Tree;
  readonly ephemerals: Ephemerals = new Ephemerals();
  readonly expiring: Expiring;
  readonly quotas: Quotas = new Quotas();
  /** Negotiated timeouts of the sessions, milliseconds. */
  readonly sessions: Map<SessionId, number> = new Map();
  lastZxidHigh = 0;
  lastZxidLow = 0;

  constructor(options: TreeOptions) {
    this.tree = new Tree(options);
    this.expiring = new Expiring(this.tree);
  }

  get lastZxid(): Zxid {
    return soon();
  }
  /** Raises the last zxid. */
  advanceTo(_zxidHigh: number, _zxidLow: number): void {
    soon();
  }
  /** Applies a transaction, also one that is in the tree already; returns its error code. */
  apply(_txn: Txn, _sink: ChangeSink): number {
    return soon();
  }
  applyCreate(
    _path: string,
    _data: Uint8Array | null,
    _aclId: number,
    _ownerHigh: number,
    _ownerLow: number,
    _parentCVersion: number,
    _zxidHigh: number,
    _zxidLow: number,
    _timeMs: number,
    _sink: ChangeSink,
  ): number {
    return soon();
  }
  applyDelete(_path: string, _zxidHigh: number, _zxidLow: number, _sink: ChangeSink): number {
    return soon();
  }
  applySetData(
    _path: string,
    _data: Uint8Array | null,
    _version: number,
    _zxidHigh: number,
    _zxidLow: number,
    _timeMs: number,
    _sink: ChangeSink,
  ): number {
    return soon();
  }
  applySetAcl(
    _path: string,
    _aclId: number,
    _version: number,
    _zxidHigh: number,
    _zxidLow: number,
  ): number {
    return soon();
  }
  applyCreateSession(
    _session: SessionId,
    _timeoutMs: number,
    _zxidHigh: number,
    _zxidLow: number,
  ): void {
    soon();
  }
  applyCloseSession(
    _session: SessionId,
    _paths: readonly string[] | null,
    _zxidHigh: number,
    _zxidLow: number,
    _sink: ChangeSink,
  ): void {
    soon();
  }
  /** Snapshot loading: one node, its parent before it; '' is the root and empties the tree. */
  load(_path: string, _data: Uint8Array | null, _aclId: number, _persisted: StatPersisted): NodeId {
    return soon();
  }
  /** Snapshot loading: all nodes are in; sets up quotas, purges unused ACLs. */
  finishLoading(): void {
    soon();
  }
  /** Removes ephemerals whose session does not exist, without a transaction; returns their paths. */
  removeOrphans(): string[] {
    return soon();
  }
}
