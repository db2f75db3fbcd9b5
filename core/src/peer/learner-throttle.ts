import { LearnerHandler } from '../zab/learner-handler.js';
import type { SessionOwner } from './sessions.js';

export interface LearnerThrottleParts {
  /** Requests in flight at this leader, its own clients' included, from which on it throttles. */
  readonly limit: number;
  /** Those of its own clients. */
  readonly own: () => number;
}

/**
 * Keeps a leader from being flooded by learners. Those who vote are bounded by their share of the
 * limit, and must be listened to: their acknowledgements come on the same links as their requests,
 * and without them nothing would ever be finished. Observers, of whom there may be many, are not
 * read from while too much is in flight and some of it is theirs.
 */
export class LearnerThrottle {
  readonly #parts: LearnerThrottleParts;
  #forwarded = 0;

  constructor(parts: LearnerThrottleParts) {
    this.#parts = parts;
  }

  /** A write was taken in, perhaps a learner's. */
  taken(via: SessionOwner): void {
    if (!(via instanceof LearnerHandler)) return;
    via.outstanding++;
    this.#forwarded++;
  }

  /** A write was applied. */
  applied(via: SessionOwner): void {
    if (!(via instanceof LearnerHandler)) return;
    via.outstanding--;
    this.#forwarded--;
  }

  /** Holds observers, or lets them go on. */
  endStep(learners: Iterable<LearnerHandler>): void {
    const isFull = this.#forwarded + this.#parts.own() > this.#parts.limit;
    for (const { isObserver, outstanding, link } of learners) {
      if (isObserver) link.hold(isFull && outstanding > 0);
    }
  }
}
