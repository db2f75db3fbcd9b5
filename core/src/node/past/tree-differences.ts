import type { PastDifference, PastSide } from '../../admin/past.js';
import { equalBytes } from '../../base/bytes.js';
import { childOf } from '../../base/path.js';
import type { Database } from '../../tree/database.js';
import { NO_NODE_ID, type NodeId, systemPaths } from '../../tree/tree.js';

/** One node was looked at, in either tree or in both. */
export interface DifferenceStep {
  readonly difference: PastDifference | undefined;
}

/**
 * Goes through a node and all below it in two trees, parents first and siblings by their names. A
 * node is not the same when it was created anew, or its data, its ACL or its owner is another;
 * children that came or went are told themselves, and do not count for their parent.
 */
export function* walkDifferences(
  before: Database,
  after: Database,
  path: string,
): Generator<DifferenceStep> {
  // A list of its own, and no recursion: paths may be as deep as a request is long.
  const stack = [[path][Symbol.iterator]()];
  for (;;) {
    const { value: next, done } = stack.at(-1)!.next();
    if (done === true) {
      stack.pop();
      if (stack.length === 0) return;
      continue;
    }
    const a = before.tree.find(next);
    const b = after.tree.find(next);
    if (a === NO_NODE_ID && b === NO_NODE_ID) continue;
    yield { difference: differenceOf(before, a, after, b, next) };
    const names = namesBelow(before, a, after, b);
    if (names.length > 0) stack.push(names.map((name) => childOf(next, name))[Symbol.iterator]());
  }
}

/** Names of the children of both, sorted by code unit. */
function namesBelow(before: Database, a: NodeId, after: Database, b: NodeId): readonly string[] {
  const names = new Set<string>();
  if (a !== NO_NODE_ID) for (const name of before.tree.children(a)) names.add(name);
  if (b !== NO_NODE_ID) for (const name of after.tree.children(b)) names.add(name);
  return [...names].sort();
}

function differenceOf(
  before: Database,
  a: NodeId,
  after: Database,
  b: NodeId,
  path: string,
): PastDifference | undefined {
  if (a === NO_NODE_ID) return { kind: 'created', path, what: [], after: sideOf(after, b) };
  if (b === NO_NODE_ID) return { kind: 'deleted', path, what: [], before: sideOf(before, a) };
  const [one, two] = [sideOf(before, a), sideOf(after, b)];
  const sides = { path, before: one, after: two };
  const what = whatDiffers(before, a, after, b, path);
  if (one.czxid !== two.czxid) return { kind: 'recreated', what, ...sides };
  return what.length === 0 ? undefined : { kind: 'changed', what, ...sides };
}

function whatDiffers(
  before: Database,
  a: NodeId,
  after: Database,
  b: NodeId,
  path: string,
): readonly string[] {
  const [s, t] = [before.tree.persisted(a), after.tree.persisted(b)];
  // The counters below it are kept by each server for itself, and no transaction changes them.
  const isCounted = path.startsWith(`${systemPaths.quota}/`);
  const isSameChange = s.mzxid === t.mzxid && s.czxid === t.czxid && s.version === t.version;
  const isSame = isSameChange && !isCounted;
  const what: string[] = [];
  if (!isSame && (!isSameChange || !isSameData(before, a, after, b))) what.push('data');
  if (aclOf(before, a) !== aclOf(after, b) || s.aversion !== t.aversion) what.push('acl');
  if (s.ephemeralOwner !== t.ephemeralOwner) what.push('owner');
  return what;
}

function isSameData(before: Database, a: NodeId, after: Database, b: NodeId): boolean {
  const [one, two] = [before.tree.data(a), after.tree.data(b)];
  return one === null || two === null ? one === two : equalBytes(one, two);
}

function aclOf({ tree, acls }: Database, id: NodeId): string {
  const acl = acls.get(tree.aclId(id)) ?? [];
  return acl.map(({ perms, id: who }) => `${perms}:${who.scheme}:${who.id}`).join('\n');
}

function sideOf({ tree }: Database, id: NodeId): PastSide {
  const { czxid, version, aversion } = tree.persisted(id);
  return { czxid, version, aversion, length: tree.dataLength(id) };
}
