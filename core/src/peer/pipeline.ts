import { codes } from '../base/errors.js';
import { longOf } from '../base/long.js';
import type { Turn } from '../seam/turn.js';
import type { DiskFailure } from '../storage/disk.js';
import type { LogWriter } from '../storage/log-writer.js';
import { DIGEST_VERSION } from '../tree/digest.js';
import type { OperationName } from '../wire/operations.js';
import { MalformedError, Reader } from '../wire/reader.js';
import type { Id } from '../wire/records.js';
import { type Txn, txnTypes, writeTxnBody, writeTxnHeader } from '../wire/txns.js';
import type { MetricsRegistry } from './metrics.js';
import type { Outstanding } from './outstanding.js';
import type { Preparation, Prepared, WriteOrigin } from './preparation.js';
import type { PendingWrite, WaitingRequest } from './request.js';
import type { Session } from './sessions.js';

/** What is to be written, and for whom. */
export interface Proposal {
  readonly operation: OperationName;
  readonly session: Session | undefined;
  readonly identities: readonly Id[];
  /** Whom to answer; `undefined` for the server's own writes. */
  readonly request: WaitingRequest | undefined;
  readonly largeBytes: number;
}

export interface PipelineParts {
  readonly turn: Turn;
  readonly preparation: Preparation;
  readonly outstanding: Outstanding;
  readonly log: LogWriter;
  readonly metrics: MetricsRegistry;
  /** Applies a write whose transaction is durable, and answers it. */
  readonly apply: (write: PendingWrite) => void;
  /** All writes of a session that were accepted are applied. */
  readonly settled: (session: Session) => void;
  /** The log cannot be written any more. */
  readonly failed: (failure: DiskFailure) => void;
}

/** However long flushes take, none waits longer than this for more writes. */
const MOST_GATHERING_MS = 0.5;

type Prepare = (p: Preparation, origin: WriteOrigin, from: Reader) => Prepared | undefined;

const NO_BODY = new Reader(new Uint8Array(0));

interface Flush {
  readonly id: number;
  /** Number of the last write it makes durable. */
  readonly upTo: number;
  readonly startedAt: number;
}

/**
 * The way of a write: checked at once against everything accepted before it, given the next zxid,
 * put into the log; applied and answered when the log is durable.
 *
 * One flush covers all that was accepted while the one before it was under way. Whoever was
 * answered by that is likely to write again at once. So a flush of fewer writes than the last one
 * waits for them a little, at most as long as that took: else the first to come back would have a
 * flush of its own, and all others would wait for two.
 */
