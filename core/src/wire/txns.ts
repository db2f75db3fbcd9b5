/**
 * Transactions: what is logged, proposed and applied. The header says the type; the body's record
 * follows from it. Files of ZooKeeper's transaction log hold exactly these bytes.
 */
import { numberOf } from '../base/long.js';
import { aclListOrNull } from './acl.js';
import type { Reader } from './reader.js';
import { MalformedError } from './reader.js';
import type { RecordType, TypeOf } from './types.js';
import { boolean, bufferOrNull, int, long, record, time, ustring, vectorOrNull } from './types.js';
import type { Writer } from './writer.js';

const LENGTH_BYTES = 4;
/** Of `time` in a header: clientId, cxid and zxid come before it. */
const TIME_OFFSET = 20;

export const TxnHeader = record(
  'TxnHeader',
  {
    /** Session that asked for it; 0 for the server's own. */
    clientId: long,
    /** Its xid. */
    cxid: int,
    zxid: long,
    /** Leader's wall clock, milliseconds. */
    time: time,
    /** A row of {@link txnTypes}. */
    type: int,
  },
  {
    read: (from) => ({
      clientId: from.long(),
      cxid: from.int(),
      zxid: from.long(),
      time: from.time(),
      type: from.int(),
    }),
  },
);
export interface TxnHeader extends TypeOf<typeof TxnHeader> {}

export const CreateTxn = record(
  'CreateTxn',
  {
    path: ustring,
    data: bufferOrNull,
    acl: aclListOrNull,
    ephemeral: boolean,
    /** The parent's counter after this creation; -1 in logs before 3.4. */
    parentCVersion: int,
  },
  {
    write(to, { path, data, acl, ephemeral, parentCVersion }) {
      to.string(path);
      to.bufferOrNull(data);
      aclListOrNull.write(to, acl);
      to.boolean(ephemeral);
      to.int(parentCVersion);
    },
  },
);
export interface CreateTxn extends TypeOf<typeof CreateTxn> {}

export const CreateTtlTxn = record('CreateTtlTxn', {
  path: ustring,
  data: bufferOrNull,
  acl: aclListOrNull,
  parentCVersion: int,
  ttl: long,
});
export interface CreateTtlTxn extends TypeOf<typeof CreateTtlTxn> {}

export const CreateContainerTxn = record('CreateContainerTxn', {
  path: ustring,
  data: bufferOrNull,
  acl: aclListOrNull,
  parentCVersion: int,
});
export interface CreateContainerTxn extends TypeOf<typeof CreateContainerTxn> {}

export const DeleteTxn = record(
  'DeleteTxn',
  { path: ustring },
  { read: (from) => ({ path: from.string() }) },
);
export interface DeleteTxn extends TypeOf<typeof DeleteTxn> {}

export const SetDataTxn = record(
  'SetDataTxn',
  {
    path: ustring,
    data: bufferOrNull,
    /** The version the node has afterwards. */
    version: int,
  },
  {
    write(to, { path, data, version }) {
      to.string(path);
      to.bufferOrNull(data);
      to.int(version);
    },
    read: (from) => ({
      path: from.string(),
      data: from.bufferOrNull(),
      version: from.int(),
    }),
  },
);
export interface SetDataTxn extends TypeOf<typeof SetDataTxn> {}

export const SetAclTxn = record('SetAclTxn', {
  path: ustring,
  acl: aclListOrNull,
  /** The ACL version the node has afterwards. */
  version: int,
});
export interface SetAclTxn extends TypeOf<typeof SetAclTxn> {}

export const CheckVersionTxn = record('CheckVersionTxn', { path: ustring, version: int });
export interface CheckVersionTxn extends TypeOf<typeof CheckVersionTxn> {}

export const CreateSessionTxn = record('CreateSessionTxn', { timeOut: int });
export interface CreateSessionTxn extends TypeOf<typeof CreateSessionTxn> {}

export const CloseSessionTxn = record('CloseSessionTxn', {
  /** The ephemeral nodes that go with the session; null in logs before 3.6. */
  paths2Delete: vectorOrNull(ustring),
});
export interface CloseSessionTxn extends TypeOf<typeof CloseSessionTxn> {}

export const ErrorTxn = record('ErrorTxn', { err: int });
export interface ErrorTxn extends TypeOf<typeof ErrorTxn> {}

/** Stands behind the body since 3.6: what the whole tree's digest is after the transaction. */
export const TxnDigest = record(
  'TxnDigest',
  { version: int, treeDigest: long },
  { read: (from) => ({ version: from.int(), treeDigest: from.long() }) },
);
export interface TxnDigest extends TypeOf<typeof TxnDigest> {}
/** Bytes of a {@link TxnDigest}. */
export const TXN_DIGEST_LENGTH = 12;

/** Transaction types by name. */
export const txnTypes = {
  error: -1,
  createSession: -10,
  closeSession: -11,
  create: 1,
  delete: 2,
  setData: 5,
  setAcl: 7,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  createContainer: 19,
  deleteContainer: 20,
  createTtl: 21,
} as const;

/** A transaction's body, with the type that its header carries. */
export type TxnBody =
  | ({ readonly type: typeof txnTypes.error } & ErrorTxn)
  | ({ readonly type: typeof txnTypes.createSession } & CreateSessionTxn)
  | ({ readonly type: typeof txnTypes.closeSession } & CloseSessionTxn)
  | ({ readonly type: typeof txnTypes.create | typeof txnTypes.create2 } & CreateTxn)
  | ({ readonly type: typeof txnTypes.createContainer } & CreateContainerTxn)
  | ({ readonly type: typeof txnTypes.createTtl } & CreateTtlTxn)
  | ({ readonly type: typeof txnTypes.delete | typeof txnTypes.deleteContainer } & DeleteTxn)
  | ({ readonly type: typeof txnTypes.setData | typeof txnTypes.reconfig } & SetDataTxn)
  | ({ readonly type: typeof txnTypes.setAcl } & SetAclTxn)
  | ({ readonly type: typeof txnTypes.check } & CheckVersionTxn)
  | { readonly type: typeof txnTypes.multi; readonly txns: readonly TxnBody[] };

