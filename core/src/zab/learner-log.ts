import { Fifo } from '../base/fifo.js';
import type { WallMillis } from '../base/ids.js';
import { compareLongs, hexLong, longOf } from '../base/long.js';
import { follows } from '../storage/log-format.js';
import { MalformedError } from '../wire/reader.js';
import { txnTimeOf } from '../wire/txns.js';
import type { LearnerParts } from './learner-parts.js';
import { addLatency } from './quorum-metrics.js';

type LearnerLogParts = Pick<LearnerParts, 'ledger' | 'metrics' | 'turn' | 'isObserver'>;

/** A transaction that is logged, by its zxid. */
export interface LoggedZxid {
  readonly high: number;
  readonly low: number;
  /** When the leader made it, by its wall clock. */
  readonly timeMs: WallMillis;
}

/**
 * What a learner has logged since its leader's history began: in order and without gaps, and then
 * decided in the same order.
 */
export class LearnerLog {
  /** The history is taken over: what comes now is new, and its latency says something. */
  isLive = false;
  readonly #parts: LearnerLogParts;
  #lastHigh: number;
  #lastLow: number;
  readonly #undecided = new Fifo<LoggedZxid>();
  #decided = 0;
  /** Logged and not acknowledged. */
  readonly #untold = new Fifo<LoggedZxid>();
  #told = 0;

  /** @param last the transaction that comes before the first */
  constructor(parts: LearnerLogParts, lastHigh: number, lastLow: number) {
    this.#parts = parts;
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
    const { metrics, turn, isObserver } = this.#parts;
    const timeMs = txnTimeOf(bytes);
    const entry = { high: zxidHigh, low: zxidLow | 0, timeMs };
    if (this.isLive && !isObserver) {
      metrics.proposalsReceived.add(1);
      addLatency(metrics.proposalLatency, turn.wall - timeMs);
    }
    this.#undecided.push(entry);
    this.#untold.push(entry);
    this.#parts.ledger.append(zxidHigh, zxidLow, bytes);
  }

  /**
   * The next transaction is decided.
   *
   * @throws MalformedError when it is not the one that is named
   */
  decide(zxidHigh: number, zxidLow: number): void {
    const first = this.#undecided.peek();
    if (first === undefined || first.high !== zxidHigh || first.low !== (zxidLow | 0)) {
      const due = first === undefined ? 'nothing' : hexLong(longOf(first.high, first.low));
      const zxid = hexLong(longOf(zxidHigh, zxidLow));
      throw new MalformedError(`${zxid} is decided, and next is ${due}`);
    }
    this.#undecided.shift();
    this.#decided++;
    const { metrics, turn } = this.#parts;
    if (this.isLive) {
      metrics.commitsReceived.add(1);
      addLatency(metrics.commitPropagationLatency, turn.wall - first.timeMs);
    }
    this.#parts.ledger.commitTo(this.#decided);
  }

  /** What has become durable since the last call. */
  takeDurable(): readonly LoggedZxid[] {
    const { metrics, turn, ledger } = this.#parts;
    const count = ledger.durable - this.#told;
    if (count <= 0) return [];
    this.#told += count;
    const durable = this.#untold.takeFirst(count);
    if (!this.isLive) return durable;
    for (const { timeMs } of durable) {
      addLatency(metrics.proposalAckCreationLatency, turn.wall - timeMs);
    }
    return durable;
  }

  /** The end of the history and the beginning of the live stream may say the same. */
  #isOverlap(zxidHigh: number, zxidLow: number): boolean {
    if (compareLongs(zxidHigh, zxidLow, this.#lastHigh, this.#lastLow) > 0) return false;
    return this.#undecided.some(({ high, low }) => high === zxidHigh && low === (zxidLow | 0));
  }
}
