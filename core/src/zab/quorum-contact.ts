import type { Millis } from '../base/ids.js';
import type { LearnerHandler } from './learner-handler.js';
import type { Membership } from './membership.js';

/** A question to a quorum: do you still follow? */
interface Round {
  /** Learners and the number of the PING whose answer counts. */
  readonly due: Map<LearnerHandler, number>;
  readonly said: number[];
  readonly done: (() => void)[];
}

/**
 * What a leader knows of its quorum: when it last followed for certain, and whether it has said so
 * after some moment. As long as a quorum follows there is no other leader, so nobody can have been
 * told of a write that this one does not know.
 */
export class QuorumContact {
  readonly #membership: Membership;
  readonly #serverId: number;
  #begunAt: Millis = Number.NEGATIVE_INFINITY;
  #waiting: (() => void)[] = [];
  #round: Round | undefined = undefined;

  constructor(membership: Membership, serverId: number) {
    this.#membership = membership;
    this.#serverId = serverId;
  }

  /** A quorum has just taken over the leader's history. */
  begin(now: Millis): void {
    this.#begunAt = now;
  }

  /** The last moment of which it is known that no quorum had left before it. */
  at(learners: Iterable<LearnerHandler>, now: Millis): Millis {
    if (this.#membership.hasQuorum([this.#serverId])) return now;
    const answers: LearnerHandler[] = [];
    for (const learner of learners) {
      if (learner.isVoter && learner.isSynced) answers.push(learner);
    }
    answers.sort((a, b) => b.answeredPingSentAt - a.answeredPingSentAt);
    const ids = [this.#serverId];
    for (const { serverId, answeredPingSentAt } of answers) {
      ids.push(serverId);
      if (this.#membership.hasQuorum(ids)) return Math.max(this.#begunAt, answeredPingSentAt);
    }
    return this.#begunAt;
  }

  /** Calls back when a quorum has answered a PING that is sent after this call. */
  confirm(done: () => void): void {
    this.#waiting.push(done);
  }

  /** How many wait to be called back. */
  get waiting(): number {
    return this.#waiting.length + (this.#round?.done.length ?? 0);
  }

  /** Whether a round is to be sent: somebody waits, and none is under way. */
  get isAsked(): boolean {
    return this.#waiting.length > 0 && this.#round === undefined;
  }

  /** A PING was sent to each of these learners, for all who wait by now. */
  asked(learners: readonly LearnerHandler[]): void {
    const due = new Map(learners.map((learner) => [learner, learner.pingsSent]));
    this.#round = { due, said: [this.#serverId], done: this.#waiting };
    this.#waiting = [];
    this.#look();
  }

  /** A learner has answered a PING. */
  answered(learner: LearnerHandler): void {
    const round = this.#round;
    const due = round?.due.get(learner);
    if (round === undefined || due === undefined || learner.pingsAnswered < due) return;
    round.due.delete(learner);
    round.said.push(learner.serverId);
    this.#look();
  }

  /** A learner has gone: its answer will not come. Those who wait are asked for anew. */
  left(learner: LearnerHandler): void {
    const round = this.#round;
    if (round === undefined || !round.due.delete(learner)) return;
    if (round.due.size > 0) return;
    this.#round = undefined;
    this.#waiting = [...round.done, ...this.#waiting];
  }

  #look(): void {
    const round = this.#round;
    if (round === undefined || !this.#membership.hasQuorum(round.said)) return;
    this.#round = undefined;
    for (const done of round.done) done();
  }
}
