import { assert } from '../base/assert.js';
import type { CommittedTxn } from '../storage/committed-log.js';
import type { LogRange, LogRangeStep } from '../storage/log-range.js';

/**
 * The decided transactions that a learner lacks, one after the other: first from the logs on disk,
 * if they begin there, then those in memory. What is in memory is held until it was handed out.
 */
export class SyncFeed {
  readonly #log: LogRange | undefined;
  readonly #committed: readonly CommittedTxn[];
  #isInLog: boolean;
  #at = -1;

  /**
   * @param log up to the oldest transaction in memory, it included; `undefined` when none is read
   * @param committed those after it, or after the end of the learner's history
   */
  constructor(log: LogRange | undefined, committed: readonly CommittedTxn[]) {
    this.#log = log;
    this.#committed = committed;
    this.#isInLog = log !== undefined;
  }

  /** Why the feed is broken. */
  get problem(): string | undefined {
    return this.#log?.problem;
  }

  /** Of the transaction that {@link next} has come to. */
  get zxidHigh(): number {
    return this.#isInLog ? this.#log!.zxidHigh : this.#txn.zxidHigh;
  }

  get zxidLow(): number {
    return this.#isInLog ? this.#log!.zxidLow : this.#txn.zxidLow;
  }

  /** Its header, body and digest; valid until the next call. */
  get bytes(): Uint8Array {
    return this.#isInLog ? this.#log!.bytes : this.#txn.bytes;
  }

  /** Goes to the next transaction, for a bounded number of bytes of the disk. */
  next(): LogRangeStep {
    if (this.#isInLog) {
      const step = this.#log!.next();
      if (step !== 'end') return step;
      this.#isInLog = false;
    }
    this.#at++;
    return this.#at < this.#committed.length ? 'txn' : 'end';
  }

  get #txn(): CommittedTxn {
    const txn = this.#committed[this.#at];
    assert(txn !== undefined, 'the feed has come to a transaction');
    return txn;
  }
}
