/** What tests of `tree$` compare it with. */
import type { Client, MirroredNode, TreeChange, TreeSnapshot } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import * as assert from 'uvu/assert';

/** All of a node that a reading tells, but for what names no state of it. */
export type Seen = string;

/** Reads a whole subtree; nothing may change meanwhile. */
export async function walk(zk: Client, path: string): Promise<Map<string, Seen>> {
  const found = new Map<string, Seen>();
  const visit = async (at: string): Promise<void> => {
    const { data, stat } = await zk.get(at);
    found.set(at, seenOf(data, stat));
    const { children } = await zk.children(at);
    await Promise.all(children.map((name) => visit(at === '/' ? `/${name}` : `${at}/${name}`)));
  };
  try {
    await visit(path);
  } catch (error) {
    if (!isZkError(error, 'NO_NODE') || found.size > 0) throw error;
  }
  return found;
}

/** The nodes of a snapshot in the same form. */
export function seenIn(nodes: TreeSnapshot<Uint8Array>['nodes']): Map<string, Seen> {
  const found = new Map<string, Seen>();
  for (const [path, node] of nodes) {
    assert.is(node.path, path);
    found.set(path, node.kind === 'present' ? seenOf(node.data, node.stat) : node.kind);
  }
  return found;
}

function seenOf(
  data: Uint8Array,
  stat: (MirroredNode<unknown> & { kind: 'present' })['stat'],
): Seen {
  const { czxid, mzxid, pzxid, version, cversion, numChildren } = stat;
  const zxids = [czxid, mzxid, pzxid].join(' ');
  return `${zxids} v${version} c${cversion} n${numChildren} ${new TextDecoder().decode(data)}`;
}

/** Asserts that two maps are equal, and says which paths are not. */
export function assertSame(
  seen: ReadonlyMap<string, Seen>,
  there: ReadonlyMap<string, Seen>,
): void {
  const differing = [...new Set([...seen.keys(), ...there.keys()])]
    .filter((path) => seen.get(path) !== there.get(path))
    .map((path) => `${path}: seen ${seen.get(path)}, there ${there.get(path)}`);
  assert.equal(differing, []);
}

/** Does changes to a map by path, each of which has to be possible there. */
export function apply<T>(
  nodes: Map<string, MirroredNode<T>>,
  changes: readonly TreeChange<T>[],
  root: string,
): void {
  const parentOf = (path: string) => path.slice(0, path.lastIndexOf('/')) || '/';
  for (const change of changes) {
    const { path } = change;
    const before = nodes.get(path);
    if (change.type === 'removed') {
      assert.ok(before !== undefined, `${path} was removed and never there`);
      for (const other of nodes.keys()) {
        assert.not(other.startsWith(`${path}/`), `${path} was removed before ${other}`);
      }
      nodes.delete(path);
      continue;
    }
    assert.is(before === undefined, change.type === 'added', `${change.type} ${path}`);
    if (path !== root) assert.ok(nodes.has(parentOf(path)), `${path} came before its parent`);
    if (change.type === 'changed' && before !== undefined) {
      const [old, now] = [before, change.node].map((node) => ('stat' in node ? node.stat : null));
      if (old && now) assert.is(change.replaced, old.czxid !== now.czxid);
    }
    nodes.set(path, change.node);
  }
}

/** Asserts that replayed changes have led to the nodes of a snapshot. */
export function assertReplayed<T>(
  replayed: ReadonlyMap<string, MirroredNode<T>>,
  nodes: ReadonlyMap<string, MirroredNode<T>>,
): void {
  const identities = (map: ReadonlyMap<string, MirroredNode<T>>) =>
    new Map(
      [...map].map(([path, node]) => {
        if (node.kind !== 'present') return [path, node.kind];
        return [path, `${node.stat.czxid} ${node.stat.mzxid} ${String(node.data)}`];
      }),
    );
  assertSame(identities(replayed), identities(nodes));
}
