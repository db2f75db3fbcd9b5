import type { PastAcl, PastData, PastNode, PastPart, PastTransaction } from '../../admin/past.js';
import type { Database } from '../../tree/database.js';
import { NO_NODE_ID } from '../../tree/tree.js';
import { permissions } from '../../wire/permissions.js';
import type { Acl } from '../../wire/records.js';
import { type Txn, type TxnBody, type TxnHeader, txnTypes } from '../../wire/txns.js';
import { shownData } from '../cli/inspect/data-text.js';
import { typeName } from '../cli/inspect/txn-text.js';

/** Parts of one transaction that are told in a list, and where it is told in full. */
const MOST_PARTS = 100;
const MOST_PARTS_IN_FULL = 10_000;
/** Data of one transaction that is told; of what is beyond, the length is. */
const MOST_DATA_BYTES = 4 << 20;

/** A transaction as it is told. @param txn `undefined` when its bytes mean nothing */
export function tellTransaction(
  header: TxnHeader,
  txn: Txn | undefined,
  inFull: boolean,
): PastTransaction {
  const { zxid, time, clientId: session, cxid } = header;
  const row = { zxid, time, session, cxid, type: typeName(header.type) };
  if (txn === undefined) return { ...row, parts: [], partCount: 0 };
  const { body } = txn;
  if (body.type === txnTypes.error) return { ...row, error: body.err, parts: [], partCount: 0 };
  if (body.type === txnTypes.createSession) {
    return { ...row, timeout: body.timeOut, parts: [], partCount: 0 };
  }
  const told = bodiesOf(body).slice(0, inFull ? MOST_PARTS_IN_FULL : MOST_PARTS);
  let left = inFull ? MOST_DATA_BYTES : 0;
  const parts = told.map((part) => {
    const length = 'data' in part ? (part.data?.length ?? 0) : 0;
    left -= length;
    return tellPart(part, inFull, inFull && left >= 0);
  });
  const failed = body.type === txnTypes.multi ? failureOf(body.txns) : undefined;
  const error = failed === undefined ? {} : { error: failed };
  return { ...row, ...error, parts, partCount: bodiesOf(body).length };
}

/** What a transaction does, one after the other; the nodes of a session that ends are deleted. */
export function bodiesOf(body: TxnBody): readonly TxnBody[] {
  if (body.type === txnTypes.multi) return body.txns;
  if (body.type !== txnTypes.closeSession) return [body];
  return (body.paths2Delete ?? []).map((path) => ({ type: txnTypes.delete, path }));
}

/** The error for which a multi failed: the others of its parts say that an earlier one did. */
function failureOf(parts: readonly TxnBody[]): number | undefined {
  for (const part of parts) if (part.type === txnTypes.error && part.err !== 0) return part.err;
  return undefined;
}

function tellPart(body: TxnBody, inFull: boolean, withData: boolean): PastPart {
  const type = typeName(body.type);
  switch (body.type) {
    case txnTypes.error:
      return { type, error: body.err };
    case txnTypes.create:
    case txnTypes.create2:
    case txnTypes.createContainer:
    case txnTypes.createTtl:
      return {
        type,
        path: body.path,
        data: dataOf(body.data, withData),
        ...(inFull && { acl: aclOf(body.acl) }),
        ...('ephemeral' in body && body.ephemeral && { ephemeral: true }),
        ...('ttl' in body && { ttl: Number(body.ttl) }),
      };
    case txnTypes.setData:
    case txnTypes.reconfig:
      return { type, path: body.path, version: body.version, data: dataOf(body.data, withData) };
    case txnTypes.setAcl:
      return {
        type,
        path: body.path,
        version: body.version,
        ...(inFull && { acl: aclOf(body.acl) }),
      };
    case txnTypes.check:
      return { type, path: body.path, version: body.version };
    case txnTypes.delete:
    case txnTypes.deleteContainer:
      return { type, path: body.path };
    default:
      return { type };
  }
}

/** A node of a tree as it is told. */
export function tellNode({ tree, acls }: Database, path: string): PastNode | undefined {
  const id = tree.find(path);
  if (id === NO_NODE_ID) return undefined;
  const { ephemeralOwner: owner, cversion: _, ...stat } = tree.persisted(id);
  const acl = acls.get(tree.aclId(id));
  return {
    path,
    ...stat,
    cversion: tree.stat(id).cversion,
    owner,
    childCount: tree.childCount(id),
    data: dataOf(tree.data(id), true),
    acl: acl === undefined ? undefined : aclOf(acl),
  };
}

function dataOf(data: Uint8Array | null, withContent: boolean): PastData {
  const shown = shownData(data, withContent ? 'text' : undefined);
  const { dataLength: length, data: content, encoding } = shown;
  if (content === undefined) return { length };
  if (content === null) return { length, content };
  return { length, content, encoding: encoding === 'text' ? 'text' : 'base64' };
}

const LETTERS = [
  ['c', permissions.create],
  ['d', permissions.delete],
  ['r', permissions.read],
  ['w', permissions.write],
  ['a', permissions.admin],
] as const;

function aclOf(acl: readonly Acl[] | null): readonly PastAcl[] {
  return (acl ?? []).map(({ perms, id: { scheme, id } }) => {
    const letters = LETTERS.filter(([, bit]) => (perms & bit) !== 0).map(([letter]) => letter);
    return { perms: letters.join(''), scheme, id };
  });
}
