import { Fifo } from '../base/fifo.js';
import type { Turn } from '../seam/turn.js';
import type { DiskFailure } from '../storage/disk.js';
import type { LogWriter } from '../storage/log-writer.js';
import type { Writer } from '../wire/writer.js';
import type { MetricsRegistry } from './metrics.js';
import type { PendingWrite } from './request.js';

export interface LedgerParts {
  readonly turn: Turn;
  /** Where writes are logged; another one after the history was cut or replaced. */
  readonly log: () => LogWriter;
  readonly metrics: MetricsRegistry;
  /** How long a flush may wait for more writes (`flushDelay`), 0 for as long as makes sense. */
  readonly flushDelayMs: number;
  /** Writes that one flush may cover (`maxBatchSize`); 0: no limit. */
  readonly maxBatch: number;
  /** Told of each write with the bytes of its transaction, which are valid for the call. */
  readonly appended?: (write: PendingWrite, bytes: Uint8Array) => void;
  /** Applies a write that is durable and committed, and answers it. */
  readonly apply: (write: PendingWrite) => void;
  /** All writes up to this number are durable; who may commit them says so by `commitTo`. */
  readonly durable: (upTo: number) => void;
  /** Nothing is outstanding any more. */
  readonly drained: () => void;
  /** The log cannot be written any more. */
  readonly failed: (failure: DiskFailure) => void;
}

/** However long flushes take, none waits longer than this for more writes. */
const MOST_GATHERING_MS = 0.5;

interface Flush {
  readonly id: number;
  /** Number of the last write it makes durable. */
  readonly upTo: number;
  readonly startedAt: number;
}

/**
 * Writes on their way from the log to the tree, numbered from 1 in their order. One is applied when
 * it is durable here and committed: what the tree shows can always be read from the own log again.
 * For a server that stands alone durable means committed.
 *
 * One flush covers all that was appended while the one before it was under way. Whoever was
 * answered by that is likely to write again at once. So a flush of fewer writes than the last one
 * waits for them a little, at most as long as that took: else the first to come back would have a
 * flush of its own, and all others would wait for two.
 */
export class Ledger {
  readonly #parts: LedgerParts;
  /** Appended and not applied, in order; the first one has the number `#applied + 1`. */
  readonly #writes = new Fifo<PendingWrite>();
  #appended = 0;
  #durable = 0;
  #committed = 0;
  #applied = 0;
  readonly #flushes: Flush[] = [];
  #oldestUnflushedAt = 0;
  #lastFlush = { writes: 0, tookMs: 0, endedAt: 0 };
  #isBroken = false;
  /** What waits until a write is applied, in the order of the numbers. */
  readonly #waiting: { readonly number: number; readonly run: () => void }[] = [];

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  /** Number of the last write appended. */
  get appended(): number {
    return this.#appended;
  }

  /** Number of the last write that is durable. */
  get durable(): number {
    return this.#durable;
  }

  /** Number of the last write applied. */
  get applied(): number {
    return this.#applied;
  }

  /** Writes appended and not applied. */
  get size(): number {
    return this.#appended - this.#applied;
  }

  /** True when nothing is on its way to the tree. */
  get isIdle(): boolean {
    return this.size === 0;
  }

  /** The log cannot be written any more. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** When a flush that waits for company must begin. */
  get wakeAt(): number {
    const { flushDelayMs } = this.#parts;
    const { pending } = this.#parts.log();
    if (this.#flushes.length > 0 || pending === 0) return Number.POSITIVE_INFINITY;
    if (flushDelayMs > 0) return this.#oldestUnflushedAt + flushDelayMs;
    const { writes, tookMs, endedAt } = this.#lastFlush;
    if (pending >= writes) return this.#oldestUnflushedAt;
    return Math.max(this.#oldestUnflushedAt, endedAt) + Math.min(tookMs, MOST_GATHERING_MS);
  }

  /** Begins a write: its transaction goes into the writer returned, then {@link end} it. */
  begin(zxidHigh: number, zxidLow: number): Writer {
    const { turn } = this.#parts;
    const log = this.#parts.log();
    if (log.pending === 0) this.#oldestUnflushedAt = turn.now;
    return log.begin(zxidHigh, zxidLow);
  }

  /** The transaction of the write is in the log's buffer. */
  end(write: PendingWrite): void {
    const { maxBatch } = this.#parts;
    const log = this.#parts.log();
    log.end();
    this.#writes.push(write);
    this.#appended++;
    this.#parts.appended?.(write, log.last);
    if (maxBatch > 0 && log.pending >= maxBatch) this.flush();
  }

  /** Writes up to this number are decided; they are applied by {@link advance}. */
  commitTo(number: number): void {
    if (number > this.#committed) this.#committed = number;
  }

  /** Calls back when everything is applied that is committed by now. */
  whenCaughtUp(run: () => void): void {
    if (this.#applied >= this.#committed) run();
    else this.#waiting.push({ number: this.#committed, run });
  }

  /** The end of a step: flushes what was appended, unless a flush is under way. */
  endStep(): void {
    if (this.#flushes.length > 0 || this.#parts.log().pending === 0) return;
    if (this.#parts.turn.now < this.wakeAt) return;
    this.flush();
  }

  /** Flushes what was appended, now. */
  flush(): void {
    const { turn, metrics } = this.#parts;
    const log = this.#parts.log();
    if (log.pending === 0) return;
    metrics.syncBatchSize.add(log.pending);
    const id = turn.askDisk('log', log.takeFlush());
    this.#flushes.push({ id, upTo: this.#appended, startedAt: turn.now });
  }

  /** The answer of a flush. Returns how long it took, or `undefined` when it was none of ours. */
  flushed(id: number, failure: DiskFailure | undefined): number | undefined {
    const flush = this.#flushes[0];
    if (flush === undefined || flush.id !== id) return undefined;
    this.#flushes.shift();
    if (failure !== undefined) {
      this.#isBroken = true;
      this.#parts.failed(failure);
      return undefined;
    }
    const { turn } = this.#parts;
    turn.durable = id;
    const writes = flush.upTo - this.#durable;
    this.#durable = flush.upTo;
    this.#parts.durable(flush.upTo);
    this.advance();
    const tookMs = turn.now - flush.startedAt;
    this.#lastFlush = { writes, tookMs, endedAt: turn.now };
    return tookMs;
  }

  /** Writes that are not applied yet, oldest first, for whoever must not wait for them. */
  takeRest(): readonly PendingWrite[] {
    this.#applied = this.#appended;
    return this.#writes.take();
  }

  /** Applies whatever is decided and durable. */
  advance(): void {
    const upTo = Math.min(this.#durable, this.#committed);
    let left = upTo - this.#applied;
    if (left <= 0) return;
    /* A write that is applied may let others in: they go behind these. */
    for (; left > 0; left--) this.#parts.apply(this.#writes.shift()!);
    this.#applied = upTo;
    if (this.isIdle) this.#parts.drained();
    while (this.#waiting.length > 0 && this.#waiting[0]!.number <= upTo) {
      this.#waiting.shift()!.run();
    }
  }
}
