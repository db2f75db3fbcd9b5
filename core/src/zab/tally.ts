import type { LearnerHandler } from './learner-handler.js';
import type { Membership } from './membership.js';

/** Counts for a leader which of its voters are together a quorum, itself always among them. */
export class Tally {
  readonly #membership: Membership;
  readonly #serverId: number;

  constructor(membership: Membership, serverId: number) {
    this.#membership = membership;
    this.#serverId = serverId;
  }

  /** Whether the leader and those of its voters that are `counted` are a quorum. */
  has(
    learners: Iterable<LearnerHandler>,
    counted: (learner: LearnerHandler) => boolean = () => true,
  ): boolean {
    const ids = [this.#serverId];
    for (const learner of learners) {
      if (learner.isVoter && learner.isSynced && counted(learner)) ids.push(learner.serverId);
    }
    return this.#membership.hasQuorum(ids);
  }

  /**
   * The last number of the epoch that is durable on a quorum.
   *
   * @param own up to where the leader's own log is durable
   */
  decidable(learners: Iterable<LearnerHandler>, own: number): number {
    const acks: { readonly id: number; readonly number: number }[] = [
      { id: this.#serverId, number: own },
    ];
    for (const { isVoter, isSynced, serverId, acked } of learners) {
      if (isVoter && isSynced) acks.push({ id: serverId, number: acked });
    }
    acks.sort((a, b) => b.number - a.number);
    const ids: number[] = [];
    for (const { id, number } of acks) {
      ids.push(id);
      if (this.#membership.hasQuorum(ids)) return number;
    }
    return 0;
  }
}
