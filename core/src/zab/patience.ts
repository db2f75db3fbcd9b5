import type { Millis } from '../base/ids.js';
import type { LeaderParts } from './leader-parts.js';
import type { LearnerHandler } from './learner-handler.js';

export type PatienceParts = Pick<LeaderParts, 'config' | 'turn' | 'metrics' | 'hasSupport'>;

/** How long a leader waits: for a quorum to follow, and for what each learner owes it. */
export class Patience {
  readonly #parts: PatienceParts;
  readonly #startedAt: Millis;

  /** A leader begins. */
  constructor(parts: PatienceParts) {
    this.#parts = parts;
    this.#startedAt = parts.turn.now;
  }

  /** Whether a learner was heard of lately. */
  hears({ lastHeardAt }: LearnerHandler): boolean {
    return this.#parts.turn.now - lastHeardAt <= this.#syncMs;
  }

  /** Whether a quorum that was heard of then may have gone over to another leader. */
  isLate(followedAt: Millis): boolean {
    return this.#parts.turn.now - followedAt > this.#syncMs;
  }

  /**
   * Why a learner is to be let go; `undefined` while it is not.
   *
   * @param proposed number of the last transaction that it has to acknowledge
   */
  lostWith(learner: LearnerHandler, proposed: number): string | undefined {
    const { now } = this.#parts.turn;
    /* Who is not listened to is not silent. */
    if (learner.link.isHeld) learner.lastHeardAt = now;
    const { lastHeardAt, openedAt, isSynced } = learner;
    const limit = isSynced ? lastHeardAt + this.#syncMs : openedAt + this.#initMs;
    if (now > limit && !learner.isBeingSent) return 'nothing was heard of it for too long';
    if (now > learner.owesSince + this.#syncMs) {
      return `it owes an acknowledgement for more than ${this.#syncMs} ms`;
    }
    const owes = isSynced && !learner.isObserver && learner.acked < proposed;
    if (owes) learner.owesSince = Math.min(learner.owesSince, now);
    return undefined;
  }

  /**
   * Why a leader whom no quorum follows yet gives up; `undefined` while it does not.
   *
   * @param isChosen a quorum has come to it, and the epoch is known
   */
  lostBeforeQuorum(isChosen: boolean): string | undefined {
    const { config, metrics, turn, hasSupport } = this.#parts;
    const waitedMs = turn.now - this.#startedAt;
    if (waitedMs > this.#initMs) return `no quorum has followed within ${this.#initMs} ms`;
    const limitMs = config.maxTimeToWaitForEpoch;
    if (isChosen || limitMs < 0 || waitedMs <= limitMs || hasSupport()) return undefined;
    metrics.disloyalVoters.add(1);
    return `after ${limitMs} ms those who elected it look for another`;
  }

  get #initMs(): Millis {
    const { initLimit, tickTime } = this.#parts.config;
    return initLimit * tickTime;
  }

  get #syncMs(): Millis {
    const { syncLimit, tickTime } = this.#parts.config;
    return syncLimit * tickTime;
  }
}
