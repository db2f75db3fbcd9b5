/**
 * What a transaction log says happened below a folder: the record that the judges of a fleet read.
 */
import { type TxnBody, txnTypes } from '@vivarium/core/internal/wire/txns';
import type { LoggedTxn } from '../load/server-log.js';

/** One node came, was written, or went. */
export interface Change {
  readonly zxid: bigint;
  /** Who did it; 0 for a server. */
  readonly session: bigint;
  readonly what: 'create' | 'set' | 'delete';
  readonly path: string;
  /** What it holds from then on; nothing for a node that went. */
  readonly data: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** All changes below `folder`, the folder itself included, in the order of their zxids. */
export function changesBelow(entries: readonly LoggedTxn[], folder: string): readonly Change[] {
  const changes: Change[] = [];
  const below = `${folder}/`;
  for (const { zxid, txn } of entries) {
    const session = txn.header.clientId;
    for (const change of changesOf(txn.body)) {
      if (change.path !== folder && !change.path.startsWith(below)) continue;
      changes.push({ zxid, session, ...change });
    }
  }
  return changes;
}

type BareChange = Omit<Change, 'zxid' | 'session'>;

function changesOf(body: TxnBody): readonly BareChange[] {
  switch (body.type) {
    case txnTypes.create:
    case txnTypes.create2:
    case txnTypes.createContainer:
    case txnTypes.createTtl:
      return [{ what: 'create', path: body.path, data: body.data ?? NOTHING }];
    case txnTypes.setData:
      return [{ what: 'set', path: body.path, data: body.data ?? NOTHING }];
    case txnTypes.delete:
    case txnTypes.deleteContainer:
      return [gone(body.path)];
    case txnTypes.closeSession:
      return (body.paths2Delete ?? []).map(gone);
    case txnTypes.multi:
      if (body.txns.some(({ type }) => type === txnTypes.error)) return [];
      return body.txns.flatMap(changesOf);
    default:
      return [];
  }
}

function gone(path: string): BareChange {
  return { what: 'delete', path, data: NOTHING };
}
