import { DOUBTED_ZXID, type Notification } from '../wire/election.js';
import type { Membership } from './membership.js';
import type { PassedOver } from './passed-over.js';
import {
  type Candidate,
  compareCandidates,
  compareHistories,
  hasBegun,
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

  /** The best that looking servers vote for in a round, as far as `isFit` says. */
  bestOf(round: number, isFit: (said: Notification) => boolean): Notification | undefined {
    let best: Notification | undefined;
    for (const said of this.#last.values()) {
      if (said.state !== 'looking' || said.round !== round || !isFit(said)) continue;
      if (best === undefined || compareCandidates(said, best) > 0) best = said;
    }
    return best;
  }

  /**
   * Somebody else to vote for in this round, where the own vote has no quorum: the best of those
   * who would have one if all who vote as this server does went over. Only the server that these
   * vote for is not counted on, when it knows more than the other.
   *
   * @param mine the own history: nobody is given who knows less
   */
  otherWithQuorum(vote: Vote, mine: Candidate, passedOver: PassedOver): Candidate | undefined {
    let best: Notification | undefined;
    const agreeing = this.agreeingWith(vote).add(this.#serverId);
    if (this.#membership.hasQuorum(agreeing)) return undefined;
    for (const said of this.#last.values()) {
      const { leader, round, zxid } = said;
      if (round !== vote.round || leader === vote.leader || zxid === DOUBTED_ZXID) continue;
      if (!this.#membership.canLead(leader) || passedOver.has(leader)) continue;
      if (compareHistories(said, mine) < 0) continue;
      if (best !== undefined && compareCandidates(said, best) <= 0) continue;
      const voters = new Set(agreeing);
      if (compareHistories(said, vote) < 0) voters.delete(vote.leader);
      for (const id of this.agreeingWith(said)) voters.add(id);
      if (voters.has(leader) && this.#membership.hasQuorum(voters)) best = said;
    }
    return best;
  }

  /** Whether a server still looks for votes, although some follow it already. */
  lacksVotes(serverId: number | undefined, round: number): boolean {
    if (serverId === undefined) return false;
    const own = this.#last.get(serverId);
    if (own?.state !== 'looking' || own.leader !== serverId || own.round !== round) return false;
    for (const said of this.#last.values()) {
      if (said.state === 'following' && isSameVote(said, own)) return true;
    }
    return false;
  }

  /** Whether a voter has said that it has no vote, or that it follows whom the vote is for. */
  hasNothingBetter(id: number, vote: Vote): boolean {
    const said = this.#last.get(id);
    if (said === undefined || said.state === 'observing') return false;
    return said.state === 'looking' ? said.zxid === DOUBTED_ZXID : said.leader === vote.leader;
  }

  /** The other voters that do not vote so, and have not found a leader, as far as is known. */
  mayNotKnow(vote: Vote): number[] {
    return [...this.#membership.voters].filter((id) => {
      const said = this.#last.get(id);
      if (id === this.#serverId) return false;
      return said === undefined || (said.state === 'looking' && !isSameVote(said, vote));
    });
  }

  /**
   * A server that says that it leads, and that a quorum follows or would: the newest if there are
   * several. Without the leader's own word those who follow it prove nothing, since they may not
   * have noticed yet that it is gone.
   *
   * @param vote the own one
   * @param mine the own history when it counts; it adds this server to those who follow a leader
   *   that knows no less, and others that look to those of one that has begun its epoch
   * @param passedOver whose word is not taken
   */
  leaderOf(
    vote: Vote,
    mine: Candidate | undefined,
    passedOver?: PassedOver,
  ): Notification | undefined {
    let found: Notification | undefined;
    for (const [id, said] of this.#last) {
      if (said.state !== 'leading' || said.leader !== id) continue;
      if (passedOver?.believes(said) === false) continue;
      if (found !== undefined && compareHistories(said, found) <= 0) continue;
      const followers = this.#followersOf(said, vote);
      if (mine !== undefined && knowsNoLess(said, mine)) {
        followers.add(this.#serverId);
        if (hasBegun(said)) this.#addWhoMayFollow(said, followers);
      }
      if (this.#membership.hasQuorum(followers)) found = said;
    }
    return found;
  }

  /**
   * Those who look as this server does: each of them waits for the others. A vote shows the most
   * that its sender can know.
   */
  #addWhoMayFollow(leading: Notification, followers: Set<number>): void {
    for (const [id, said] of this.#last) {
      const mayFollow = said.state === 'looking' && said.zxid !== DOUBTED_ZXID;
      if (mayFollow && knowsNoLess(leading, said)) followers.add(id);
    }
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

/**
 * Whether a leader has all that a server has, as far as what it tells shows. The zxid that it tells
 * is that from before it led. When it tells an epoch newer than that, it has begun this epoch, and
 * so knows whatever was written in it.
 */
function knowsNoLess(leading: Notification, mine: Candidate): boolean {
  if (hasBegun(leading)) return mine.peerEpoch <= leading.peerEpoch;
  return compareHistories(mine, leading) <= 0;
}
