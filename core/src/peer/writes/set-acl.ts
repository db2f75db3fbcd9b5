import { codes, OK } from '../../base/errors.js';
import { isValidPath } from '../../base/path.js';
import { permissions } from '../../wire/permissions.js';
import type { SetAclRequest } from '../../wire/records.js';
import { txnTypes } from '../../wire/txns.js';
import { word } from '../change-record.js';
import { nextVersion, type Preparation, type Prepared, type WriteOrigin } from '../preparation.js';

/** Checks a new ACL for a node in ZooKeeper's order, and records the node. */
export function prepareSetAcl(
  p: Preparation,
  origin: WriteOrigin,
  request: SetAclRequest,
): Prepared {
  const { path, version } = request;
  const sessionCode = p.checkSession(origin);
  if (sessionCode !== OK) return sessionCode;
  if (!isValidPath(path)) return codes.BAD_ARGUMENTS;
  const acl = p.normaliseAcl(request.acl, origin);
  if (acl === undefined) return codes.INVALID_ACL;
  const found = p.outstanding.find(path);
  if (found === undefined) return codes.NO_NODE;
  if (!p.permits(found, permissions.admin, origin)) return codes.NO_AUTH;
  const next = nextVersion(found.words[word.aversion]!, version);
  if (next === undefined) return codes.BAD_VERSION;
  const node = p.outstanding.edit(found);
  node.acl = acl;
  node.words[word.aversion] = next;
  p.outstanding.record(node);
  return { type: txnTypes.setAcl, path, acl, version: next };
}