/** One transaction, whole. */
export interface Txn {
  readonly header: TxnHeader;
  readonly body: TxnBody;
  /** `undefined` when the writer did not compute one. */
  readonly digest: TxnDigest | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: the body's type follows from the key
const bodies = new Map<number, RecordType<any>>([
  [txnTypes.error, ErrorTxn],
  [txnTypes.createSession, CreateSessionTxn],
  [txnTypes.create, CreateTxn],
  [txnTypes.create2, CreateTxn],
  [txnTypes.createContainer, CreateContainerTxn],
  [txnTypes.createTtl, CreateTtlTxn],
  [txnTypes.delete, DeleteTxn],
  [txnTypes.deleteContainer, DeleteTxn],
  [txnTypes.setData, SetDataTxn],
  [txnTypes.reconfig, SetDataTxn],
  [txnTypes.setAcl, SetAclTxn],
  [txnTypes.check, CheckVersionTxn],
]);

/** Writes a {@link TxnHeader} whose ids are given as halves, which spares two bigints. */
export function writeTxnHeader(
  to: Writer,
  clientHigh: number,
  clientLow: number,
  zxidHigh: number,
  zxidLow: number,
  header: TxnHeader,
): void {
  to.halves(clientHigh, clientLow);
  to.int(header.cxid);
  to.halves(zxidHigh, zxidLow);
  to.time(header.time);
  to.int(header.type);
}

/** Writes a body (not its header, not its digest). */
export function writeTxnBody(to: Writer, body: TxnBody): void {
  if (body.type === txnTypes.multi) {
    to.int(body.txns.length);
    for (const sub of body.txns) {
      to.int(sub.type);
      const lengthAt = to.position;
      to.int(0);
      writeTxnBody(to, sub);
      to.intAt(lengthAt, to.position - lengthAt - LENGTH_BYTES);
    }
  } else if (body.type === txnTypes.closeSession) {
    if (body.paths2Delete !== null) CloseSessionTxn.write(to, body);
  } else {
    bodies.get(body.type)!.write(to, body);
  }
}

/**
 * Reads the body of a transaction of `type` up to the cursor's end, leaving a digest (exactly 12
 * trailing bytes) unread. Accepts what older releases wrote: no close body, no parentCVersion.
 *
 * @throws MalformedError for an unknown type or bytes that do not fit
 */
export function readTxnBody(from: Reader, type: number): TxnBody {
  if (type === txnTypes.multi) return { type, txns: readSubTxns(from) };
  if (type === txnTypes.closeSession) {
    const left = from.remaining;
    if (left === 0 || left === TXN_DIGEST_LENGTH) return { type, paths2Delete: null };
    return { type, ...CloseSessionTxn.read(from) };
  }
  if (type === txnTypes.create || type === txnTypes.create2) return { type, ...readCreate(from) };
  const body = bodies.get(type);
  if (body === undefined) throw new MalformedError(`unsupported transaction type ${type}`);
  return { type, ...body.read(from) } as TxnBody;
}

/** The parts of a multi: each a type, and its body with a length before it. */
function readSubTxns(from: Reader): TxnBody[] {
  const count = from.count();
  if (count === -1) throw new MalformedError('a multi has no list of transactions');
  const { end } = from;
  const txns: TxnBody[] = [];
  for (let i = 0; i < count; i++) {
    const type = from.int();
    if (type === txnTypes.multi) throw new MalformedError('a multi stands inside another');
    const length = from.int();
    if (length < 0) throw new MalformedError('a sub-transaction has no body');
    const after = from.position + length;
    if (after > end) throw new MalformedError(`${length} bytes wanted, ${from.remaining} left`);
    from.end = after;
    txns.push(readTxnBody(from, type));
    from.position = after;
    from.end = end;
  }
  return txns;
}

/** Before 3.4 a create ended after `ephemeral`. */
function readCreate(from: Reader): CreateTxn {
  const path = from.string();
  const data = from.bufferOrNull();
  const acl = CreateTxn.fields.acl!.read(from) as CreateTxn['acl'];
  const ephemeral = from.boolean();
  const old = from.remaining === 0 || from.remaining === TXN_DIGEST_LENGTH;
  return { path, data, acl, ephemeral, parentCVersion: old ? -1 : from.int() };
}

/** When a transaction was made, from the bytes of all of it: wall-clock milliseconds. */
export function txnTimeOf(bytes: Uint8Array): number {
  const at = TIME_OFFSET;
  const high = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  const low =
    (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!;
  return numberOf(high, low);
}

/** The kind of a transaction, from the bytes of all of it; a row of {@link txnTypes}. */
export function txnTypeOf(bytes: Uint8Array): number {
  const at = TIME_OFFSET + 8;
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Reads a whole transaction: header, body and, when 12 bytes are left, the digest. */
export function readTxn(from: Reader): Txn {
  const header = TxnHeader.read(from);
  const body = readTxnBody(from, header.type);
  const digest = from.remaining === TXN_DIGEST_LENGTH ? TxnDigest.read(from) : undefined;
  return { header, body, digest };
}

/** Writes a whole transaction. */
export function writeTxn(to: Writer, txn: Txn): void {
  TxnHeader.write(to, txn.header);
  writeTxnBody(to, txn.body);
  if (txn.digest !== undefined) TxnDigest.write(to, txn.digest);
}
