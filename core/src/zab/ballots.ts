import type { Notification } from '../wire/election.js';
import type { Membership } from './membership.js';
import {
  type Candidate,
  compareHistories,
  isSameLeadership,
  isSameVote,
  type Vote,
} from './vote.js';

/**
 * The last thing that each voter said on the link it has now, and what it comes to. Of votes in the
 * same round, and of those who have a leader, nothing else is ever counted.
 */
export class Ballots {
  readonly #serverId: number;
  readonly #membership: Membership;
  readonly #last = new Map<number, Notification>();

  constructor(serverId: number, membership: Membership) {
    this.#serverId = serverId;
    this.#membership = membership;
  }

  put(from: number, notification: Notification): void {
    if (from !== this.#serverId) this.#last.set(from, notification);
  }

  remove(from: number): void {
    this.#last.delete(from);
  }

  clear(): void {
    this.#last.clear();
  }

  /** The other voters whose vote, or leader found in this round, is the one given. */
  agreeingWith(vote: Vote): Set<number> {
    const agreeing = new Set<number>();
    for (const [id, said] of this.#last) if (isSameVote(said, vote)) agreeing.add(id);
    return agreeing;
  }

  /** Who looks, and votes for something else. */
  lookingOtherwise(vote: Vote): number[] {
    const ids: number[] = [];
    for (const [id, said] of this.#last) {
      if (said.state === 'looking' && !isSameVote(said, vote)) ids.push(id);
    }
    return ids;
  }

  /**
   * A server that says that it leads, and that a quorum follows or would: the newest if there are
   * several. Without the leader's own word those who follow it prove nothing, since they may not
   * have noticed yet that it is gone.
   *
   * @param vote the own one
   * @param mine the own history when it counts; it adds this server to those who follow a leader
   * of no earlier epoch. The zxid of a leader's vote is that from before it led: it knows more.
   */
  leaderOf(vote: Vote, mine: Candidate | undefined): Notification | undefined {
    let found: Notification | undefined;
    for (const [id, said] of this.#last) {
      if (said.state !== 'leading' || said.leader !== id) continue;
      if (found !== undefined && compareHistories(said, found) <= 0) continue;
      const followers = this.#followersOf(said, vote);
      if (mine !== undefined && mine.peerEpoch <= said.peerEpoch) followers.add(this.#serverId);
      if (this.#membership.hasQuorum(followers)) found = said;
    }
    return found;
  }

  #followersOf(leading: Notification, vote: Vote): Set<number> {
    const followers = new Set<number>();
    const isThisRound = leading.round === vote.round;
    for (const [id, said] of this.#last) {
      const follows =
        said.state === 'looking'
          ? isThisRound && isSameVote(said, leading)
          : isSameLeadership(said, leading) ||
            (isThisRound && said.round === leading.round && said.leader === leading.leader);
      if (follows) followers.add(id);
    }
    if (isThisRound && isSameVote(vote, leading)) followers.add(this.#serverId);
    return followers;
  }
}
