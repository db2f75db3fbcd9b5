import { compareLongs } from '../base/long.js';
import { txnTypes } from '../wire/txns.js';
import { ADLER_START, adler32 } from './adler32.js';
import { TXN_HEADER_BYTES } from './log-format.js';
import type { LogReader } from './log-reader.js';

/** Transactions of one epoch whose numbers follow each other. */
interface Run {
  readonly high: number;
  readonly firstLow: number;
  readonly marks: number[];
}

/**
 * The transactions that were read of logs of Apache ZooKeeper, to know them when they come again.
 *
 * A follower of 3.8, and of 3.9 before 3.9.3, that gives up being brought up to date and begins
 * anew logs once more what it gets again. What it got first may still be on its way to the same
 * file, so that both are mixed there (ZOOKEEPER-4394, 4712).
 */
export class ReadBefore {
  readonly #runs: Run[] = [];

  /** @param mark takes about eight bytes of memory */
  add(high: number, low: number, mark: number): void {
    const last = this.#runs.at(-1);
    if (last?.high === high && last.firstLow + last.marks.length === low >>> 0) {
      last.marks.push(mark);
    } else {
      this.#runs.push({ high, firstLow: low >>> 0, marks: [mark] });
    }
  }

  /**
   * Whether a transaction of this zxid was read, and had this mark. What is older than the first
   * one read is in the snapshot, and was logged before by the same follower: it counts as read.
   */
  has(high: number, low: number, mark: number): boolean {
    const first = this.#runs[0];
    if (first !== undefined && compareLongs(high, low, first.high, first.firstLow) < 0) return true;
    return this.#runs.some((run) => {
      return run.high === high && run.marks[(low >>> 0) - run.firstLow] === mark;
    });
  }
}

/**
 * A short name for the last record's bytes. Of a multi it names the header alone: Apache makes
 * errors of all parts of a failed one when it applies it, also while it is being logged.
 */
export function markOf({ type, checksum, bytes }: LogReader): number {
  return type === txnTypes.multi ? adler32(ADLER_START, bytes, 0, TXN_HEADER_BYTES) : checksum;
}
