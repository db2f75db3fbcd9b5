import { equalBytes } from '../../../base/bytes.js';
import { hexLong } from '../../../base/long.js';
import type { NodeId, Tree } from '../../../tree/tree.js';
import { aclWords, timeText } from './data-text.js';
import { type InspectedSnapshot, nodesBelow } from './loaded-snapshot.js';

/** One node in which two snapshots differ. */
export interface Difference {
  /** Where it is, or that it is in both and not the same. */
  readonly kind: 'left' | 'right' | 'changed';
  readonly path: string;
  /** How much more data the node and all below it have in the right snapshot, bytes. */
  readonly bytesDelta: number;
  /** How many more nodes there are, itself counted. */
  readonly nodesDelta: number;
  /** What is not the same, with both values in words; none for a node that is in one only. */
  readonly changes: Readonly<Record<string, readonly [left: string, right: string]>>;
}

/** Size of a node with all below it. */
interface Extent {
  nodes: number;
  bytes: number;
}

/** Every node that is in one snapshot only or not the same in both: first all of the left one. */
export function* differences(
  left: InspectedSnapshot,
  right: InspectedSnapshot,
): Generator<Difference> {
  const [leftExtents, rightExtents] = [extentsOf(left), extentsOf(right)];
  const a = left.database.tree;
  const b = right.database.tree;
  for (const id of nodesBelow(left, '/')) {
    const path = a.pathOf(id);
    const other = right.nodes === 0 ? -1 : b.find(path);
    const { nodes, bytes } = leftExtents.get(id)!;
    if (other < 0) {
      yield { kind: 'left', path, bytesDelta: -bytes, nodesDelta: -nodes, changes: {} };
      continue;
    }
    const changes = changesOf(left, id, right, other);
    if (Object.keys(changes).length === 0) continue;
    const there = rightExtents.get(other)!;
    const bytesDelta = there.bytes - bytes;
    yield { kind: 'changed', path, bytesDelta, nodesDelta: there.nodes - nodes, changes };
  }
  for (const id of nodesBelow(right, '/')) {
    const path = b.pathOf(id);
    if (left.nodes > 0 && a.find(path) >= 0) continue;
    const { nodes, bytes } = rightExtents.get(id)!;
    yield { kind: 'right', path, bytesDelta: bytes, nodesDelta: nodes, changes: {} };
  }
}

function extentsOf(snapshot: InspectedSnapshot): ReadonlyMap<NodeId, Extent> {
  const { tree } = snapshot.database;
  const extents = new Map<NodeId, Extent>();
  const order = [...nodesBelow(snapshot, '/')];
  for (const id of order) extents.set(id, { nodes: 1, bytes: tree.dataLength(id) });
  for (let at = order.length - 1; at > 0; at--) {
    const own = extents.get(order[at]!)!;
    const parent = extents.get(tree.parentOf(order[at]!))!;
    parent.nodes += own.nodes;
    parent.bytes += own.bytes;
  }
  return extents;
}

function changesOf(
  left: InspectedSnapshot,
  id: NodeId,
  right: InspectedSnapshot,
  other: NodeId,
): Record<string, readonly [string, string]> {
  const changes: Record<string, readonly [string, string]> = {};
  const a = left.database.tree;
  const b = right.database.tree;
  if (!isSameData(a, id, b, other)) changes.data = [bytesText(a, id), bytesText(b, other)];
  const [stats, others] = [statOf(a, id), statOf(b, other)];
  for (const [name, value] of Object.entries(stats)) {
    if (others[name] !== value) changes[name] = [value, others[name]!];
  }
  const acl = aclWords(left.database.acls.get(a.aclId(id)) ?? null);
  const otherAcl = aclWords(right.database.acls.get(b.aclId(other)) ?? null);
  if (acl !== otherAcl) changes.acl = [acl, otherAcl];
  return changes;
}

function isSameData(a: Tree, id: NodeId, b: Tree, other: NodeId): boolean {
  if (a.dataLength(id) !== b.dataLength(other)) return false;
  const [one, two] = [a.data(id), b.data(other)];
  return one === null || two === null ? one === two : equalBytes(one, two);
}

function bytesText(tree: Tree, id: NodeId): string {
  return tree.data(id) === null ? 'null' : `${tree.dataLength(id)}B`;
}

/** A node's stat in words, without what follows from its data and its children. */
function statOf(tree: Tree, id: NodeId): Record<string, string> {
  const stat = tree.persisted(id);
  return {
    czxid: hexLong(stat.czxid),
    mzxid: hexLong(stat.mzxid),
    pzxid: hexLong(stat.pzxid),
    ctime: timeText(stat.ctime),
    mtime: timeText(stat.mtime),
    version: String(stat.version),
    cversion: String(stat.cversion),
    aversion: String(stat.aversion),
    owner: hexLong(stat.ephemeralOwner),
  };
}
