import { utf8 } from '../base/bytes.js';
import type { Host } from '../base/host.js';
import type { ConnectionId, Millis } from '../base/ids.js';
import { compareLongs, hexLong, longOf } from '../base/long.js';
import type { Config } from '../config/config.js';
import type { Turn } from '../seam/turn.js';
import {
  isOffer,
  packetName,
  packetTypes,
  readLearnerInfo,
  readTouches,
  writeOffer,
  writePacket,
  ZAB_VERSION,
} from '../wire/quorum.js';
import { MalformedError, Reader } from '../wire/reader.js';
import type { Id } from '../wire/records.js';
import { Writer } from '../wire/writer.js';
import { Broadcast, writeDecided } from './broadcast.js';
import type { Epochs } from './epochs.js';
import type { HistoryEntry, LeaderHistory } from './history.js';
import { LearnerHandler } from './learner-handler.js';
import type { Membership } from './membership.js';
import { QuorumContact } from './quorum-contact.js';
import type { QuorumLink } from './quorum-link.js';

/** A request that a learner has forwarded. */
export interface ForwardedRequest {
  readonly session: bigint;
  readonly cxid: number;
  readonly operation: number;
  /** Its cursor stands at the body. */
  readonly body: Reader;
  readonly identities: readonly Id[];
}

export interface LeaderParts {
  readonly config: Config;
  readonly host: Host;
  readonly turn: Turn;
  readonly membership: Membership;
  readonly epochs: Epochs;
  readonly history: LeaderHistory;
  /** What a Vivarium learner is to know before it serves: see `packetTypes.secrets`. */
  readonly secrets: () => Uint8Array;
  /** A quorum has the history: clients may be served from now on. */
  readonly activated: () => void;
  /** All transactions of the epoch up to this number are decided. */
  readonly committed: (number: number) => void;
  readonly request: (learner: LearnerHandler, request: ForwardedRequest) => void;
  /** A client came back to a learner; answered by {@link Leader.revalidated}. */
  readonly revalidate: (learner: LearnerHandler, session: bigint, timeoutMs: Millis) => void;
  /** A learner has heard from a session's client. */
  readonly touched: (session: bigint, timeoutMs: Millis) => void;
  /** The server cannot lead any longer. */
  readonly lost: (reason: string) => void;
}

const NEVER = Number.POSITIVE_INFINITY;
/** No epoch comes after this one: it would not fit a zxid. */
const LAST_EPOCH = 0x7fff_ffff;
/** When the counter of an epoch has come so far, a new epoch begins. */
const LAST_COUNTER = 0xffff_ffff;

/**
 * The server that leads: finds an epoch that a quorum has not seen, brings every learner's history
 * to its own, and then proposes, collects acknowledgements and commits.
 *
 * @see ZooKeeper 3.9 Leader and LearnerHandler
 */
export class Leader {
  readonly #parts: LeaderParts;
  readonly #serverId: number;
  readonly #learners = new Map<ConnectionId, LearnerHandler>();
  readonly #contact: QuorumContact;
  readonly #followers = new Broadcast();
  readonly #observers = new Broadcast();
  /** Accepted epochs of voters, until a quorum has reported. */
  readonly #accepted = new Map<number, number>();
  readonly #epochAcks = new Set<number>();
  readonly #startedAt: Millis;
  #stage: 'discovery' | 'epoch' | 'acks' | 'current' | 'sync' | 'active' | 'over' = 'discovery';
  #epoch = 0;
  /** Proposed and not decided; the first has the number `#committed + 1`. */
  readonly #proposals: HistoryEntry[] = [];
  #proposed = 0;
  #committed = 0;
  #durable = 0;
  #isAckNew = false;
  #nextPing: Millis;

  constructor(parts: LeaderParts) {
    this.#parts = parts;
    this.#serverId = parts.config.serverId;
    this.#startedAt = parts.turn.now;
    this.#nextPing = this.#startedAt + parts.config.tickTime / 2;
    this.#contact = new QuorumContact(parts.membership, this.#serverId);
    this.#noteAccepted(this.#serverId, parts.epochs.accepted);
  }

  get epoch(): number {
    return this.#epoch;
  }

  get isActive(): boolean {
    return this.#stage === 'active';
  }

  get learners(): Iterable<LearnerHandler> {
    return this.#learners.values();
  }

