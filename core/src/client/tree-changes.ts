import type { MirroredNode, TreeChange } from './tree-snapshots.js';

type Nodes<T> = ReadonlyMap<string, MirroredNode<T>>;

/** What makes one map of nodes of the other, in the order that `TreeChanges` promises. */
export function changesBetween<T>(before: Nodes<T>, now: Nodes<T>): TreeChange<T>[] {
  const removed: TreeChange<T>[] = [];
  for (const [path, node] of before) {
    if (!now.has(path)) removed.push({ type: 'removed', path, before: node });
  }
  // Parents stand before their children, so that backwards the deepest come first.
  const changes = removed.reverse();
  for (const [path, node] of now) {
    const old = before.get(path);
    if (old === undefined) changes.push({ type: 'added', path, node });
    else if (!isSameNode(old, node)) {
      changes.push({ type: 'changed', path, node, before: old, replaced: isReplaced(old, node) });
    }
  }
  return changes;
}

/** Whether two readings saw the same state of a node; children change its Stat, and no state. */
function isSameNode<T>(a: MirroredNode<T>, b: MirroredNode<T>): boolean {
  if (a === b) return true;
  if (!('stat' in a && 'stat' in b)) return a.kind === b.kind;
  return a.stat.czxid === b.stat.czxid && a.stat.mzxid === b.stat.mzxid;
}

function isReplaced<T>(a: MirroredNode<T>, b: MirroredNode<T>): boolean {
  return 'stat' in a && 'stat' in b && a.stat.czxid !== b.stat.czxid;
}
