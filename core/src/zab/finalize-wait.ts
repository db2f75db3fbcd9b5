import type { Millis } from '../base/ids.js';
import type { Ballots } from './ballots.js';
import type { Membership } from './membership.js';
import type { Standing } from './standing.js';
import type { Vote } from './vote.js';

export interface FinalizeWaitParts {
  readonly serverId: number;
  readonly membership: Membership;
  /** How long a quorum waits for a better candidate of whom nobody has heard. */
  readonly finalizeWaitMs: Millis;
  isReachable(serverId: number): boolean;
}

/** A quorum of servers without data waits longer, in `finalizeWaitMs`: somebody may have some. */
const EMPTY_WAITS = 5;
/**
 * After so many `finalizeWaitMs` a quorum for somebody out of reach begins again: those who do
 * reach it have followed it by then and are not disturbed.
 */
const ABANDON_WAITS = 3;

/** How long a quorum waits before what it agrees on is decided. */
export class FinalizeWait {
  readonly #parts: FinalizeWaitParts;
  readonly #ballots: Ballots;
  readonly #standing: Standing;
  /** Since when the vote has its quorum. */
  #since: Millis | undefined;

  constructor(parts: FinalizeWaitParts, ballots: Ballots, standing: Standing) {
    this.#parts = parts;
    this.#ballots = ballots;
    this.#standing = standing;
  }

  /** The vote has a quorum. */
  begin(now: Millis): void {
    this.#since ??= now;
  }

  /** The vote has none, or is another now. */
  end(): void {
    this.#since = undefined;
  }

  isOutOfReach({ leader }: Vote): boolean {
    return leader !== this.#parts.serverId && !this.#parts.isReachable(leader);
  }

  endsAt(vote: Vote): Millis {
    if (this.#since === undefined) return Number.POSITIVE_INFINITY;
    const usual = this.#standing.isEmpty ? EMPTY_WAITS : 1;
    const waits = this.isOutOfReach(vote) ? ABANDON_WAITS : usual;
    return this.#since + waits * this.#parts.finalizeWaitMs;
  }

  /** Whether waiting cannot bring anything: everybody agrees, is out of reach, or does not vote. */
  isNeedless(vote: Vote, agreeing: ReadonlySet<number>): boolean {
    const { membership, isReachable } = this.#parts;
    for (const id of membership.voters) {
      if (agreeing.has(id) || !membership.canLead(id)) continue;
      if (this.#ballots.hasNothingBetter(id, vote)) continue;
      if (this.#standing.isEmpty || isReachable(id)) return false;
    }
    return true;
  }
}
