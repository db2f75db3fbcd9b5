import type { Millis } from '../base/ids.js';
import type { Config } from '../config/config.js';
import type { Turn } from '../seam/turn.js';
import { packetTypes, readTouches } from '../wire/quorum.js';
import { MalformedError } from '../wire/reader.js';
import type { LearnerHandler } from './learner-handler.js';
import type { Membership } from './membership.js';
import { QuorumContact } from './quorum-contact.js';

export interface HeartbeatParts {
  readonly config: Config;
  readonly turn: Turn;
  readonly membership: Membership;
  readonly learners: ReadonlyMap<number, LearnerHandler>;
  /** The last zxid proposed, which a PING carries. */
  readonly lastProposed: () => { readonly zxidHigh: number; readonly zxidLow: number };
  /** A learner has heard from a session's client. */
  readonly touched: (session: bigint, timeoutMs: Millis) => void;
}

/**
 * The leader's PINGs and their answers, which say three things: that a learner follows, which
 * sessions it has heard from, and, when a quorum has answered, that nobody else leads.
 */
export class Heartbeats {
  readonly #parts: HeartbeatParts;
  readonly #contact: QuorumContact;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
    this.#contact = new QuorumContact(parts.membership, parts.config.serverId);
  }

  /** A quorum has just taken over the leader's history. */
  begin(): void {
    this.#contact.begin(this.#parts.turn.now);
  }

  /** The last moment of which it is known that no quorum had left before it. */
  get followedAt(): Millis {
    const { learners, turn } = this.#parts;
    return this.#contact.at(learners.values(), turn.now);
  }

  /** Whether the ensemble cannot have another leader that counts the time of sessions. */
  mayPromise(): boolean {
    const { turn, config } = this.#parts;
    return turn.now - this.followedAt <= config.tickTime;
  }

  /** Who waits for that. */
  get pendingSyncs(): number {
    return this.#contact.waiting;
  }

  /** Calls back as soon as a quorum has said, after this call, that it follows. */
  confirm(done: () => void): void {
    this.#contact.confirm(done);
  }

  /** Sends the PINGs that somebody waits for. */
  step(): void {
    if (!this.#contact.isAsked) return;
    const asked: LearnerHandler[] = [];
    for (const learner of this.#parts.learners.values()) {
      if (!learner.isSynced || !learner.isVoter) continue;
      this.ping(learner);
      asked.push(learner);
    }
    this.#contact.asked(asked);
  }

  ping(learner: LearnerHandler): void {
    learner.pingsSentAt.push(this.#parts.turn.now);
    learner.pingsSent++;
    const { zxidHigh, zxidLow } = this.#parts.lastProposed();
    learner.link.say(packetTypes.ping, zxidHigh, zxidLow);
  }

  /** The answer to a PING. */
  reported(learner: LearnerHandler, data: Uint8Array | null): void {
    const sentAt = learner.pingsSentAt.shift();
    if (sentAt === undefined) throw new MalformedError('it answers a PING that was not sent');
    const { turn, touched } = this.#parts;
    learner.pingsAnswered++;
    learner.answeredPingSentAt = sentAt;
    learner.lastReportAt = turn.now;
    for (const { session, timeoutMs } of readTouches(data)) touched(session, timeoutMs);
    if (learner.isVoter) this.#contact.answered(learner);
    /* Its word to clients is as good as ours; without a quorum ours is worth nothing. */
    if (learner.isVivarium && this.mayPromise()) {
      learner.link.say(packetTypes.heard, 0, learner.pingsAnswered | 0);
    }
  }

  left(learner: LearnerHandler): void {
    this.#contact.left(learner);
  }

  /**
   * Whether nothing can be known of a session elsewhere that would let it live on: the learner its
   * client speaks through has reported since its time was over, or has gone for so long that
   * whatever it promised without a report is over too.
   */
  isSilent(learner: LearnerHandler, deadline: Millis, timeoutMs: Millis): boolean {
    const { config, turn } = this.#parts;
    if (learner.link.isClosed) {
      return turn.now > learner.lastReportAt + config.tickTime + timeoutMs;
    }
    if (learner.answeredPingSentAt > deadline) return true;
    if (learner.pingsSentAt.every((at) => at <= deadline)) this.ping(learner);
    return false;
  }
}