export class Pipeline {
  readonly #parts: PipelineParts;
  readonly #digests: boolean;
  readonly #flushDelayMs: number;
  readonly #maxBatch: number;
  #zxid: bigint;
  #zxidHigh: number;
  #zxidLow: number;
  /** Accepted and not applied, in order; the first one has the number `#applied + 1`. */
  readonly #writes: PendingWrite[] = [];
  #applied = 0;
  #accepted = 0;
  readonly #flushes: Flush[] = [];
  #oldestUnflushedAt = 0;
  #lastFlush = { writes: 0, tookMs: 0, endedAt: 0 };
  #broken = false;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    const { config, database } = parts.preparation;
    this.#digests = config.digestEnabled;
    this.#flushDelayMs = config.flushDelay;
    this.#maxBatch = config.maxBatchSize;
    this.#zxidHigh = database.lastZxidHigh;
    this.#zxidLow = database.lastZxidLow;
    this.#zxid = longOf(this.#zxidHigh, this.#zxidLow);
  }

  /** Writes accepted and not applied. */
  get size(): number {
    return this.#accepted - this.#applied;
  }

  /** True when nothing is on its way to the disk. */
  get isIdle(): boolean {
    return this.size === 0;
  }

  /** When a flush that waits for company must begin. */
  get wakeAt(): number {
    const { pending } = this.#parts.log;
    if (this.#flushes.length > 0 || pending === 0) return Number.POSITIVE_INFINITY;
    if (this.#flushDelayMs > 0) return this.#oldestUnflushedAt + this.#flushDelayMs;
    const { writes, tookMs, endedAt } = this.#lastFlush;
    if (pending >= writes) return this.#oldestUnflushedAt;
    return Math.max(this.#oldestUnflushedAt, endedAt) + Math.min(tookMs, MOST_GATHERING_MS);
  }

  /**
   * Takes a write in. A failed check is logged as well and takes a zxid: the order of writes has no
   * gaps.
   *
   * @param prepare checks the write and records what it changes; `undefined` gives it up
   * @param from the body of the request, for `prepare`
   */
  propose(proposal: Proposal, prepare: Prepare, from: Reader = NO_BODY): void {
    if (this.#broken) return;
    const { turn, outstanding } = this.#parts;
    const zxidLow = (this.#zxidLow + 1) | 0;
    const zxidHigh = zxidLow === 0 ? (this.#zxidHigh + 1) | 0 : this.#zxidHigh;
    const { session, identities } = proposal;
    const origin = { session, identities, zxidHigh, zxidLow, timeMs: turn.wall };
    const number = outstanding.begin();
    const prepared = this.#check(prepare, origin, from);
    if (prepared === undefined) return;
    this.#zxidHigh = zxidHigh;
    this.#zxidLow = zxidLow;
    this.#zxid += 1n;
    const body = typeof prepared === 'number' ? { type: txnTypes.error, err: prepared } : prepared;
    const header = {
      clientId: session?.id ?? 0n,
      cxid: proposal.request?.xid ?? 0,
      zxid: this.#zxid,
      time: turn.wall,
      type: body.type,
    };
    const txn: Txn = { header, body, digest: undefined };
    this.#append(txn, session, zxidHigh, zxidLow);
    this.#writes.push({
      txn,
      zxidHigh,
      zxidLow,
      number,
      records: outstanding.taken(),
      request: proposal.request,
      operation: proposal.operation,
      session,
      largeBytes: proposal.largeBytes,
      digestHigh: outstanding.digestHigh,
      digestLow: outstanding.digestLow,
    });
    this.#accepted++;
    if (session !== undefined) session.unapplied++;
    if (this.#maxBatch > 0 && this.#parts.log.pending >= this.#maxBatch) this.#flush();
  }

  /** The end of a step: flushes what was accepted, unless a flush is under way. */
  endStep(): void {
    if (this.#flushes.length > 0 || this.#parts.log.pending === 0) return;
    if (this.#parts.turn.now < this.wakeAt) return;
    this.#flush();
  }

  /** The answer of a flush. Returns how long it took, or `undefined` when it was none of ours. */
  flushed(id: number, failure: DiskFailure | undefined): number | undefined {
    const flush = this.#flushes[0];
    if (flush === undefined || flush.id !== id) return undefined;
    this.#flushes.shift();
    if (failure !== undefined) {
      this.#broken = true;
      this.#parts.failed(failure);
      return undefined;
    }
    const { turn } = this.#parts;
    turn.durable = id;
    const count = flush.upTo - this.#applied;
    for (let i = 0; i < count; i++) this.#apply(this.#writes[i]!);
    this.#writes.splice(0, count);
    this.#applied = flush.upTo;
    if (this.isIdle && this.#digests) this.#parts.outstanding.alignDigest();
    const tookMs = turn.now - flush.startedAt;
    this.#lastFlush = { writes: count, tookMs, endedAt: turn.now };
    return tookMs;
  }

  #apply(write: PendingWrite): void {
    this.#parts.apply(write);
    const { session } = write;
    if (session !== undefined && --session.unapplied === 0) this.#parts.settled(session);
  }

  #check(prepare: Prepare, origin: WriteOrigin, from: Reader): Prepared | undefined {
    try {
      return prepare(this.#parts.preparation, origin, from);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      return codes.MARSHALLING_ERROR;
    }
  }

  #append(
    { header, body }: Txn,
    session: Session | undefined,
    zxidHigh: number,
    zxidLow: number,
  ): void {
    const { log, outstanding, turn } = this.#parts;
    if (log.pending === 0) this.#oldestUnflushedAt = turn.now;
    const to = log.begin(zxidHigh, zxidLow);
    writeTxnHeader(to, session?.idHigh ?? 0, session?.idLow ?? 0, zxidHigh, zxidLow, header);
    writeTxnBody(to, body);
    if (this.#digests) {
      to.int(DIGEST_VERSION);
      to.halves(outstanding.digestHigh, outstanding.digestLow);
    }
    log.end();
  }

  #flush(): void {
    const { log, turn, metrics } = this.#parts;
    metrics.syncBatchSize.add(log.pending);
    const id = turn.askDisk('log', log.takeFlush());
    this.#flushes.push({ id, upTo: this.#accepted, startedAt: turn.now });
  }
}
