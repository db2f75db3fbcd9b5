import type { Millis } from '../base/ids.js';

/**
 * How long a learner may tell clients that their sessions live: one tick from its last report of
 * which it knows that the leader has it. Whatever it promises after that report, the leader cannot
 * hear of if this learner dies; but it knows when it heard the last report, and so when promises
 * have ended. A leader of Apache ZooKeeper says nothing of reports that came; then a report counts
 * when it is sent.
 */
export class Lease {
  readonly #lengthMs: Millis;
  /** When each report was sent that is not known to have come; the first has `#known + 1`. */
  readonly #sentAt: Millis[] = [];
  #known = 0;
  #since: Millis = Number.NEGATIVE_INFINITY;

  constructor(tickMs: Millis) {
    this.#lengthMs = tickMs;
  }

  /** A report was sent; with `isEnough`, nothing more will be heard of it. */
  reported(now: Millis, isEnough: boolean): void {
    if (isEnough) this.#since = now;
    else this.#sentAt.push(now);
  }

  /** The leader has all reports up to this number, counted from 1. */
  confirmed(number: number): void {
    const count = number - this.#known;
    if (count <= 0 || count > this.#sentAt.length) return;
    this.#since = this.#sentAt[count - 1]!;
    this.#sentAt.splice(0, count);
    this.#known = number;
  }

  holds(now: Millis): boolean {
    return now - this.#since <= this.#lengthMs;
  }
}
