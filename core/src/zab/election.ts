import type { Millis } from '../base/ids.js';
import type { LogEvent } from '../base/log-event.js';
import { DOUBTED_ZXID, type Notification, type PeerState } from '../wire/election.js';
import { Ballots } from './ballots.js';
import { FinalizeWait, type FinalizeWaitParts } from './finalize-wait.js';
import { NewerConfig } from './newer-config.js';
import { PassedOver } from './passed-over.js';
import { RepeatedAnswers } from './repeated-answers.js';
import { Stalemate } from './stalemate.js';
import { type OwnHistory, Standing } from './standing.js';
import { type Candidate, compareCandidates, isSameVote, NO_CANDIDATE, type Vote } from './vote.js';

export interface ElectionParts extends FinalizeWaitParts {
  /** First pause before the vote is told again; it doubles up to the other. */
  readonly minNotificationMs: number;
  readonly maxNotificationMs: number;
  /** How long whoever was found not to come to lead is passed over. */
  readonly passOverMs: number;
  /** Tells a server if it is linked. The link begins with `greeting` when it comes to be. */
  send(to: number, notification: Notification): void;
  /** False when there is no link and the last attempt to connect has failed. */
  isReachable(serverId: number): boolean;
  log(event: LogEvent): void;
}

export interface Decision {
  readonly leader: number;
  readonly vote: Vote;
}

/** Rounds are one more for each election: only damage counts so far. */
const ROUND_MAX = 2 ** 48;
/** After so many `finalizeWaitMs` all who vote have heard each other's votes. */
const STALEMATE_WAITS = 2;

/**
 * One server's fast leader election. It finds out whom a quorum takes for the server that knows
 * most, or who leads already, and tells others what it has found.
 *
 * `look` begins; `decision` is there when it has ended; from then on the server is what its vote
 * says (leading, following or observing) and answers those who look, until it looks again.
 *
 * It keeps the rules and messages of ZooKeeper and differs where these only cost time:
 *
 * - what a server said counts as long as the link lasts on which it said so;
 * - a quorum decides at once when every other voter agrees or is out of reach;
 * - a looking server adds itself to those who follow a leader that knows no less than it does, and
 *   others that look as well when that leader has begun its epoch;
 * - who decides tells those who still look, instead of being asked again;
 * - who hears a worse vote answers with its own, once;
 * - who was followed in vain is passed over for a while, if it is not votes that it lacks;
 * - when others keep to a lesser vote, who can do so gives in.
 *
 * @see ZooKeeper 3.9 FastLeaderElection
 */
export class Election {
  readonly #parts: ElectionParts;
  readonly #standing: Standing;
  readonly #ballots: Ballots;
  readonly #passedOver = new PassedOver();
  #state: PeerState = 'looking';
  #vote: Vote = { ...NO_CANDIDATE, round: 0 };
  #decision: Decision | undefined;
  /** What is told to whoever asks, if anything. */
  #said: Notification | undefined;
  #intervalMs = 0;
  #tellAt: Millis = Number.POSITIVE_INFINITY;
  /** Whom a worse vote was answered since the own vote changed. */
  readonly #corrected = new Set<number>();
  readonly #answers: RepeatedAnswers;
  readonly #stalemate: Stalemate;
  readonly #wait: FinalizeWait;
  readonly #newerConfig: NewerConfig;
  /** Who may be looking, and not know our decision. */
  readonly #lookers = new Set<number>();
  /** Of those who made this server the leader, who has not turned away. */
  readonly #supporters = new Set<number>();

  constructor(parts: ElectionParts) {
    this.#parts = parts;
    this.#standing = new Standing(parts.serverId, parts.membership);
    this.#ballots = new Ballots(parts.serverId, parts.membership);
    this.#answers = new RepeatedAnswers(parts.minNotificationMs / 2);
    this.#stalemate = new Stalemate(STALEMATE_WAITS * parts.finalizeWaitMs);
    this.#wait = new FinalizeWait(parts, this.#ballots, this.#standing);
    this.#newerConfig = new NewerConfig(parts.membership.version, (event) => parts.log(event));
  }

  get state(): PeerState {
    return this.#state;
  }

