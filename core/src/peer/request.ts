import type { Millis } from '../base/ids.js';
import type { OperationName } from '../wire/operations.js';
import type { Id } from '../wire/records.js';
import type { Txn } from '../wire/txns.js';
import type { ChangeRecord } from './change-record.js';
import type { Connection } from './connection.js';
import type { Session, SessionOwner } from './sessions.js';

/** A request of a connection that cannot be answered yet. */
export interface WaitingRequest {
  readonly connection: Connection;
  /** `undefined` for an opcode that nobody knows. */
  readonly operation: OperationName | undefined;
  readonly xid: number;
  readonly receivedAt: Millis;
  /** Who asked; what the connection proves later does not count. */
  readonly identities: readonly Id[];
  /**
   * What is served when its turn comes: the request's frame, for whatever is no write. `undefined`
   * for a write, which is answered when its transaction is applied.
   */
  readonly frame: Uint8Array | undefined;
  /** Body of a write, kept for the audit log; `undefined` where there is none. */
  readonly audited: Uint8Array | undefined;
  /** A sync that may not be served yet, though it has a frame. */
  isGated?: boolean;
}

/** A write whose transaction is in the log, not yet known to be durable or not yet decided. */
export interface PendingWrite {
  txn: Txn;
  /** Halves of its zxid. */
  readonly zxidHigh: number;
  readonly zxidLow: number;
  /** Its number among the outstanding ones. */
  readonly number: number;
  /** What it changes, to be forgotten once the tree holds it. */
  readonly records: readonly ChangeRecord[];
  /** Whom to answer; `undefined` for the server's own writes. */
  request: WaitingRequest | undefined;
  operation: OperationName;
  /** Whose request it is, where that session is known here. */
  session: Session | undefined;
  /** The learner that has forwarded it, at the leader. */
  readonly via: SessionOwner;
  /** Bytes of the request that count as a large one in flight; usually 0. */
  readonly largeBytes: number;
  /** The tree digest expected after it. */
  readonly digestHigh: number;
  readonly digestLow: number;
  /** Whether there is such a digest: whoever wrote the transaction may have kept none. */
  hasDigest: boolean;
  /** Its transaction as the log has it, where others may want it; valid for good. */
  bytes: Uint8Array | undefined;
}
