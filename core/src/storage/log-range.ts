import { assert } from '../base/assert.js';
import { compareLongs, hexLong, longOf } from '../base/long.js';
import type { DiskReader } from './disk.js';
import { CURSOR_BYTES, isLogProblem, LogCursor, LogGapError, readable } from './log-cursor.js';

/** What a call of {@link LogRange.next} came to. */
export type LogRangeStep =
  /** A transaction: its zxid and bytes are there to be read. */
  | 'txn'
  /** Nothing yet: call again. */
  | 'more'
  /** All up to the end of the range were read. */
  | 'end'
  /** The range cannot be read to its end; {@link LogRange.problem} says why. */
  | 'broken';

/**
 * The transactions after a zxid that stand in the logs of a running server, oldest first, to be
 * sent to one that lacks them. Each call reads a bounded number of bytes, at once.
 *
 * What it hands out is proven to be all that there is (`log-cursor.ts`); what cannot be proven or
 * read ends it with a problem, also after some transactions were handed out.
 */
export class LogRange {
  readonly #disk: DiskReader;
  readonly #afterHigh: number;
  readonly #afterLow: number;
  #untilHigh: number;
  #untilLow: number;
  #cursor: LogCursor | undefined;
  /** Whether the transaction that the cursor has come to was not handed out yet. */
  #isPending = false;
  #state: 'seeking' | 'ready' | 'broken' = 'seeking';
  #problem: string | undefined;
  #isThere = false;
  #hasPrevious = false;
  #previousHigh = 0;
  #previousLow = 0;
  #totalBytes = 0;

  /**
   * @param afterHigh with `afterLow`: the zxid that the range begins after
   * @param untilHigh with `untilLow`: the last one in it, a later one that is durable in the log
   */
  constructor(
    disk: DiskReader,
    afterHigh: number,
    afterLow: number,
    untilHigh: number,
    untilLow: number,
  ) {
    assert(compareLongs(afterHigh, afterLow, untilHigh, untilLow) < 0, 'a range is not empty');
    this.#disk = readable(disk);
    this.#afterHigh = afterHigh;
    this.#afterLow = afterLow;
    this.#untilHigh = untilHigh;
    this.#untilLow = untilLow;
  }

  /** Whether {@link seek} has come to an end: the range can be read, or has a problem. */
  get settled(): boolean {
    return this.#state !== 'seeking';
  }

  /** Why the range cannot be read; `undefined` as long as it can. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Whether the history that the logs hold has come by the zxid that the range begins after: the
   * range is then all that a server at that zxid lacks.
   */
  get isThere(): boolean {
    return this.#isThere;
  }

  /** Whether a transaction before that zxid was seen. */
  get hasPrevious(): boolean {
    return this.#hasPrevious;
  }

  /** The last one before it. */
  get previousHigh(): number {
    return this.#previousHigh;
  }

  get previousLow(): number {
    return this.#previousLow;
  }

  /** Bytes of log that the range takes, or somewhat more; known when it is {@link settled}. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** Of the transaction that {@link next} has come to. */
  get zxidHigh(): number {
    return this.#cursor?.zxidHigh ?? 0;
  }

  get zxidLow(): number {
    return this.#cursor?.zxidLow ?? 0;
  }

  /** Its header, body and digest; valid until the next call. */
  get bytes(): Uint8Array {
    assert(this.#cursor !== undefined, 'a transaction was read');
    return this.#cursor.bytes;
  }

  /** Looks for the beginning, for a bounded number of bytes; to be called until {@link settled}. */
  seek(): void {
    assert(this.#state === 'seeking', 'the beginning was not found yet');
    this.#guarded(() => {
      this.#cursor ??= new LogCursor(this.#disk, longOf(this.#afterHigh, this.#afterLow));
      const { log, end } = this.#cursor;
      while (this.#state === 'seeking') {
        if (this.#advance()) this.#compare(this.#cursor);
        if (this.#cursor.log !== log || this.#cursor.end - end > CURSOR_BYTES) return;
      }
    });
  }

  /** Makes the range longer, up to another transaction that is durable in the log. */
  extend(untilHigh: number, untilLow: number): void {
    assert(
      compareLongs(untilHigh, untilLow, this.#untilHigh, this.#untilLow) >= 0,
      'a range only grows',
    );
    this.#untilHigh = untilHigh;
    this.#untilLow = untilLow;
  }

  /** Goes to the next transaction, once the range is {@link settled}. */
  next(): LogRangeStep {
    assert(this.#state !== 'seeking', 'the beginning was found');
    if (this.#state === 'broken') return 'broken';
    if (this.#isPending) {
      this.#isPending = false;
      return 'txn';
    }
    if (compareLongs(this.zxidHigh, this.zxidLow, this.#untilHigh, this.#untilLow) === 0) {
      return 'end';
    }
    const hasRead = this.#guarded(() => this.#advance());
    return hasRead === undefined ? 'broken' : hasRead ? 'txn' : 'more';
  }

  #advance(): boolean {
    const cursor = this.#cursor!;
    if (!cursor.advance()) return false;
    if (compareLongs(cursor.zxidHigh, cursor.zxidLow, this.#untilHigh, this.#untilLow) <= 0) {
      return true;
    }
    const until = hexLong(longOf(this.#untilHigh, this.#untilLow));
    throw new LogGapError(`${cursor.log.file} goes on without ${until}`);
  }

  /** Looks at the transaction that the search has come to. */
  #compare(cursor: LogCursor): void {
    const { zxidHigh, zxidLow } = cursor;
    const order = compareLongs(zxidHigh, zxidLow, this.#afterHigh, this.#afterLow);
    if (order < 0) {
      this.#hasPrevious = true;
      this.#previousHigh = zxidHigh;
      this.#previousLow = zxidLow;
      return;
    }
    this.#isThere = order === 0 || this.#isBoundary(cursor);
    if (!this.#isThere && !this.#hasPrevious) {
      const after = hexLong(longOf(this.#afterHigh, this.#afterLow));
      throw new LogGapError(`${cursor.log.file}: nothing shows how it goes on after ${after}`);
    }
    this.#isPending = order > 0;
    const until = longOf(this.#untilHigh, this.#untilLow);
    this.#totalBytes = cursor.bytesTo(until, order > 0 ? cursor.recordAt : cursor.end);
    this.#state = 'ready';
  }

  /** Whether the transaction read is the very one after the beginning, which no log holds. */
  #isBoundary({ zxidHigh, zxidLow, previous }: LogCursor): boolean {
    const isNumbered = zxidHigh === this.#afterHigh && zxidLow >>> 0 === (this.#afterLow >>> 0) + 1;
    return isNumbered || previous === longOf(this.#afterHigh, this.#afterLow);
  }

  #guarded<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      if (!isLogProblem(error)) throw error;
      this.#problem = error.message;
      this.#state = 'broken';
      return undefined;
    }
  }
}
