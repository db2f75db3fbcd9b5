import { codes, OK } from '../../base/errors.js';
import { isValidPath } from '../../base/path.js';
import type { MultiOp } from '../../wire/multi.js';
import { permissions } from '../../wire/permissions.js';
import type { CheckVersionRequest } from '../../wire/records.js';
import { type TxnBody, txnTypes } from '../../wire/txns.js';
import { word } from '../change-record.js';
import { nextVersion, type Preparation, type Prepared, type WriteOrigin } from '../preparation.js';
import { prepareCreate } from './create.js';
import { prepareDelete } from './delete.js';
import { prepareSetData } from './set-data.js';

/**
 * Checks the operations of a multi one after the other, each seeing those before it. When one
 * fails, those after it are not looked at, and what was recorded is taken back; the transaction is
 * logged all the same, with its errors in it.
 */
export function prepareMulti(
  p: Preparation,
  origin: WriteOrigin,
  ops: readonly MultiOp[],
): Prepared {
  if (p.checkSession(origin) === codes.SESSION_MOVED) return codes.SESSION_MOVED;
  const txns: TxnBody[] = [];
  p.outstanding.keepWayBack();
  let hasFailed = false;
  for (const op of ops) {
    const prepared = hasFailed ? codes.RUNTIME_INCONSISTENCY : prepareOne(p, origin, op);
    if (typeof prepared === 'number') {
      hasFailed = true;
      txns.push({ type: txnTypes.error, err: prepared });
    } else {
      txns.push(prepared);
    }
  }
  if (hasFailed) p.outstanding.takeBack();
  return { type: txnTypes.multi, txns };
}

function prepareOne(p: Preparation, origin: WriteOrigin, op: MultiOp): Prepared {
  switch (op.op) {
    case 'createTtl':
      return prepareCreate(p, origin, op.op, op, op.ttl);
    case 'delete':
      return prepareDelete(p, origin, op);
    case 'setData':
      return prepareSetData(p, origin, op);
    case 'check':
      return prepareCheck(p, origin, op);
    default:
      return prepareCreate(p, origin, op.op, op);
  }
}

function prepareCheck(
  p: Preparation,
  origin: WriteOrigin,
  { path, version }: CheckVersionRequest,
): Prepared {
  const sessionCode = p.checkSession(origin);
  if (sessionCode !== OK) return sessionCode;
  if (!isValidPath(path)) return codes.BAD_ARGUMENTS;
  const node = p.outstanding.find(path, false);
  if (node === undefined) return codes.NO_NODE;
  if (!p.permits(node, permissions.read, origin)) return codes.NO_AUTH;
  const next = nextVersion(node.words[word.version]!, version);
  if (next === undefined) return codes.BAD_VERSION;
  return { type: txnTypes.check, path, version: next };
}
