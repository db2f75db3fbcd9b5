import { unreachable } from '../base/assert.js';
import { codes, OK } from '../base/errors.js';
import { highOf, lowOf } from '../base/long.js';
import type { TxnBody, TxnHeader } from '../wire/txns.js';
import { txnTypes } from '../wire/txns.js';
import type { ChangeSink } from './changes.js';
import type { Database } from './database.js';
import { CONTAINER_OWNER_HIGH, MAX_TTL_MS, ttlOwnerHigh, ttlOwnerLow } from './owners.js';

/**
 * Applies a transaction and moves the last zxid to it; see `Database.apply`. Who has the halves of
 * the zxid hands them over.
 */
export function applyTxn(
  db: Database,
  header: TxnHeader,
  body: TxnBody,
  sink: ChangeSink,
  high: number = highOf(header.zxid),
  low: number = lowOf(header.zxid),
): number {
  const code = applyBody(db, header, body, sink, high, low);
  db.advanceTo(high, low);
  return code;
}

function applyBody(
  db: Database,
  header: TxnHeader,
  body: TxnBody,
  sink: ChangeSink,
  high: number,
  low: number,
): number {
  switch (body.type) {
    case txnTypes.create:
    case txnTypes.create2: {
      if (!body.ephemeral) return create(db, header, body, 0, 0, sink, high, low);
      const owner = header.clientId;
      return create(db, header, body, highOf(owner), lowOf(owner), sink, high, low);
    }
    case txnTypes.createContainer:
      return create(db, header, body, CONTAINER_OWNER_HIGH, 0, sink, high, low);
    case txnTypes.createTtl: {
      /* ZooKeeper 3.8 logs such a transaction and then fails to apply it, at every start. */
      if (body.ttl < 1n || body.ttl > BigInt(MAX_TTL_MS)) return codes.BAD_ARGUMENTS;
      const ttl = Number(body.ttl);
      return create(db, header, body, ttlOwnerHigh(ttl), ttlOwnerLow(ttl), sink, high, low);
    }
    case txnTypes.delete:
    case txnTypes.deleteContainer:
      return db.applyDelete(body.path, high, low, sink);
    case txnTypes.setData:
    case txnTypes.reconfig:
      return db.applySetData(body.path, body.data, body.version, high, low, header.time, sink);
    case txnTypes.setAcl:
      return db.applySetAcl(body.path, db.acls.idOf(body.acl), body.version, high, low);
    case txnTypes.check:
      return OK;
    case txnTypes.createSession:
      db.applyCreateSession(header.clientId, body.timeOut, high, low);
      return OK;
    case txnTypes.closeSession:
      db.applyCloseSession(header.clientId, body.paths2Delete, high, low, sink);
      return OK;
    case txnTypes.error:
      return body.err;
    case txnTypes.multi:
      return applyMulti(db, header, body.txns, sink, high, low);
    default:
      return unreachable(body, 'transaction');
  }
}

/** All or nothing: one error among the parts, and none of them changes anything. */
function applyMulti(
  db: Database,
  header: TxnHeader,
  parts: readonly TxnBody[],
  sink: ChangeSink,
  high: number,
  low: number,
): number {
  for (const part of parts) {
    if (part.type === txnTypes.error && part.err !== OK) return part.err;
  }
  if (parts.some((part) => part.type === txnTypes.error)) return OK;
  let code: number = OK;
  for (const part of parts) {
    const partCode = applyBody(db, header, part, sink, high, low);
    if (code === OK) code = partCode;
  }
  return code;
}

interface Creation {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: Parameters<Database['acls']['idOf']>[0];
  readonly parentCVersion: number;
}

function create(
  db: Database,
  header: TxnHeader,
  creation: Creation,
  ownerHigh: number,
  ownerLow: number,
  sink: ChangeSink,
  high: number,
  low: number,
): number {
  return db.applyCreate(
    creation.path,
    creation.data,
    db.acls.idOf(creation.acl),
    ownerHigh,
    ownerLow,
    creation.parentCVersion,
    high,
    low,
    header.time,
    sink,
  );
}
