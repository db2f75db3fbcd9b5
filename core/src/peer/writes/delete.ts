import { codes, OK } from '../../base/errors.js';
import { parentOf } from '../../base/path.js';
import { systemPaths } from '../../tree/tree.js';
import { permissions } from '../../wire/permissions.js';
import type { DeleteRequest } from '../../wire/records.js';
import { txnTypes } from '../../wire/txns.js';
import { type ChangeRecord, word } from '../change-record.js';
import { nextVersion, type Preparation, type Prepared, type WriteOrigin } from '../preparation.js';
import { hasParentPart } from './create.js';

const UNDELETABLE: ReadonlySet<string> = new Set(['/', ...Object.values(systemPaths)]);

/** Checks a deletion in ZooKeeper's order, and records the node and its parent. */
export function prepareDelete(
  p: Preparation,
  origin: WriteOrigin,
  { path, version }: DeleteRequest,
): Prepared {
  const sessionCode = p.checkSession(origin);
  if (sessionCode !== OK) return sessionCode;
  if (!hasParentPart(path) || UNDELETABLE.has(path)) return codes.BAD_ARGUMENTS;
  const parent = p.outstanding.find(parentOf(path));
  if (parent === undefined) return codes.NO_NODE;
  if (!p.permits(parent, permissions.delete, origin)) return codes.NO_AUTH;
  const node = p.outstanding.find(path, false);
  if (node === undefined) return codes.NO_NODE;
  if (nextVersion(node.words[word.version]!, version) === undefined) return codes.BAD_VERSION;
  if (node.childCount > 0) return codes.NOT_EMPTY;
  recordDeletion(p, origin, node, parent);
  return { type: txnTypes.delete, path };
}

/**
 * The server's own deletion of a container or TTL node that looked as if it could go. Undefined
 * when that is no longer so: it was used, refreshed or removed since.
 */
export function prepareExpiry(
  p: Preparation,
  origin: WriteOrigin,
  path: string,
): Prepared | undefined {
  const node = p.outstanding.find(path, false);
  const parent = p.outstanding.find(parentOf(path));
  if (node === undefined || parent === undefined || node.childCount > 0) return undefined;
  /* A change on its way to the tree means that it is in use. */
  if (node.write !== 0) return undefined;
  recordDeletion(p, origin, node, parent);
  return { type: txnTypes.deleteContainer, path };
}

/** Records that a node goes, and that its parent has a child less. */
export function recordDeletion(
  p: Preparation,
  origin: WriteOrigin,
  node: ChangeRecord,
  parent: ChangeRecord,
): void {
  const gone = p.outstanding.edit(node);
  gone.exists = false;
  p.outstanding.record(gone);
  const left = p.outstanding.edit(parent);
  left.childCount--;
  left.words[word.pzxidHigh] = origin.zxidHigh;
  left.words[word.pzxidLow] = origin.zxidLow;
  p.outstanding.record(left);
}
