import { compareLongs, hexLong, longOf } from '../base/long.js';
import { follows } from '../storage/log-format.js';
import { MalformedError } from '../wire/reader.js';
import type { LearnerLedger } from './learner-parts.js';

/** A transaction that is logged, by its zxid. */
export interface LoggedZxid {
  readonly high: number;
  readonly low: number;
}

/**
 * What a learner has logged since its leader's history began: in order and without gaps, and then
 * decided in the same order.
 */
export class LearnerLog {
  readonly #ledger: () => LearnerLedger;
  #lastHigh: number;
  #lastLow: number;
  readonly #undecided: LoggedZxid[] = [];
  #decided = 0;
  /** Logged and not acknowledged. */
  readonly #untold: LoggedZxid[] = [];
  #told = 0;

  /** @param last the transaction that comes before the first */
  constructor(ledger: () => LearnerLedger, lastHigh: number, lastLow: number) {
    this.#ledger = ledger;
    this.#lastHigh = lastHigh;
    this.#lastLow = lastLow | 0;
  }

  /**
   * A transaction to log.
   *
   * @throws MalformedError when it does not come right after the one before it
   */
  log(zxidHigh: number, zxidLow: number, bytes: Uint8Array): void {
    if (this.#isOverlap(zxidHigh, zxidLow)) return;
    if (!follows(this.#lastHigh, this.#lastLow, zxidHigh, zxidLow)) {
      const zxid = hexLong(longOf(zxidHigh, zxidLow));
      const last = hexLong(longOf(this.#lastHigh, this.#lastLow));
      throw new MalformedError(`transaction ${zxid} comes after ${last}`);
    }
    this.#lastHigh = zxidHigh;
    this.#lastLow = zxidLow | 0;
    const entry = { high: zxidHigh, low: zxidLow | 0 };
    this.#undecided.push(entry);
    this.#untold.push(entry);
    this.#ledger().append(zxidHigh, zxidLow, bytes);
  }

  /**
   * The next transaction is decided.
   *
   * @throws MalformedError when it is not the one that is named
   */
  decide(zxidHigh: number, zxidLow: number): void {
    const first = this.#undecided[0];
    if (first === undefined || first.high !== zxidHigh || first.low !== (zxidLow | 0)) {
      const due = first === undefined ? 'nothing' : hexLong(longOf(first.high, first.low));
      const zxid = hexLong(longOf(zxidHigh, zxidLow));
      throw new MalformedError(`${zxid} is decided, and next is ${due}`);
    }
    this.#undecided.shift();
    this.#decided++;
    this.#ledger().commitTo(this.#decided);
  }

  /** What has become durable since the last call. */
  takeDurable(): readonly LoggedZxid[] {
    const count = this.#ledger().durable - this.#told;
    if (count <= 0) return [];
    this.#told += count;
    return this.#untold.splice(0, count);
  }

  /** The end of the history and the beginning of the live stream may say the same. */
  #isOverlap(zxidHigh: number, zxidLow: number): boolean {
    if (compareLongs(zxidHigh, zxidLow, this.#lastHigh, this.#lastLow) > 0) return false;
    return this.#undecided.some(({ high, low }) => high === zxidHigh && low === (zxidLow | 0));
  }
}
