import { codes } from '../base/errors.js';
import type { SessionId } from '../base/ids.js';
import { highOf, longOf, lowOf } from '../base/long.js';
import type { Turn } from '../seam/turn.js';
import { DIGEST_VERSION } from '../tree/digest.js';
import type { OperationName } from '../wire/operations.js';
import { MalformedError, Reader } from '../wire/reader.js';
import type { Id } from '../wire/records.js';
import { type Txn, txnTypes, writeTxnBody, writeTxnHeader } from '../wire/txns.js';
import type { Ledger } from './ledger.js';
import type { Outstanding } from './outstanding.js';
import type { Preparation, Prepared, WriteOrigin } from './preparation.js';
import type { WaitingRequest } from './request.js';
import type { Session, SessionOwner } from './sessions.js';

/** What is to be written, and for whom. */
export interface Proposal {
  readonly operation: OperationName;
  readonly session: Session | undefined;
  readonly identities: readonly Id[];
  /** Whom to answer; `undefined` for own writes and those of other servers' clients. */
  readonly request: WaitingRequest | undefined;
  readonly largeBytes: number;
  /** For a request that another server has forwarded. */
  readonly from?: {
    readonly session: SessionId;
    readonly cxid: number;
    readonly via: SessionOwner;
  };
}

export interface PipelineParts {
  readonly turn: Turn;
  readonly preparation: Preparation;
  readonly outstanding: Outstanding;
  readonly ledger: Ledger;
}

type Prepare = (p: Preparation, origin: WriteOrigin, from: Reader) => Prepared | undefined;

const NO_BODY = new Reader(new Uint8Array(0));

/**
 * Where requests become transactions: checked at once against everything accepted before, given the
 * next zxid, put into the log. Only the server that decides has one: the leader, or one that stands
 * alone.
 */
export class Pipeline {
  readonly #parts: PipelineParts;
  readonly #digests: boolean;
  #zxid: bigint;
  #zxidHigh: number;
  #zxidLow: number;
  #isClosed = false;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    const { config, database } = parts.preparation;
    this.#digests = config.digestEnabled;
    this.#zxidHigh = database.lastZxidHigh;
    this.#zxidLow = database.lastZxidLow;
    this.#zxid = longOf(this.#zxidHigh, this.#zxidLow);
  }

  /** Begins a new epoch: the next write is the first of it. */
  beginEpoch(epoch: number): void {
    this.#zxidHigh = epoch;
    this.#zxidLow = 0;
    this.#zxid = longOf(epoch, 0);
  }

  /** Takes nothing more in. */
  close(): void {
    this.#isClosed = true;
  }

  /** The last zxid given. */
  get zxidHigh(): number {
    return this.#zxidHigh;
  }

  get zxidLow(): number {
    return this.#zxidLow;
  }

  /**
   * Takes a write in. A failed check is logged as well and takes a zxid: the order of writes has no
   * gaps.
   *
   * @param prepare checks the write and records what it changes; `undefined` gives it up
   * @param from the body of the request, for `prepare`
   */
  propose(proposal: Proposal, prepare: Prepare, from: Reader = NO_BODY): void {
    const { turn, outstanding, ledger } = this.#parts;
    if (ledger.isBroken || this.#isClosed) return;
    const zxidLow = (this.#zxidLow + 1) | 0;
    const zxidHigh = zxidLow === 0 ? (this.#zxidHigh + 1) | 0 : this.#zxidHigh;
    const { session, identities, request, from: other } = proposal;
    const via = other?.via;
    const origin = { session, identities, via, zxidHigh, zxidLow, timeMs: turn.wall };
    const number = outstanding.begin();
    const prepared = this.#check(prepare, origin, from);
    if (prepared === undefined) return;
    this.#zxidHigh = zxidHigh;
    this.#zxidLow = zxidLow;
    this.#zxid += 1n;
    const body = typeof prepared === 'number' ? { type: txnTypes.error, err: prepared } : prepared;
    const header = {
      clientId: session?.id ?? other?.session ?? 0n,
      cxid: request?.xid ?? other?.cxid ?? 0,
      zxid: this.#zxid,
      time: turn.wall,
      type: body.type,
    };
    const txn: Txn = { header, body, digest: undefined };
    this.#write(txn, session, zxidHigh, zxidLow);
    if (session !== undefined) session.unapplied++;
    ledger.end({
      txn,
      zxidHigh,
      zxidLow,
      number,
      records: outstanding.taken(),
      request,
      operation: proposal.operation,
      session,
      via,
      largeBytes: proposal.largeBytes,
      digestHigh: outstanding.digestHigh,
      digestLow: outstanding.digestLow,
      hasDigest: this.#digests,
      bytes: undefined,
    });
  }

  #check(prepare: Prepare, origin: WriteOrigin, from: Reader): Prepared | undefined {
    try {
      return prepare(this.#parts.preparation, origin, from);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      return codes.MARSHALLING_ERROR;
    }
  }

  #write(
    { header, body }: Txn,
    session: Session | undefined,
    zxidHigh: number,
    zxidLow: number,
  ): void {
    const { ledger, outstanding } = this.#parts;
    const to = ledger.begin(zxidHigh, zxidLow);
    const idHigh = session?.idHigh ?? highOf(header.clientId);
    writeTxnHeader(to, idHigh, session?.idLow ?? lowOf(header.clientId), zxidHigh, zxidLow, header);
    writeTxnBody(to, body);
    if (!this.#digests) return;
    to.int(DIGEST_VERSION);
    to.halves(outstanding.digestHigh, outstanding.digestLow);
  }
}
