import type { ConnectionId, Millis } from '../base/ids.js';
import { hexLong, longOf } from '../base/long.js';
import { demandData, packetName, packetTypes, writeOffer, ZAB_VERSION } from '../wire/quorum.js';
import { MalformedError, Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';
import { Discovery } from './discovery.js';
import { Heartbeats } from './heartbeats.js';
import { HistoryTransfer } from './history-transfer.js';
import type { LeaderParts } from './leader-parts.js';
import { readGreeting } from './learner-greeting.js';
import { LearnerHandler } from './learner-handler.js';
import { Patience } from './patience.js';
import { type LeadingStage, leadingPhases, type ZabPhase } from './phase.js';
import { Proposals } from './proposals.js';
import type { QuorumLink } from './quorum-link.js';
import { SyncLimits } from './sync-limits.js';
import { Tally } from './tally.js';

const NEVER = Number.POSITIVE_INFINITY;
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
  readonly #discovery: Discovery;
  readonly #transfer: HistoryTransfer;
  readonly #limits: SyncLimits;
  readonly #tally: Tally;
  readonly #heartbeats: Heartbeats;
  readonly #proposals: Proposals;
  readonly #patience: Patience;
  #stage: LeadingStage = 'discovery';
  #activeSince: Millis | undefined = undefined;
  #nextPing: Millis;

  constructor(parts: LeaderParts) {
    const { config, turn, membership, history } = parts;
    this.#parts = parts;
    this.#serverId = config.serverId;
    this.#patience = new Patience(parts);
    this.#nextPing = turn.now + config.tickTime / 2;
    this.#heartbeats = new Heartbeats({
      ...parts,
      learners: this.#learners,
      lastProposed: () => ({ zxidHigh: this.epoch, zxidLow: this.#proposals.last | 0 }),
    });
    this.#tally = new Tally(membership, this.#serverId);
    this.#proposals = new Proposals({
      ...parts,
      tally: this.#tally,
      learners: this.#learners,
      exhausted: () => this.#lose('the epoch has no room for more transactions'),
    });
    this.#discovery = new Discovery({
      ...parts,
      serverId: this.#serverId,
      last: { zxidHigh: history.appliedHigh, zxidLow: history.appliedLow },
      chosen: () => {
        for (const learner of this.#learners.values()) {
          if (learner.stage === 'waiting') this.#tellEpoch(learner);
        }
      },
      begun: () => this.#beginSync(),
      failed: (reason) => this.#lose(reason),
    });
    this.#limits = new SyncLimits({ ...parts, learners: this.#learners });
    this.#transfer = new HistoryTransfer({
      ...parts,
      limits: this.#limits,
      epoch: () => this.epoch,
      decided: () => this.#proposals.decided,
      undecided: this.#proposals.undecided,
      cut: () => this.#proposals.cut(),
      failed: (learner, reason) => this.#drop(learner, reason),
      durable: () => turn.durable,
    });
    this.#discovery.begin();
  }

  get epoch(): number {
    return this.#discovery.epoch;
  }

  get phase(): ZabPhase {
    return leadingPhases[this.#stage];
  }

  /** When a quorum had the history; `undefined` before. */
  get activeSince(): Millis | undefined {
    return this.#activeSince;
  }

  get learners(): Iterable<LearnerHandler> {
    return this.#learners.values();
  }

  /** When to step next, even if nothing comes. */
  get wakeAt(): Millis {
    if (this.#stage === 'over') return NEVER;
    for (const { isDue } of this.#learners.values()) if (isDue) return this.#parts.turn.now;
    return this.#nextPing;
  }

  /** Who is asked whether the quorum follows, and what it has said. */
  get heartbeats(): Heartbeats {
    return this.#heartbeats;
  }

  /** A server has connected to the quorum port. */
  opened(link: QuorumLink): void {
    this.#learners.set(link.connection, new LearnerHandler(link, this.#parts.turn.now));
  }

  /** Forgets what was counted of observers. */
  resetObserverStats(): void {
    for (const learner of this.#learners.values()) if (learner.isObserver) learner.resetStats();
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

  /** What is proposed and not decided. */
  get proposals(): Proposals {
    return this.#proposals;
  }

  /** What is to be done after all that came: commits, pings, timeouts. */
  step(): void {
    if (this.#stage === 'over') return;
    this.#proposals.step();
    const { turn, config } = this.#parts;
    this.#heartbeats.step();
    for (const learner of this.#learners.values()) {
      if (learner.stage === 'accepted' && this.#stage !== 'discovery')
        this.#transfer.begin(learner);
      this.#transfer.goOn(learner);
    }
    if (this.#stage !== 'active') this.#lookForQuorum();
    if (turn.now < this.#nextPing) return;
    this.#nextPing = turn.now + config.tickTime / 2;
    this.#lookAtTimes();
    if (this.#isOver) return;
    for (const learner of this.#learners.values())
      if (learner.isSynced) this.#heartbeats.ping(learner);
  }

  /** Steps down when so much time has passed unnoticed that there may be another leader. */
  stepDownIfLate(): void {
    if (this.#stage !== 'active') this.#lookForQuorum();
    else if (this.#patience.isLate(this.#heartbeats.followedAt)) {
      this.#lose('a quorum was not heard for longer than syncLimit allows');
    }
  }

  /** Hands over what was said in this step. */
  flush(): void {
    this.#proposals.cut();
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

  #take(learner: LearnerHandler): void {
    const { type, zxidHigh, zxidLow, data } = learner.link.packets;
    if (learner.stage === 'greeting') {
      this.#greet(learner, type, zxidHigh, data);
      return;
    }
    if (type === packetTypes.ackEpoch) {
      this.#epochAcked(learner, zxidHigh, zxidLow, data);
      return;
    }
    if (type === packetTypes.ack) {
      this.#acked(learner, zxidHigh, zxidLow);
      return;
    }
    if (!learner.isSynced) {
      throw new MalformedError(`${packetName(type)} comes while its history is made good`);
    }
    switch (type) {
      case packetTypes.ping:
        this.#heartbeats.reported(learner, data);
        break;
      case packetTypes.request:
      case packetTypes.localRequest:
        this.#requested(learner, data);
        break;
      case packetTypes.revalidate: {
        const from = new Reader(demandData(data, 'REVALIDATE'));
        this.#parts.metrics.revalidations.add(1);
        this.#parts.revalidate(learner, from.long(), from.int());
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
    const { membership } = this.#parts;
    const greeting = readGreeting(type, acceptedEpoch, data, membership, this.#serverId);
    const { serverId: id, isObserver, isVivarium, refusal } = greeting;
    if (refusal !== undefined) {
      this.#drop(learner, refusal);
      return;
    }
    for (const other of this.#learners.values()) {
      if (other.serverId === id) this.#drop(other, 'it has connected once more');
    }
    learner.serverId = id;
    learner.isObserver = isObserver;
    learner.isVoter = !isObserver && membership.isVoter(id);
    learner.isVivarium = isVivarium;
    if (isVivarium) learner.link.sealIn();
    learner.acceptedEpoch = acceptedEpoch;
    learner.stage = 'waiting';
    if (!this.#discovery.isChosen) {
      if (learner.isVoter) this.#discovery.reported(id, acceptedEpoch);
    } else if (acceptedEpoch > this.epoch && learner.isVoter) {
      this.#lose(`server ${id} has accepted epoch ${acceptedEpoch}, mine is ${this.epoch}`);
    } else {
      this.#tellEpoch(learner);
    }
  }

  #tellEpoch(learner: LearnerHandler): void {
    const to = new Writer(12);
    to.int(ZAB_VERSION);
    if (learner.isVivarium) writeOffer(to);
    learner.link.say(packetTypes.leaderInfo, this.epoch, 0, to.copy());
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
    const currentEpoch = learner.accepts(zxidHigh, zxidLow, data);
    if (this.#discovery.isAhead(learner, currentEpoch)) {
      const end = hexLong(longOf(zxidHigh, zxidLow));
      this.#drop(learner, `it is ahead: epoch ${currentEpoch}, ${end}`);
      return;
    }
    learner.stage = 'accepted';
    if (this.#stage === 'discovery') {
      if (learner.isVoter) this.#discovery.acknowledged(learner, currentEpoch);
    } else {
      this.#transfer.begin(learner);
    }
  }

  #beginSync(): void {
    this.#stage = 'sync';
    for (const learner of this.#learners.values()) {
      if (learner.stage === 'accepted') this.#transfer.begin(learner);
    }
    this.#noteSynced();
  }

  #acked(learner: LearnerHandler, zxidHigh: number, zxidLow: number): void {
    if (learner.stage === 'syncing') {
      if (zxidHigh !== this.epoch || zxidLow !== 0) {
        const zxid = hexLong(longOf(zxidHigh, zxidLow));
        throw new MalformedError(`it acknowledges ${zxid} before the history of the new epoch`);
      }
      learner.stage = 'synced';
      this.#limits.ended(learner);
      if (this.#stage === 'active') this.#letServe(learner);
      else this.#noteSynced();
      return;
    }
    if (!learner.isSynced) throw new MalformedError('ACK comes while its history is made good');
    /* The answer to UPTODATE, and whatever was forwarded of an epoch before this one. */
    if (zxidHigh !== this.epoch || zxidLow === 0) return;
    this.#proposals.acknowledged(learner, zxidHigh, zxidLow);
  }

  #noteSynced(): void {
    if (this.#stage !== 'sync') return;
    if (!this.#tally.has(this.#learners.values())) return;
    this.#stage = 'active';
    this.#activeSince = this.#parts.turn.now;
    this.#heartbeats.begin();
    this.#parts.activated();
    for (const learner of this.#learners.values()) {
      if (learner.stage === 'synced') this.#letServe(learner);
    }
  }

  #letServe(learner: LearnerHandler): void {
    learner.stage = 'serving';
    learner.link.say(packetTypes.upToDate, -1, -1);
    learner.link.flush(this.#parts.turn.durable);
    this.#heartbeats.ping(learner);
    this.#tell(learner, 'leader.learner-serves', 'has all there is, and may serve');
  }

  #tell({ name, serverId }: LearnerHandler, event: string, what: string): void {
    const message = `${name} ${what}`;
    this.#parts.host.log({ level: 'info', event, message, fields: { server: serverId } });
  }

  #requested(learner: LearnerHandler, data: Uint8Array | null): void {
    const body = new Reader(demandData(data, 'REQUEST'));
    const session = body.long();
    const cxid = body.int();
    const operation = body.int();
    const { identities, type } = learner.link.packets;
    const isLocal = type === packetTypes.localRequest;
    learner.requests++;
    this.#parts.request(learner, { session, isLocal, cxid, operation, body, identities });
  }

  /** Gives up, as long as no quorum follows, if it is time to. */
  #lookForQuorum(): void {
    const reason = this.#patience.lostBeforeQuorum(this.#discovery.isChosen);
    if (reason !== undefined) this.#lose(reason);
  }

  /** Learners that are silent go, and without a quorum of the others so does the leader. */
  #lookAtTimes(): void {
    const patience = this.#patience;
    for (const learner of [...this.#learners.values()]) {
      const reason = patience.lostWith(learner, this.#proposals.last);
      if (reason !== undefined) this.#drop(learner, reason);
    }
    const hears = (learner: LearnerHandler) => patience.hears(learner);
    if (this.#stage === 'active' && !this.#tally.has(this.#learners.values(), hears)) {
      this.#lose('a quorum is not heard any more');
    }
  }

  #drop(learner: LearnerHandler, reason: string): void {
    const { link } = learner;
    if (!this.#learners.delete(link.connection)) return;
    this.#heartbeats.left(learner);
    this.#tell(learner, 'leader.learner-left', `follows no longer: ${reason}`);
    link.close(reason);
    this.#discovery.left(learner.serverId);
    if (this.#stage !== 'active' || !learner.isVoter) return;
    if (!this.#tally.has(this.#learners.values())) this.#lose('a quorum does not follow any more');
  }

  #lose(reason: string): void {
    if (this.#isOver) return;
    this.#stage = 'over';
    this.#parts.lost(reason);
  }
}
