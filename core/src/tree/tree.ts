import { InvariantError } from '../base/assert.js';
import type { Stat, StatPersisted } from '../wire/records.js';
import type { Writer } from '../wire/writer.js';
import type { NodeKind } from './owners.js';

/** Number of a row of the tree. Reused after the node is deleted. */
export type NodeId = number;
/** No such node. */
export const NO_NODE_ID = -1;
/** The root; always there. */
export const ROOT_ID = 0;

function soon(): never {
  throw new InvariantError('not built yet');
}

export interface TreeOptions {
  readonly extendedTypes: boolean;
  readonly digest: boolean;
  /** ACL id of /zookeeper/config in a fresh tree (everyone may read). */
  readonly configAclId?: number;
}

/** The znodes. */
export class Tree {
  constructor(_options: TreeOptions) {}
  find(_path: string): NodeId {
    return soon();
  }
  /** The same for the UTF-8 bytes of a path, without making a string of them. */
  findBytes(_bytes: Uint8Array, _start: number, _end: number): NodeId {
    return soon();
  }
  pathOf(_id: NodeId): string {
    return soon();
  }
  nameOf(_id: NodeId): string {
    return soon();
  }
  parentOf(_id: NodeId): NodeId {
    return soon();
  }
  version(_id: NodeId): number {
    return soon();
  }
  cversion(_id: NodeId): number {
    return soon();
  }
  aversion(_id: NodeId): number {
    return soon();
  }
  childCount(_id: NodeId): number {
    return soon();
  }
  aclId(_id: NodeId): number {
    return soon();
  }
  dataLength(_id: NodeId): number {
    return soon();
  }
  ownerHigh(_id: NodeId): number {
    return soon();
  }
  ownerLow(_id: NodeId): number {
    return soon();
  }
  kindOf(_id: NodeId): NodeKind {
    return soon();
  }
  ttlOf(_id: NodeId): number {
    return soon();
  }
  czxidHigh(_id: NodeId): number {
    return soon();
  }
  czxidLow(_id: NodeId): number {
    return soon();
  }
  mzxidHigh(_id: NodeId): number {
    return soon();
  }
  mzxidLow(_id: NodeId): number {
    return soon();
  }
  pzxidHigh(_id: NodeId): number {
    return soon();
  }
  pzxidLow(_id: NodeId): number {
    return soon();
  }
  ctime(_id: NodeId): number {
    return soon();
  }
  mtime(_id: NodeId): number {
    return soon();
  }
  /** Node hash for the digest, unsigned 32 bits; 0 below /zookeeper/. */
  hash(_id: NodeId): number {
    return soon();
  }
  stat(_id: NodeId): Stat {
    return soon();
  }
  persisted(_id: NodeId): StatPersisted {
    return soon();
  }
  /** Copies the 15 words of StatPersisted, in wire order, high half first. */
  copyWords(_id: NodeId, _into: Int32Array): void {
    soon();
  }
  writeStat(_id: NodeId, _to: Writer): void {
    soon();
  }
  writePersisted(_id: NodeId, _to: Writer): void {
    soon();
  }
  writeData(_id: NodeId, _to: Writer): void {
    soon();
  }
  /** Path as a jute string; "" for the root. */
  writePath(_id: NodeId, _to: Writer): void {
    soon();
  }
  /** Names of the children as a jute vector of strings. */
  writeChildren(_id: NodeId, _to: Writer): void {
    soon();
  }
  data(_id: NodeId): Uint8Array | null {
    return soon();
  }
  children(_id: NodeId): string[] {
    return soon();
  }
  forEachChild(_id: NodeId, _visit: (child: NodeId) => void): void {
    soon();
  }
  descendantCount(_path: string): number {
    return soon();
  }
  get nodeCount(): number {
    return soon();
  }
  get approximateDataSize(): number {
    return soon();
  }
  get digestHigh(): number {
    return soon();
  }
  get digestLow(): number {
    return soon();
  }
  get digest(): bigint {
    return soon();
  }
  create(
    _path: string,
    _data: Uint8Array | null,
    _aclId: number,
    _ownerHigh: number,
    _ownerLow: number,
    _parentCVersion: number,
    _zxidHigh: number,
    _zxidLow: number,
    _timeMs: number,
  ): number {
    return soon();
  }
  remove(_path: string, _zxidHigh: number, _zxidLow: number): number {
    return soon();
  }
  setData(
    _path: string,
    _data: Uint8Array | null,
    _version: number,
    _zxidHigh: number,
    _zxidLow: number,
    _timeMs: number,
  ): number {
    return soon();
  }
  setAcl(_path: string, _aclId: number, _version: number): number {
    return soon();
  }
  load(_path: string, _data: Uint8Array | null, _aclId: number, _persisted: StatPersisted): NodeId {
    return soon();
  }
}
