import { parentOf } from '../../base/path.js';
import { type TxnBody, txnTypes } from '../../wire/txns.js';
import type { Preparation, WriteOrigin } from '../preparation.js';
import type { Session } from '../sessions.js';
import { recordDeletion } from './delete.js';

/** Ends a session: nothing of it is accepted any more, and its ephemeral nodes go. */
export function prepareCloseSession(
  p: Preparation,
  origin: WriteOrigin,
  session: Session,
): TxnBody {
  session.closing = true;
  const paths: string[] = [];
  for (const path of p.outstanding.ephemeralsOf(session.id)) {
    const node = p.outstanding.find(path, false);
    const parent = p.outstanding.find(parentOf(path));
    if (node === undefined || parent === undefined) continue;
    recordDeletion(p, origin, node, parent);
    paths.push(path);
  }
  return {
    type: txnTypes.closeSession,
    paths2Delete: p.config.closeSessionTxnEnabled ? paths : null,
  };
}