  /** The logical clock. */
  get round(): number {
    return this.#vote.round;
  }

  /** What this look has come to; `undefined` while it lasts. */
  get decision(): Decision | undefined {
    return this.#decision;
  }

  /** What a new link begins with; `undefined` before the first look, and between two. */
  get greeting(): Notification | undefined {
    return this.#said;
  }

  /** When `step` is due although nothing happens. */
  get wakeAt(): Millis {
    if (this.#state !== 'looking' || this.#said === undefined) return Number.POSITIVE_INFINITY;
    const { endsAt } = this.#passedOver;
    return Math.min(this.#tellAt, this.#wait.endsAt(this.#vote), endsAt, this.#stalemate.wakeAt);
  }

  /**
   * Whether those who made this server the leader, as far as they have not begun to look for
   * another, are a quorum still. A leader not yet established has nothing to wait for without it,
   * unless a quorum has connected to it all the same.
   *
   * @see ZOOKEEPER-3109
   */
  get hasSupport(): boolean {
    return this.#parts.membership.hasQuorum(this.#supporters);
  }

  /** Begins to look for a leader, in a new round. */
  look(own: OwnHistory, now: Millis): void {
    this.#state = 'looking';
    this.#decision = undefined;
    this.#ballots.clear();
    this.#passedOver.end(now);
    for (const id of this.#parts.membership.voters) this.#lookers.delete(id);
    this.#supporters.clear();
    this.#standing.begin(own);
    this.#intervalMs = this.#parts.minNotificationMs;
    this.#propose(this.#standing.initial, this.#vote.round + 1, now);
    this.#evaluate(now);
  }

  /**
   * What was decided is over, and the server does not look yet: until it does it tells nothing,
   * since others would follow a leader that leads no more.
   */
  leave(): void {
    this.#said = undefined;
    this.#decision = undefined;
  }

  /** The server that was elected did not lead: this one votes for others for some time. */
  passOver(serverId: number, now: Millis): void {
    this.#passedOver.addInVain(serverId, now + this.#parts.passOverMs);
  }

  /** Whether the own history was no reason to vote for this server, when it looked last. */
  get isInDoubt(): boolean {
    return this.#standing.isVoter && this.#standing.isDoubted;
  }

  /** Takes what another server says on its link. */
  heard(from: number, notification: Notification, now: Millis): void {
    if (this.#said === undefined) return;
    this.#newerConfig.heard(from, notification);
    const isLooking = notification.state === 'looking';
    const { membership } = this.#parts;
    if (!membership.isVoter(from)) {
      if (!isLooking) return;
      this.#lookers.add(from);
      this.#answer(from, notification, now);
    } else if (this.#state !== 'looking') {
      if (isLooking) this.#tellWhoLeads(from, notification, now);
    } else if (notification.round > ROUND_MAX) {
      const message = `Server ${from} is in round ${notification.round}, which must be damage`;
      this.#log('warn', 'election.strange-round', message);
    } else {
      if (isLooking) this.#heardVote(from, notification, now);
      else if (membership.isVoter(notification.leader)) this.#take(from, notification, now);
      this.#forgive(now);
      this.#stalemate.heard(now);
      this.#evaluate(now);
    }
  }

  /** The link to a server is lost or replaced: what it said on it does not count any more. */
  lost(serverId: number): void {
    this.#ballots.remove(serverId);
  }

  /** Does what is due. Wanted at `wakeAt`, and when it has changed who is reachable. */
  step(now: Millis): void {
    if (this.#said === undefined) return;
    const isEnded = this.#passedOver.end(now);
    if (this.#state === 'looking') {
      if (isEnded) this.#choose(now);
      this.#giveIn(now);
    }
    this.#evaluate(now);
    if (this.#state === 'looking' && now >= this.#tellAt) {
      this.#intervalMs = Math.min(2 * this.#intervalMs, this.#parts.maxNotificationMs);
      /* Whoever missed the first must not take the second for that of a server without doubt. */
      const { isSharedByAll, doubted } = this.#standing;
      if (isSharedByAll) this.#broadcast({ ...this.#said, ...doubted }, now);
      this.#broadcast(this.#said, now);
    }
  }

  /**
   * The epoch of the leader that was found is established, or known: from now on it is told instead
   * of the one voted with, so that whoever comes late hears the same from everybody.
   *
   * @see ZOOKEEPER-1732, ZOOKEEPER-1818
   */
  newEpoch(peerEpoch: number): void {
    this.#passedOver.clear();
    if (this.#decision === undefined || peerEpoch === this.#vote.peerEpoch) return;
    this.#vote = { ...this.#vote, peerEpoch };
    this.#say();
    for (const id of this.#lookers) this.#parts.send(id, this.#said!);
    this.#lookers.clear();
  }

  #heardVote(from: number, heard: Notification, now: Millis): void {
    const isOld = heard.round < this.#vote.round;
    if (isOld && this.#standing.isVoter) this.#answer(from, heard, now);
    if (heard.zxid === DOUBTED_ZXID) {
      this.#heardDoubt(from, heard, now);
    } else if (this.#parts.membership.isVoter(heard.leader)) {
      this.#take(from, heard, now);
      if (!this.#standing.isVoter || !this.#standing.isDoubted) this.#weigh(from, heard, now);
    }
  }

  /** Takes a vote for the own one if it is better, and sees to it that its sender does likewise. */
  #weigh(from: number, heard: Notification, now: Millis): void {
    const isOld = heard.round < this.#vote.round;
    if (heard.leader === this.#parts.serverId && !this.#standing.isTrue(heard)) {
      if (!isOld) this.#beginAgain(heard.round + 1, `${from} votes for what is not here`, now);
    } else if (heard.round > this.#vote.round) {
      const { initial } = this.#standing;
      this.#propose(this.#isBetter(heard, initial) ? heard : initial, heard.round, now);
    } else if (!isOld && this.#isBetter(heard, this.#vote)) {
      this.#propose(heard, heard.round, now);
    } else if (!isOld && this.#isBetter(this.#vote, heard) && !this.#corrected.has(from)) {
      this.#corrected.add(from);
      this.#answer(from, heard, now);
    }
  }

  /** A server does not vote with what it has: an earlier vote for it was a mistake. */
  #heardDoubt(from: number, heard: Notification, now: Millis): void {
    const isNews = !this.#standing.doubts(from);
    this.#take(from, heard, now);
    if (isNews && this.#vote.leader === from) {
      this.#beginAgain(this.#vote.round + 1, `server ${from} does not stand for election`, now);
    }
  }

  #take(from: number, heard: Notification, now: Millis): void {
    this.#ballots.put(from, heard);
    if (!this.#standing.hear(from, heard)) return;
    if (this.#standing.isDoubted) {
      const message =
        'This server has no data and others have: it waits for a leader to learn from';
      this.#log('warn', 'election.empty', message);
    } else {
      const message = 'No server can rely on its own data alone: the best of all of it counts';
      this.#log('warn', 'election.all-doubt', message);
    }
    this.#propose(this.#standing.initial, this.#vote.round, now);
  }

  /** Whether somebody makes a better leader. Who has no weight leads nobody. */
  #isBetter(one: Candidate, other: Candidate): boolean {
    if (!this.#mayLead(one.leader)) return false;
    return !this.#mayLead(other.leader) || compareCandidates(one, other) > 0;
  }

  /** Votes in the same round for the best of all that were heard of. */
  #choose(now: Millis): void {
    const { initial, isDoubted, isVoter } = this.#standing;
    if (isVoter && isDoubted) return;
    const best = this.#ballots.bestOf(this.#vote.round, (said) => {
      if (said.zxid === DOUBTED_ZXID) return false;
      if (said.leader === this.#parts.serverId) return this.#standing.isTrue(said);
      return this.#mayLead(said.leader);
    });
    const chosen = best !== undefined && this.#isBetter(best, initial) ? best : initial;
    if (compareCandidates(chosen, this.#vote) !== 0) this.#propose(chosen, this.#vote.round, now);
  }

  /** Others do not come over to the own vote: so this server goes over to theirs, if it can. */
  #giveIn(now: Millis): void {
    const { candidate } = this.#standing;
    const over = this.#passedOver;
    if (!this.#stalemate.look(this.#ballots, this.#vote, candidate, over, now)) return;
    const { leader } = this.#vote;
    this.#log('info', 'election.gives-in', `Others do not vote for server ${leader}`);
    over.add(leader, now + this.#parts.passOverMs);
    this.#choose(now);
  }

  /** Others follow whom this server has followed in vain: its vote may be what was missing. */
  #forgive(now: Millis): void {
    const { forgivable } = this.#passedOver;
    if (!this.#ballots.lacksVotes(forgivable, this.#vote.round)) return;
    this.#passedOver.forgive();
    this.#choose(now);
  }

  #mayLead(serverId: number): boolean {
    return this.#parts.membership.canLead(serverId) && !this.#passedOver.has(serverId);
  }

  #beginAgain(round: number, why: string, now: Millis): void {
    this.#log('info', 'election.again', `A new round of the election begins: ${why}`);
    this.#propose(this.#standing.initial, round, now);
  }

  #propose(candidate: Candidate, round: number, now: Millis): void {
    const { leader, zxid, peerEpoch } = candidate;
    this.#vote = { leader, zxid, peerEpoch, round };
    this.#wait.end();
    this.#corrected.clear();
    this.#stalemate.begin(now);
    this.#say();
    this.#broadcast(this.#said!, now);
  }

  /** Makes what is told to whoever asks. */
  #say(): void {
    const config = this.#parts.membership.text;
    this.#said = { state: this.#state, ...this.#vote, version: 2, config };
  }

  #broadcast(notification: Notification, now: Millis): void {
    const { membership, serverId } = this.#parts;
    for (const id of membership.voters) {
      if (id !== serverId) this.#parts.send(id, notification);
    }
    this.#tellAt = now + this.#intervalMs;
  }

  /** Answers, unless the very same was answered to the very same a moment ago. */
  #answer(to: number, about: Notification, now: Millis): void {
    const said = this.#said!;
    if (this.#answers.note(to, about, said, now)) this.#parts.send(to, said);
  }

  #tellWhoLeads(from: number, heard: Notification, now: Millis): void {
    if (!isSameVote(heard, this.#vote)) {
      this.#supporters.delete(from);
      this.#lookers.add(from);
    }
    this.#answer(from, heard, now);
  }

  /** Looks whether what was heard is enough for a decision. */
  #evaluate(now: Millis): void {
    if (this.#state !== 'looking') return;
    const { membership, serverId } = this.#parts;
    const { candidate } = this.#standing;
    const found = this.#ballots.leaderOf(this.#vote, candidate, this.#passedOver);
    if (found !== undefined) {
      this.#decide(found);
      return;
    }
    const agreeing = this.#ballots.agreeingWith(this.#vote);
    if (candidate !== undefined) agreeing.add(serverId);
    if (!membership.hasQuorum(agreeing)) {
      this.#wait.end();
      return;
    }
    const vote = this.#vote;
    const wait = this.#wait;
    wait.begin(now);
    const isOver = now >= wait.endsAt(vote);
    if (!wait.isOutOfReach(vote)) {
      if (isOver || wait.isNeedless(vote, agreeing)) this.#decide(vote, agreeing);
    } else if (isOver) {
      this.#beginAgain(vote.round + 1, `server ${vote.leader} is out of reach`, now);
    }
  }

  #decide(vote: Vote, supporters: Iterable<number> = []): void {
    const { leader, zxid, peerEpoch, round } = vote;
    const isLeader = leader === this.#parts.serverId;
    this.#state = isLeader ? 'leading' : this.#standing.isVoter ? 'following' : 'observing';
    this.#vote = { leader, zxid, peerEpoch, round };
    this.#decision = { leader, vote: this.#vote };
    if (isLeader) for (const id of supporters) this.#supporters.add(id);
    this.#say();
    for (const id of this.#ballots.mayNotKnow(this.#vote)) this.#lookers.add(id);
    for (const id of this.#lookers) this.#parts.send(id, this.#said!);
    this.#log('info', 'election.decided', `Server ${leader} is to lead: ${this.#state}`);
  }

  #log(level: LogEvent['level'], event: string, message: string): void {
    const { leader, zxid, peerEpoch, round } = this.#vote;
    this.#parts.log({ level, event, message, fields: { leader, zxid, peerEpoch, round } });
  }
}
