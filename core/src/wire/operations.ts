/**
 * The operations a client may send: one row answers every question about an opcode. Adding an
 * operation means adding a row here and a handler where the compiler then asks for one.
 */
import * as r from './records.js';
import type { JuteType, TypeOf } from './types.js';

interface OperationRow {
  readonly code: number;
  /**
   * `read`: answered from local state. `write`: becomes a transaction. `session`: about the
   * connection or session itself. `internal`: never accepted from a client.
   */
  readonly kind: 'read' | 'write' | 'session' | 'internal';
  /** Body of the request; `null` when `multi.ts` reads it, because it is not one record. */
  readonly request: JuteType<unknown> | null;
  /** Body of a successful reply. */
  readonly response: JuteType<unknown> | null;
  /** Release of ZooKeeper that first had it. */
  readonly since: string;
  /** Four letters that `stat` and `cons` print for it as a connection's last operation. */
  readonly tag: string;
}

type AnyType = JuteType<unknown> | null;

const row = <Req extends AnyType, Res extends AnyType, K extends OperationRow['kind']>(
  code: number,
  kind: K,
  tag: string,
  since: string,
  request: Req,
  response: Res,
) => ({ code, kind, tag, since, request, response });

export const operations = {
  create: row(1, 'write', 'CREA', '3.0', r.CreateRequest, r.PathResponse),
  delete: row(2, 'write', 'DELE', '3.0', r.DeleteRequest, r.Empty),
  exists: row(3, 'read', 'EXIS', '3.0', r.ReadRequest, r.StatResponse),
  getData: row(4, 'read', 'GETD', '3.0', r.ReadRequest, r.GetDataResponse),
  setData: row(5, 'write', 'SETD', '3.0', r.SetDataRequest, r.StatResponse),
  getAcl: row(6, 'read', 'GETA', '3.0', r.PathRequest, r.GetAclResponse),
  setAcl: row(7, 'write', 'SETA', '3.0', r.SetAclRequest, r.StatResponse),
  getChildren: row(8, 'read', 'GETC', '3.0', r.ReadRequest, r.GetChildrenResponse),
  sync: row(9, 'read', 'SYNC', '3.0', r.PathRequest, r.PathResponse),
  ping: row(11, 'session', 'PING', '3.0', r.Empty, r.Empty),
  getChildren2: row(12, 'read', 'GETC', '3.1', r.ReadRequest, r.GetChildren2Response),
  /** Only inside a multi; alone it is refused. */
  check: row(13, 'internal', 'CHEC', '3.4', r.CheckVersionRequest, r.Empty),
  multi: row(14, 'write', 'MULT', '3.4', null, null),
  create2: row(15, 'write', 'CREA', '3.5', r.CreateRequest, r.Create2Response),
  reconfig: row(16, 'write', 'RECO', '3.5', r.ReconfigRequest, r.GetDataResponse),
  checkWatches: row(17, 'read', 'CHKW', '3.5', r.WatchesRequest, r.Empty),
  removeWatches: row(18, 'read', 'REMW', '3.5', r.WatchesRequest, r.Empty),
  createContainer: row(19, 'write', 'CREA', '3.5', r.CreateRequest, r.Create2Response),
  /** Sent by the leader to itself when a container or TTL node may go. */
  deleteContainer: row(20, 'internal', 'DELE', '3.5', r.PathRequest, r.Empty),
  createTtl: row(21, 'write', 'CREA', '3.5', r.CreateTtlRequest, r.Create2Response),
  multiRead: row(22, 'read', 'MLTR', '3.6', null, null),
  auth: row(100, 'session', 'NA', '3.0', r.AuthPacket, r.Empty),
  setWatches: row(101, 'read', 'SETW', '3.0', r.SetWatches, r.Empty),
  sasl: row(102, 'session', 'NA', '3.4', r.SaslToken, r.SaslToken),
  getEphemerals: row(103, 'read', 'GETE', '3.6', r.GetEphemeralsRequest, r.GetEphemeralsResponse),
  getAllChildrenNumber: row(
    104,
    'read',
    'GETACN',
    '3.6',
    r.PathRequest,
    r.GetAllChildrenNumberResponse,
  ),
  setWatches2: row(105, 'read', 'STW2', '3.6', r.SetWatches2, r.Empty),
  addWatch: row(106, 'read', 'ADDW', '3.6', r.AddWatchRequest, r.ErrorResponse),
  whoAmI: row(107, 'read', 'HOMI', '3.7', r.Empty, r.WhoAmIResponse),
  /** The transaction of a connect request; clients never send it. */
  createSession: row(-10, 'internal', 'SESS', '3.0', r.Empty, r.Empty),
  closeSession: row(-11, 'write', 'CLOS', '3.0', r.Empty, r.Empty),
} as const satisfies Record<string, OperationRow>;

export type OperationName = keyof typeof operations;

type NamesOfKind<K> = {
  [N in OperationName]: (typeof operations)[N]['kind'] extends K ? N : never;
}[OperationName];
export type ReadName = NamesOfKind<'read'>;
export type WriteName = NamesOfKind<'write'>;

/** The request body of an operation. */
export type RequestOf<N extends OperationName> = TypeOf<(typeof operations)[N]['request']>;
/** The body of an operation's successful reply. */
export type ResponseOf<N extends OperationName> = TypeOf<(typeof operations)[N]['response']>;

/** Opcodes by name: `opcodes.getData === 4`. */
export const opcodes = Object.fromEntries(
  Object.entries(operations).map(([name, { code }]) => [name, code]),
) as { readonly [N in OperationName]: number };

const byCode = new Map<number, OperationName>(
  Object.entries(operations).map(([name, { code }]) => [code, name as OperationName]),
);

/** Name of the operation with an opcode, or `undefined`. */
export function operationOf(code: number): OperationName | undefined {
  return byCode.get(code);
}

/** Xids with a meaning of their own; ordinary requests count from 1. */
export const specialXids = {
  /** A watch event, server to client. */
  notification: -1,
  ping: -2,
  auth: -4,
  setWatches: -8,
} as const;
