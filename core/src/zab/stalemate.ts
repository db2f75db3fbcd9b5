import type { Millis } from '../base/ids.js';
import type { Ballots } from './ballots.js';
import type { PassedOver } from './passed-over.js';
import { type Candidate, compareCandidates, type Vote } from './vote.js';

/**
 * Notices that an election does not go on: some do not vote for whom this server votes for, having
 * been told of it (they have elected it in vain, or do not hear of it), and with them there would
 * be a quorum for another who knows enough. It looks at intervals as long as there is a sign of
 * that, and is sure when it finds the same twice.
 */
export class Stalemate {
  readonly #everyMs: Millis;
  #lookAt: Millis = Number.POSITIVE_INFINITY;
  #found: Candidate | undefined;

  constructor(everyMs: Millis) {
    this.#everyMs = everyMs;
  }

  get wakeAt(): Millis {
    return this.#lookAt;
  }

  /** The own vote has changed: everybody has to hear of it first. */
  begin(now: Millis): void {
    this.#found = undefined;
    this.#lookAt = now + this.#everyMs;
  }

  /** There is another vote to think of. */
  heard(now: Millis): void {
    this.#lookAt = Math.min(this.#lookAt, now + this.#everyMs);
  }

  /**
   * Looks, when it is time to; true when somebody else is to be voted for than `vote` says.
   *
   * @param mine the own history, of a server that may vote as it likes
   */
  look(
    ballots: Ballots,
    vote: Vote,
    mine: Candidate | undefined,
    over: PassedOver,
    now: Millis,
  ): boolean {
    if (now < this.#lookAt) return false;
    const found = mine && ballots.otherWithQuorum(vote, mine, over);
    this.#lookAt = found === undefined ? Number.POSITIVE_INFINITY : now + this.#everyMs;
    const isSame =
      found !== undefined &&
      this.#found !== undefined &&
      compareCandidates(found, this.#found) === 0;
    this.#found = found;
    return isSame;
  }
}