  /** When to step next, even if nothing comes. */
  get wakeAt(): Millis {
    if (this.#stage === 'over') return NEVER;
    for (const { snapshot, link } of this.#learners.values()) {
      if (snapshot !== undefined && !link.isSlow) return this.#parts.turn.now;
    }
    return this.#nextPing;
  }

  /** Whether the ensemble cannot have another leader that counts the time of sessions. */
  mayPromise(): boolean {
    const { turn, config } = this.#parts;
    return turn.now - this.#contact.at(this.#learners.values(), turn.now) <= config.tickTime;
  }

  /** A server has connected to the quorum port. */
  opened(link: QuorumLink): void {
    this.#learners.set(link.connection, new LearnerHandler(link, this.#parts.turn.now));
  }

  /** Whether a connection is that of a learner. */
  has(connection: ConnectionId): boolean {
    return this.#learners.has(connection);
  }

  received(connection: ConnectionId, bytes: Uint8Array): void {
    const learner = this.#learners.get(connection);
    if (learner === undefined) return;
    learner.lastHeardAt = this.#parts.turn.now;
    learner.link.received(bytes);
    try {
      while (!learner.link.isClosed && learner.link.next()) this.#take(learner);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#drop(learner, `malformed: ${error.message}`);
    }
  }

  slow(connection: ConnectionId, isSlow: boolean): void {
    const learner = this.#learners.get(connection);
    if (learner !== undefined) learner.link.isSlow = isSlow;
  }

  closed(connection: ConnectionId, reason: string): void {
    const learner = this.#learners.get(connection);
    if (learner === undefined) return;
    learner.link.isClosed = true;
    this.#drop(learner, reason);
  }

  /**
   * A transaction of the epoch was put into the own log: all who follow are told.
   *
   * @param bytes kept as they are, so that nobody may change them
   */
  proposed(zxidHigh: number, zxidLow: number, bytes: Uint8Array): void {
    this.#proposals.push({ zxidHigh, zxidLow, bytes });
    this.#proposed++;
    this.#followers.say(packetTypes.proposal, zxidHigh, zxidLow, bytes);
  }

  /** Up to this number of the epoch all is durable in the own log. */
  durable(number: number): void {
    this.#durable = number;
    this.#isAckNew = true;
  }

  /** Answers {@link LeaderParts.revalidate}. */
  revalidated(learner: LearnerHandler, session: bigint, isValid: boolean): void {
    const to = new Writer(9);
    to.long(session);
    to.boolean(isValid);
    learner.link.say(packetTypes.revalidate, -1, -1, to.copy());
  }

  /** Calls back as soon as a quorum has said, after this call, that it follows. */
  confirm(done: () => void): void {
    this.#contact.confirm(done);
  }

  /** Tells a learner that its oldest sync may pass. */
  passSync(learner: LearnerHandler): void {
    learner.link.say(packetTypes.sync, 0, 0);
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
    if (learner.pingsSentAt.every((at) => at <= deadline)) this.#ping(learner);
    return false;
  }

  /** What is to be done after all that came: commits, pings, timeouts. */
  step(): void {
    if (this.#stage === 'over') return;
    if (this.#isAckNew) this.#commitOn();
    const { turn, config } = this.#parts;
    if (this.#contact.isAsked) this.#askAll();
    for (const learner of this.#learners.values()) this.#goOn(learner);
    if (turn.now < this.#nextPing) return;
    this.#nextPing = turn.now + config.tickTime / 2;
    this.#lookAtTimes();
    if (this.#isOver) return;
    for (const learner of this.#learners.values()) if (learner.isSynced) this.#ping(learner);
  }

  /** Steps down when so much time has passed unnoticed that there may be another leader. */
  stepDownIfLate(): void {
    const { turn, config } = this.#parts;
    if (this.#stage !== 'active') return;
    const heardAt = this.#contact.at(this.#learners.values(), turn.now);
    if (turn.now - heardAt <= config.syncLimit * config.tickTime) return;
    this.#lose('a quorum was not heard for longer than syncLimit allows');
  }

  /** Hands over what was said in this step. */
  flush(): void {
    this.#cut();
    const { durable } = this.#parts.turn;
    for (const { link } of this.#learners.values()) link.flush(durable);
  }

  /** Lets every learner go. */
  end(reason: string): void {
    this.#stage = 'over';
    for (const { link } of this.#learners.values()) link.close(reason);
    this.#learners.clear();
  }

  get #isOver(): boolean {
    return this.#stage === 'over';
  }

  /** What was said to all so far goes to those who have followed so far. */
  #cut(): void {
    const { turn } = this.#parts;
    if (!this.#followers.isEmpty) this.#followers.flush(this.#of(false), turn);
    if (!this.#observers.isEmpty) this.#observers.flush(this.#of(true), turn);
  }

  *#of(isObserver: boolean): Iterable<LearnerHandler> {
    for (const learner of this.#learners.values()) {
      if (learner.isObserver === isObserver) yield learner;
    }
  }

  #take(learner: LearnerHandler): void {
    const { type, zxidHigh, zxidLow, data } = learner.link.packets;
    if (learner.stage === 'greeting') {
      this.#greet(learner, type, zxidHigh, data);
      return;
    }
    switch (type) {
      case packetTypes.ackEpoch:
        this.#epochAcked(learner, zxidHigh, zxidLow, data);
        return;
      case packetTypes.ack:
        this.#acked(learner, zxidHigh, zxidLow);
        return;
      default:
        break;
    }
    if (!learner.isSynced) {
      throw new MalformedError(`${packetName(type)} comes while its history is made good`);
    }
    switch (type) {
      case packetTypes.ping:
        this.#reported(learner, data);
        break;
      case packetTypes.request:
        this.#requested(learner, data);
        break;
      case packetTypes.revalidate: {
        const from = new Reader(demandData(data, 'REVALIDATE'));
        const session = from.long();
        this.#parts.revalidate(learner, session, from.int());
        break;
      }
      default:
        throw new MalformedError(`${packetName(type)} is nothing that a learner says`);
    }
  }

  #greet(
    learner: LearnerHandler,
    type: number,
    acceptedEpoch: number,
    data: Uint8Array | null,
  ): void {
    if (type !== packetTypes.followerInfo && type !== packetTypes.observerInfo) {
      throw new MalformedError(`${packetName(type)} before it said who it is`);
    }
    const { membership, config } = this.#parts;
    const info = readLearnerInfo(data);
    if (info.protocolVersion < ZAB_VERSION) {
      throw new MalformedError('it speaks a protocol from before ZooKeeper 3.4');
    }
    const id = Number(info.serverId);
    if (id === this.#serverId || membership.server(id) === undefined) {
      const who = id === this.#serverId ? 'has my own number' : 'is no member';
      this.#drop(learner, `server ${info.serverId} ${who}: check its myid and its server lines`);
      return;
    }
    const ownVersion = config.ensemble?.version ?? 0n;
    if (info.configVersion > ownVersion) {
      const versions = `${hexLong(info.configVersion)}, mine is ${hexLong(ownVersion)}`;
      this.#drop(learner, `its members are of version ${versions}`);
      return;
    }
    for (const other of this.#learners.values()) {
      if (other.serverId === id) this.#drop(other, 'it has connected once more');
    }
    learner.serverId = id;
    learner.isObserver = type === packetTypes.observerInfo;
    learner.isVoter = !learner.isObserver && membership.isVoter(id);
    learner.isVivarium = isOffer(info.rest);
    if (learner.isVivarium) learner.link.sealIn();
    learner.acceptedEpoch = acceptedEpoch;
    learner.stage = 'waiting';
    if (this.#stage === 'discovery') {
      if (learner.isVoter) this.#noteAccepted(id, acceptedEpoch);
      return;
    }
    if (acceptedEpoch > this.#epoch && learner.isVoter) {
      this.#lose(`server ${id} has accepted epoch ${acceptedEpoch}, mine is ${this.#epoch}`);
      return;
    }
    if (this.#stage !== 'epoch') this.#tellEpoch(learner);
  }

  /** With a quorum's words it is known which epoch none of them has seen. */
  #noteAccepted(id: number, epoch: number): void {
    this.#accepted.set(id, epoch);
    if (!this.#parts.membership.hasQuorum(this.#accepted.keys())) return;
    const newest = Math.max(...this.#accepted.values());
    if (newest >= LAST_EPOCH) {
      this.#lose(`no epoch comes after ${newest}`);
      return;
    }
    this.#epoch = newest + 1;
    this.#stage = 'epoch';
    this.#parts.epochs.accept(this.#epoch, () => {
      this.#stage = 'acks';
      for (const learner of this.#learners.values()) {
        if (learner.stage === 'waiting') this.#tellEpoch(learner);
      }
      this.#noteEpochAck(this.#serverId);
    });
  }

  #tellEpoch(learner: LearnerHandler): void {
    const to = new Writer(12);
    to.int(ZAB_VERSION);
    if (learner.isVivarium) writeOffer(to);
    learner.link.say(packetTypes.leaderInfo, this.#epoch, 0, to.copy());
    if (learner.isVivarium) learner.link.sealOut(this.#parts.turn.durable);
    learner.stage = 'asked';
  }

  #epochAcked(
    learner: LearnerHandler,
    zxidHigh: number,
    zxidLow: number,
    data: Uint8Array | null,
  ): void {
    if (learner.stage !== 'asked') throw new MalformedError('ACKEPOCH comes twice or too early');
    const currentEpoch = new Reader(demandData(data, 'ACKEPOCH')).int();
    const { epochs, history } = this.#parts;
    learner.zxidHigh = zxidHigh;
    learner.zxidLow = zxidLow;
    const { appliedHigh, appliedLow } = history;
    const isAhead =
      currentEpoch > epochs.current ||
      (currentEpoch === epochs.current &&
        compareLongs(zxidHigh, zxidLow, appliedHigh, appliedLow) > 0);
    if (this.#stage === 'acks' && isAhead) {
      const end = hexLong(longOf(zxidHigh, zxidLow));
      this.#drop(learner, `it is ahead: epoch ${currentEpoch}, ${end}`);
      return;
    }
    learner.stage = 'accepted';
    if (this.#stage === 'acks') {
      /* It was never in an ensemble, or has lost its data: nobody knows what it once confirmed. */
      const isWiped =
        (zxidHigh | zxidLow) === 0 && currentEpoch === 0 && (appliedHigh | appliedLow) !== 0;
      const isProof = currentEpoch !== -1 && !(zxidHigh === -1 && zxidLow === -1) && !isWiped;
      if (learner.isVoter && isProof) this.#noteEpochAck(learner.serverId);
    } else if (this.#stage === 'sync' || this.#stage === 'active') {
      this.#sync(learner);
    }
  }

  #noteEpochAck(id: number): void {
    if (this.#stage !== 'acks') return;
    this.#epochAcks.add(id);
    if (!this.#parts.membership.hasQuorum(this.#epochAcks)) return;
    this.#stage = 'current';
    this.#parts.epochs.begin(this.#epoch, () => {
      this.#stage = 'sync';
      for (const learner of this.#learners.values()) {
        if (learner.stage === 'accepted') this.#sync(learner);
      }
      this.#noteSynced();
    });
  }

  /** Brings a learner's history to the leader's, and lets it follow from then on. */
  #sync(learner: LearnerHandler): void {
    this.#cut();
    const { history } = this.#parts;
    const plan = history.plan(learner.zxidHigh, learner.zxidLow);
    const { link } = learner;
    if (plan.kind === 'snap') {
      this.#beginSnapshot(learner);
      return;
    }
    const type = plan.kind === 'diff' ? packetTypes.diff : packetTypes.trunc;
    link.say(type, plan.zxidHigh, plan.zxidLow);
    for (const { zxidHigh, zxidLow, bytes } of plan.entries) {
      writeDecided(link.out, zxidHigh, zxidLow, bytes);
    }
    this.#sayUndecided(learner, link.out);
    this.#sayNewLeader(learner, link.out);
    learner.stage = 'syncing';
  }

  #beginSnapshot(learner: LearnerHandler): void {
    const { history } = this.#parts;
    const { appliedHigh, appliedLow } = history;
    const decided = history.decidedAfter(appliedHigh, appliedLow);
    /* The own disk is behind: what is decided is not all at hand. A later step tries again. */
    if (decided === undefined) return;
    learner.link.say(packetTypes.snap, appliedHigh, appliedLow);
    learner.snapshot = history.snapshot();
    learner.stage = 'snapping';
    const backlog = learner.beginBacklog();
    for (const { zxidHigh, zxidLow, bytes } of decided) {
      writeDecided(backlog, zxidHigh, zxidLow, bytes);
    }
    this.#sayUndecided(learner, backlog);
  }

  #sayUndecided({ isObserver }: LearnerHandler, to: Writer): void {
    if (isObserver) return;
    for (const { zxidHigh, zxidLow, bytes } of this.#proposals) {
      writePacket(to, packetTypes.proposal, zxidHigh, zxidLow, bytes);
    }
  }

  #sayNewLeader(learner: LearnerHandler, to: Writer): void {
    const { membership, secrets } = this.#parts;
    if (learner.isVivarium) writePacket(to, packetTypes.secrets, 0, 0, secrets());
    writePacket(to, packetTypes.newLeader, this.#epoch, 0, utf8(membership.text));
  }

  /** One more piece of a learner's snapshot, if it can take one. */
  #goOn(learner: LearnerHandler): void {
    if (learner.stage === 'accepted' && (this.#stage === 'sync' || this.#stage === 'active')) {
      this.#sync(learner);
    }
    const { snapshot, link, backlog } = learner;
    if (snapshot === undefined || backlog === undefined || link.isSlow) return;
    link.out.raw(snapshot.next());
    if (!snapshot.done) return;
    this.#cut();
    learner.snapshot = undefined;
    learner.backlog = undefined;
    if (learner.isVivarium) {
      const { appliedHigh, appliedLow } = this.#parts.history;
      link.say(packetTypes.snapEnd, appliedHigh, appliedLow);
    }
    link.out.raw(backlog.bytes, 0, backlog.position);
    this.#sayNewLeader(learner, link.out);
    learner.stage = 'syncing';
  }

  #acked(learner: LearnerHandler, zxidHigh: number, zxidLow: number): void {
    if (learner.stage === 'syncing') {
      if (zxidHigh !== this.#epoch || zxidLow !== 0) {
        const zxid = hexLong(longOf(zxidHigh, zxidLow));
        throw new MalformedError(`it acknowledges ${zxid} before the history of the new epoch`);
      }
      learner.stage = 'synced';
      this.#noteSynced();
      if (this.#stage === 'active') this.#letServe(learner);
      return;
    }
    if (!learner.isSynced) throw new MalformedError('ACK comes while its history is made good');
    /* The answer to UPTODATE, and whatever was forwarded of an epoch before this one. */
    if (zxidHigh !== this.#epoch || zxidLow === 0) return;
    const number = zxidLow >>> 0;
    if (number > this.#proposed) {
      const zxid = hexLong(longOf(zxidHigh, zxidLow));
      throw new MalformedError(`it acknowledges ${zxid}, which was not proposed`);
    }
    if (number <= learner.acked) return;
    learner.acked = number;
    learner.owesSince = number < this.#proposed ? this.#parts.turn.now : NEVER;
    this.#isAckNew = true;
  }

  #noteSynced(): void {
    if (this.#stage !== 'sync') return;
    const synced = [this.#serverId];
    for (const { isSynced, isVoter, serverId } of this.#learners.values()) {
      if (isSynced && isVoter) synced.push(serverId);
    }
    if (!this.#parts.membership.hasQuorum(synced)) return;
    this.#stage = 'active';
    this.#contact.begin(this.#parts.turn.now);
    this.#parts.activated();
    for (const learner of this.#learners.values()) {
      if (learner.stage === 'synced') this.#letServe(learner);
    }
  }

  #letServe(learner: LearnerHandler): void {
    learner.stage = 'serving';
    learner.link.say(packetTypes.upToDate, -1, -1);
    this.#ping(learner);
  }

  /** Decides whatever a quorum has made durable. */
  #commitOn(): void {
    this.#isAckNew = false;
    const number = this.#decidable();
    if (number <= this.#committed) return;
    const { history } = this.#parts;
    const count = number - this.#committed;
    const hasObservers = this.#hasObservers;
    for (let i = 0; i < count; i++) {
      const proposal = this.#proposals[i]!;
      const { zxidHigh, zxidLow, bytes } = proposal;
      this.#followers.say(packetTypes.commit, zxidHigh, zxidLow);
      if (hasObservers) this.#observers.say(packetTypes.inform, zxidHigh, zxidLow, bytes);
      history.decided(proposal);
    }
    this.#proposals.splice(0, count);
    this.#committed = number;
    this.#parts.committed(number);
    if (number < LAST_COUNTER) return;
    this.#lose('the counter of the epoch has come to its end');
  }

  get #hasObservers(): boolean {
    for (const { isObserver } of this.#learners.values()) if (isObserver) return true;
    return false;
  }

  /** The last number that is durable on a quorum. */
  #decidable(): number {
    const acks: { readonly id: number; readonly number: number }[] = [
      { id: this.#serverId, number: this.#durable },
    ];
    for (const { isVoter, isSynced, serverId, acked } of this.#learners.values()) {
      if (isVoter && isSynced) acks.push({ id: serverId, number: acked });
    }
    acks.sort((a, b) => b.number - a.number);
    const ids: number[] = [];
    for (const { id, number } of acks) {
      ids.push(id);
      if (this.#parts.membership.hasQuorum(ids)) return number;
    }
    return 0;
  }

  #ping(learner: LearnerHandler): void {
    const { turn } = this.#parts;
    learner.pingsSentAt.push(turn.now);
    learner.pingsSent++;
    const { zxidHigh, zxidLow } = this.#lastProposed;
    learner.link.say(packetTypes.ping, zxidHigh, zxidLow);
  }

  get #lastProposed(): { readonly zxidHigh: number; readonly zxidLow: number } {
    return { zxidHigh: this.#epoch, zxidLow: this.#proposed | 0 };
  }

  #askAll(): void {
    const asked: LearnerHandler[] = [];
    for (const learner of this.#learners.values()) {
      if (!learner.isSynced || !learner.isVoter) continue;
      this.#ping(learner);
      asked.push(learner);
    }
    this.#contact.asked(asked);
  }

  /** The answer to a PING: it follows, and has heard from these sessions. */
  #reported(learner: LearnerHandler, data: Uint8Array | null): void {
    const sentAt = learner.pingsSentAt.shift();
    if (sentAt === undefined) throw new MalformedError('it answers a PING that was not sent');
    const { turn, touched } = this.#parts;
    learner.pingsAnswered++;
    learner.answeredPingSentAt = sentAt;
    learner.lastReportAt = turn.now;
    for (const { session, timeoutMs } of readTouches(data)) touched(session, timeoutMs);
    if (learner.isVoter) this.#contact.answered(learner);
    if (learner.isVivarium && this.mayPromise()) {
      learner.link.say(packetTypes.heard, 0, learner.pingsAnswered | 0);
    }
  }

  #requested(learner: LearnerHandler, data: Uint8Array | null): void {
    const body = new Reader(demandData(data, 'REQUEST'));
    const session = body.long();
    const cxid = body.int();
    const operation = body.int();
    const { identities } = learner.link.packets;
    this.#parts.request(learner, { session, cxid, operation, body, identities });
  }

  /** Learners that are silent go, and without a quorum of the others so does the leader. */
  #lookAtTimes(): void {
    const { turn, config, membership } = this.#parts;
    const { now } = turn;
    const initMs = config.initLimit * config.tickTime;
    const syncMs = config.syncLimit * config.tickTime;
    for (const learner of [...this.#learners.values()]) {
      const limit = learner.isSynced ? learner.lastHeardAt + syncMs : learner.openedAt + initMs;
      const isSending = learner.snapshot !== undefined;
      if (now > limit && !isSending) this.#drop(learner, 'nothing was heard of it for too long');
      else if (now > learner.owesSince + syncMs) {
        this.#drop(learner, `it owes an acknowledgement for more than ${syncMs} ms`);
      } else if (learner.isSynced && learner.acked < this.#proposed) {
        learner.owesSince = Math.min(learner.owesSince, now);
      }
    }
    if (this.#stage !== 'active') {
      if (now > this.#startedAt + initMs) this.#lose(`no quorum has followed within ${initMs} ms`);
      return;
    }
    const heard = [this.#serverId];
    for (const { isSynced, isVoter, serverId, lastHeardAt } of this.#learners.values()) {
      if (isSynced && isVoter && now - lastHeardAt <= syncMs) heard.push(serverId);
    }
    if (!membership.hasQuorum(heard)) this.#lose('a quorum is not heard any more');
  }

  #drop(learner: LearnerHandler, reason: string): void {
    const { link } = learner;
    if (!this.#learners.delete(link.connection)) return;
    this.#contact.left(learner);
    this.#parts.host.log({
      level: 'info',
      event: 'leader.learner-left',
      message: `${learner.name} follows no longer: ${reason}`,
      fields: { server: learner.serverId },
    });
    link.close(reason);
    if (this.#stage === 'discovery') this.#accepted.delete(learner.serverId);
    if (this.#stage !== 'active' || !learner.isVoter) return;
    const left = [this.#serverId];
    for (const { isSynced, isVoter, serverId } of this.#learners.values()) {
      if (isSynced && isVoter) left.push(serverId);
    }
    if (!this.#parts.membership.hasQuorum(left)) this.#lose('a quorum does not follow any more');
  }

  #lose(reason: string): void {
    if (this.#isOver) return;
    this.#stage = 'over';
    this.#parts.lost(reason);
  }
}

function demandData(data: Uint8Array | null, what: string): Uint8Array {
  if (data === null) throw new MalformedError(`${what} without data`);
  return data;
}
