import type { Compression } from '../../../storage/compression.js';
import type { NodeId } from '../../../tree/tree.js';
import { pathText } from './data-text.js';
import { type InspectedSnapshot, kindOf, nodesBelow } from './loaded-snapshot.js';

/** How many of the biggest nodes are named. */
const BIGGEST = 10;

/** Nodes and bytes of data of a node and all below it. */
interface Subtree {
  readonly path: string;
  nodes: number;
  dataBytes: number;
}

interface Big {
  readonly path: string;
  readonly dataBytes: number;
}

/** What there is to be said of a snapshot, or of what is below a path in it. */
export interface SnapshotSummary {
  /** How the file is compressed; absent when it is not. */
  readonly compression?: Compression;
  readonly nodes: number;
  readonly dataBytes: number;
  /** Nodes by kind: persistent, ephemeral, container, ttl. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly sessions: number;
  /** Those with the most data, at most ten. */
  readonly biggest: readonly Big[];
  /** By path, down to the depth that was asked for. */
  readonly subtrees: readonly Subtree[];
}

/** Sums up what is below a path, by subtree down to a depth; 0 is the node at the path itself. */
export function summaryJson(
  snapshot: InspectedSnapshot,
  path: string,
  depth: number,
): SnapshotSummary {
  const { compression, database } = snapshot;
  const { tree } = database;
  const kinds: Record<string, number> = {};
  const subtrees: Subtree[] = [];
  const biggest: { id: NodeId; dataBytes: number }[] = [];
  /** The node before and those above it, and the subtrees of those that are deep enough. */
  const ancestors: NodeId[] = [];
  const open: Subtree[] = [];
  let nodes = 0;
  let dataBytes = 0;
  for (const id of nodesBelow(snapshot, path)) {
    while (ancestors.length > 0 && ancestors.at(-1) !== tree.parentOf(id)) ancestors.pop();
    open.length = Math.min(open.length, ancestors.length);
    if (ancestors.length <= depth) {
      const subtree = { path: tree.pathOf(id), nodes: 0, dataBytes: 0 };
      subtrees.push(subtree);
      open.push(subtree);
    }
    ancestors.push(id);
    const bytes = tree.dataLength(id);
    for (const subtree of open) {
      subtree.nodes++;
      subtree.dataBytes += bytes;
    }
    const kind = kindOf(database, id);
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    nodes++;
    dataBytes += bytes;
    keep(biggest, { id, dataBytes: bytes });
  }
  return {
    ...(compression === undefined ? {} : { compression }),
    nodes,
    dataBytes,
    kinds,
    sessions: snapshot.sessions.size,
    biggest: biggest.map(({ id, dataBytes }) => ({ path: tree.pathOf(id), dataBytes })),
    subtrees,
  };
}

/** Keeps the biggest ones, in order. */
function keep<T extends { readonly dataBytes: number }>(biggest: T[], node: T): void {
  if (node.dataBytes === 0) return;
  if (biggest.length === BIGGEST && node.dataBytes <= biggest.at(-1)!.dataBytes) return;
  const after = biggest.findIndex(({ dataBytes }) => dataBytes < node.dataBytes);
  biggest.splice(after === -1 ? biggest.length : after, 0, node);
  if (biggest.length > BIGGEST) biggest.pop();
}

/** The same in lines for a person. */
export function summaryText(
  snapshot: InspectedSnapshot,
  path: string,
  depth: number,
): readonly string[] {
  const { nodes, dataBytes, kinds, sessions, biggest, subtrees } = summaryJson(
    snapshot,
    path,
    depth,
  );
  const ofKinds = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
  const { compression, opened } = snapshot;
  const { shown, size } = opened;
  const how = compression === undefined ? '' : ` (${compression})`;
  const rows = (all: readonly { path: string; nodes?: number; dataBytes: number }[]) =>
    all.map(({ path, nodes, dataBytes }) => {
      const count = nodes === undefined ? '' : String(nodes).padStart(10);
      return `${count}${String(dataBytes).padStart(14)}  ${pathText(path)}`;
    });
  return [
    `${shown}: ${size} bytes${how}, ${sessions} sessions, digest: ${snapshot.digestState}`,
    `${nodes} nodes from ${path} down (${ofKinds.join(', ')}), ${dataBytes} bytes of data`,
    '',
    '     nodes    data bytes  subtree',
    ...rows(subtrees),
    ...(biggest.length === 0 ? [] : ['', '    data bytes  biggest nodes', ...rows(biggest)]),
  ];
}
