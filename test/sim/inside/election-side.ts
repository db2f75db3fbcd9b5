/**
 * Judges what a server says on an election link:
 *
 * - L1: who serves tells whoever looks whom to follow, at once. Links that are silent are replaced
 *   after a while, so that nobody would look for ever otherwise either; only longer.
 */
import { demand } from '../violation.js';
import type { Subject } from './subject.js';
import { states, type Vote, VoteStream } from './votes.js';

/**
 * Within this time an answer must come; and one that is no older counts for a question that is
 * repeated, since the very same is not answered twice in a moment.
 */
const AT_ONCE_MS = 1_000;

export class ElectionSide {
  readonly #subject: Subject;
  readonly #incoming: VoteStream;
  readonly #outgoing: VoteStream;
  #saidAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(subject: Subject, isDialed: boolean) {
    this.#subject = subject;
    this.#incoming = new VoteStream(!isDialed);
    this.#outgoing = new VoteStream(isDialed);
  }

  hears(bytes: Uint8Array, now: number): void {
    this.#incoming.push(bytes);
    for (let vote = this.#incoming.next(); vote; vote = this.#incoming.next()) {
      if (vote.state !== states.looking || now - this.#saidAt <= AT_ONCE_MS) continue;
      this.#askedAt = Math.min(this.#askedAt, now);
    }
  }

  /** What it says, taken apart. */
  says(bytes: Uint8Array, now: number): Vote[] {
    this.#outgoing.push(bytes);
    const votes: Vote[] = [];
    for (let vote = this.#outgoing.next(); vote; vote = this.#outgoing.next()) votes.push(vote);
    if (votes.length > 0) {
      this.#saidAt = now;
      this.#askedAt = Number.POSITIVE_INFINITY;
    }
    return votes;
  }

  /** It has ended the link itself. */
  closes(): void {
    this.#isClosed = true;
  }

  /**
   * All is said that was to be said now.
   *
   * @param hasLeader whether the server serves, and so knows whom to follow
   * @throws Violation
   */
  judge(hasLeader: boolean, now: number): void {
    if (!hasLeader) this.#askedAt = Number.POSITIVE_INFINITY;
    const isLate = !this.#isClosed && now - this.#askedAt > AT_ONCE_MS;
    demand(!isLate, 'L1', () => {
      const ms = Math.floor(now - this.#askedAt);
      return `${this.#subject.name} serves, and was asked whom to follow ${ms} ms ago`;
    });
  }
}
