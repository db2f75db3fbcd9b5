import type { ConnectionId, Millis } from '../base/ids.js';
import {
  demandData,
  epochAck,
  packetName,
  packetTypes,
  writeLearnerInfo,
  writeOffer,
  writeRequest,
} from '../wire/quorum.js';
import { MalformedError, Reader } from '../wire/reader.js';
import type { Id } from '../wire/records.js';
import { Writer } from '../wire/writer.js';
import { HistoryIntake } from './history-intake.js';
import { LeaderDial } from './leader-dial.js';
import { readLeaderInfo } from './leader-greeting.js';
import { LearnerLog } from './learner-log.js';
import type { LearnerParts } from './learner-parts.js';
import { Lease } from './lease.js';
import { changeOfMembers } from './members-change.js';
import { type LearningStage, learningPhases, type SyncMode, type ZabPhase } from './phase.js';
import { QuorumLink } from './quorum-link.js';

/**
 * The server that follows: accepts the leader's epoch, takes over its history, and then logs what
 * is proposed, says so when it is durable, and applies what is decided.
 *
 * @see ZooKeeper 3.9 Learner, Follower and Observer
 */
export class Learner {
  readonly #parts: LearnerParts;
  readonly #startedAt: Millis;
  readonly #lease: Lease;
  #stage: LearningStage = 'dialing';
  #link: QuorumLink | undefined = undefined;
  readonly #dial: LeaderDial;
  #lastHeardAt: Millis;
  #epoch = 0;
  /** Whether the leader is Vivarium's: the link is sealed. */
  #isVivarium = false;
  #intake: HistoryIntake | undefined = undefined;
  /** Logged up to here when NEWLEADER came. */
  #historyEnd = 0;
  #log: LearnerLog | undefined = undefined;
  /** When the leader's epoch was known. */
  #syncBeganAt: Millis = 0;

  constructor(parts: LearnerParts) {
    this.#parts = parts;
    this.#startedAt = parts.turn.now;
    this.#lastHeardAt = parts.turn.now;
    this.#lease = new Lease(parts.config.tickTime);
    this.#dial = new LeaderDial(parts);
  }

  get epoch(): number {
    return this.#epoch;
  }

  get phase(): ZabPhase {
    return learningPhases[this.#stage];
  }

  /** How it comes by the history, while it does. */
  get syncMode(): SyncMode | undefined {
    return this.#stage === 'taking' || this.#stage === 'syncing' ? this.#intake?.mode : undefined;
  }

  get isVivarium(): boolean {
    return this.#isVivarium;
  }

  get wakeAt(): Millis {
    if (this.#stage === 'over') return Number.POSITIVE_INFINITY;
    return Math.min(this.#deadline + 1, this.#dial.wakeAt);
  }

  /** Whether clients may be told that their sessions live. */
  mayPromise(): boolean {
    return this.#lease.holds(this.#parts.turn.now);
  }

  /** A link came to be; false when it is not the one to the leader. */
  opened(connection: ConnectionId, address: string, port: number): boolean {
    if (!this.#dial.opened(connection)) return false;
    const { turn, config, epochs, isObserver } = this.#parts;
    const link = new QuorumLink(turn, connection, address, port);
    this.#link = link;
    this.#stage = 'greeting';
    this.#lastHeardAt = turn.now;
    const info = new Writer(28);
    writeLearnerInfo(info, config.serverId, config.ensemble?.version ?? 0n);
    writeOffer(info);
    const type = isObserver ? packetTypes.observerInfo : packetTypes.followerInfo;
    link.say(type, epochs.accepted, 0, info.copy());
    return true;
  }

  /** Whether a connection is the link to the leader. */
  has(connection: ConnectionId): boolean {
    return this.#link?.connection === connection;
  }

  received(bytes: Uint8Array): void {
    if (this.#stage === 'over') return;
    this.#link!.received(bytes);
    this.#read();
  }

  /** False when the connection is none of this learner's. */
  closed(connection: ConnectionId, reason: string): boolean {
    if (this.#dial.closed(connection)) {
      if (this.#dial.hasFailed)
        this.#lose(`server ${this.#parts.leader} cannot be reached: ${reason}`);
      return true;
    }
    if (this.#link?.connection !== connection) return false;
    this.#link.isClosed = true;
    this.#lose(`the link to server ${this.#parts.leader} is lost: ${reason}`);
    return true;
  }

  /** The log is durable up to a number: who leads is told. */
  durable(): void {
    if (this.#stage === 'acking') this.#ackHistory();
    else if (this.#stage === 'synced' || this.#stage === 'serving') this.#ackProposals();
  }

  /** Asks the leader for what only it can decide. */
  request(
    session: { readonly idHigh: number; readonly idLow: number; readonly isLocal: boolean },
    cxid: number,
    operation: number,
    body: Uint8Array,
    identities: readonly Id[],
  ): void {
    const { request, localRequest } = packetTypes;
    const type = session.isLocal && this.#isVivarium ? localRequest : request;
    writeRequest(this.#link!.out, type, session, cxid, operation, body, identities);
  }

  /** Asks the leader whether a client may go on with its session. */
  revalidate(session: bigint, timeoutMs: Millis): void {
    const data = new Writer(12);
    data.long(session);
    data.int(timeoutMs);
    this.#link!.say(packetTypes.revalidate, -1, -1, data.copy());
  }

  /** What is to be done because time has passed. */
  step(): void {
    if (this.#stage === 'over') return;
    const { turn, leader, config } = this.#parts;
    if (turn.now <= this.#deadline) this.#dial.step();
    else if (this.#stage === 'dialing') this.#lose(`server ${leader} cannot be reached`);
    else {
      const what = this.#stage === 'serving' ? 'was not heard for' : 'has not led within';
      const limit = this.#stage === 'serving' ? config.syncLimit : config.initLimit;
      this.#lose(`server ${leader} ${what} ${limit * config.tickTime} ms`);
    }
  }

  flush(): void {
    this.#link?.flush(this.#parts.turn.durable);
  }

  /** Lets go of the leader. */
  end(reason: string): void {
    this.#stage = 'over';
    this.#link?.close(reason);
    this.#dial.end(reason);
  }

  get #deadline(): Millis {
    const { config } = this.#parts;
    if (this.#stage === 'dialing') return this.#dial.deadline;
    if (this.#stage === 'serving') return this.#lastHeardAt + config.syncLimit * config.tickTime;
    const isTaking = this.#stage === 'taking';
    if (isTaking && this.#intake?.isBusy === true) return Number.POSITIVE_INFINITY;
    return Math.max(this.#startedAt, this.#lastHeardAt) + config.initLimit * config.tickTime;
  }

  /** Reads on, unless the disk must do something first; that takes none of the leader's time. */
  #read(): void {
    const link = this.#link!;
    this.#lastHeardAt = this.#parts.turn.now;
    try {
      while (!this.#isOver && this.#stage !== 'accepting') {
        if (this.#stage === 'taking' && this.#intake!.isBusy) break;
        if (this.#stage === 'taking' && this.#intake!.isReceiving) {
          if (!this.#intake!.receive(link)) break;
        } else if (link.next()) {
          this.#take(link);
        } else {
          break;
        }
      }
      this.#parts.ledger.advance();
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#lose(`server ${this.#parts.leader} is not understood: ${error.message}`);
    }
  }

  get #isOver(): boolean {
    return this.#stage === 'over';
  }

  #take(link: QuorumLink): void {
    const { type, zxidHigh, zxidLow, data } = link.packets;
    switch (this.#stage) {
      case 'greeting':
        this.#leaderSpeaks(link, type, zxidHigh, data);
        return;
      case 'taking':
        this.#intake!.take(type, zxidHigh, zxidLow);
        return;
      case 'syncing':
      case 'acking':
      case 'synced':
      case 'serving':
        this.#hear(link, type, zxidHigh, zxidLow, data);
        return;
      default:
        throw new MalformedError(`${packetName(type)} comes while ${this.#stage}`);
    }
  }

  #leaderSpeaks(link: QuorumLink, type: number, epoch: number, data: Uint8Array | null): void {
    const isVivarium = readLeaderInfo(type, data);
    const { epochs, isTrusted, last, wantsTree } = this.#parts;
    if (!isTrusted) epochs.doubt();
    if (epoch < epochs.accepted) {
      this.#lose(`its epoch ${epoch} is over: ${epochs.accepted} is accepted here`);
      return;
    }
    this.#epoch = epoch;
    this.#syncBeganAt = this.#parts.turn.now;
    this.#isVivarium = isVivarium;
    if (isVivarium) {
      link.sealIn();
      link.sealOut(this.#parts.turn.durable);
    }
    const { zxidHigh, zxidLow } = isTrusted ? last() : { zxidHigh: -1, zxidLow: -1 };
    const answer = (currentEpoch: number) => {
      const data = epochAck({ currentEpoch, wantsTree: isVivarium && wantsTree() });
      link.say(packetTypes.ackEpoch, zxidHigh, zxidLow, data);
      this.#takeHistory();
      this.#read();
    };
    if (epoch === epochs.accepted) {
      answer(-1);
      return;
    }
    this.#stage = 'accepting';
    epochs.accept(epoch, () => answer(epochs.current));
  }

  #takeHistory(): void {
    this.#stage = 'taking';
    this.#intake = new HistoryIntake({
      ...this.#parts,
      hasEnd: this.#isVivarium,
      begins: (zxidHigh, zxidLow) => {
        this.#log = new LearnerLog(this.#parts, zxidHigh, zxidLow);
        this.#stage = 'syncing';
      },
      goOn: () => this.#read(),
    });
  }

  #hear(
    link: QuorumLink,
    type: number,
    zxidHigh: number,
    zxidLow: number,
    data: Uint8Array | null,
  ): void {
    const change = changeOfMembers(type, zxidHigh, zxidLow, data, this.#parts.config.ensemble);
    if (change !== undefined) {
      this.#stage = 'over';
      this.#parts.membersChanged(change);
      return;
    }
    switch (type) {
      case packetTypes.proposal:
        this.#append(zxidHigh, zxidLow, demandData(data, 'PROPOSAL'));
        return;
      case packetTypes.commit:
        this.#log!.decide(zxidHigh, zxidLow);
        return;
      case packetTypes.inform:
        this.#append(zxidHigh, zxidLow, demandData(data, 'INFORM'));
        this.#log!.decide(zxidHigh, zxidLow);
        return;
      case packetTypes.ping:
        this.#report(link, zxidHigh, zxidLow);
        return;
      default:
        break;
    }
    if (this.#stage === 'syncing') {
      if (type === packetTypes.secrets) this.#parts.secrets(demandData(data, 'SECRETS'));
      else if (type === packetTypes.newLeader) this.#historyEnds(zxidHigh, zxidLow);
      else throw new MalformedError(`${packetName(type)} comes before NEWLEADER`);
      return;
    }
    switch (type) {
      case packetTypes.upToDate:
        this.#beginServing(link);
        return;
      case packetTypes.revalidate: {
        const from = new Reader(demandData(data, 'REVALIDATE'));
        const session = from.long();
        this.#parts.revalidated(session, from.boolean());
        return;
      }
      case packetTypes.sync:
        this.#parts.passSync();
        return;
      case packetTypes.heard:
        this.#lease.confirmed(zxidLow);
        return;
      case packetTypes.secrets:
        this.#parts.secrets(demandData(data, 'SECRETS'));
        return;
      default:
        throw new MalformedError(`${packetName(type)} is nothing that a leader says now`);
    }
  }

  #append(zxidHigh: number, zxidLow: number, bytes: Uint8Array): void {
    const { epochs } = this.#parts;
    if (zxidHigh > this.#epoch) {
      throw new MalformedError(`a transaction of epoch ${zxidHigh} comes in epoch ${this.#epoch}`);
    }
    /* The log must not hold transactions of an epoch that nothing on the disk tells of. */
    if (zxidHigh > epochs.current) epochs.announce(zxidHigh);
    this.#log!.log(zxidHigh, zxidLow, bytes);
  }

  #historyEnds(epoch: number, zxidLow: number): void {
    if (epoch !== this.#epoch || zxidLow !== 0) {
      throw new MalformedError(`NEWLEADER is of epoch ${epoch}, accepted is ${this.#epoch}`);
    }
    const { epochs } = this.#parts;
    const ledger = this.#parts.ledger;
    ledger.flush();
    if (epochs.current < epoch) epochs.begin(epoch, () => this.durable());
    epochs.trust(() => this.durable());
    this.#historyEnd = ledger.appended;
    this.#stage = 'acking';
    this.#ackHistory();
  }

  /** Says that the leader's history is here for good: all that was ever confirmed, here too. */
  #ackHistory(): void {
    const { epochs, ledger } = this.#parts;
    const isHere = epochs.current >= this.#epoch && ledger.durable >= this.#historyEnd;
    if (!isHere || epochs.isDoubted) return;
    this.#stage = 'synced';
    this.#parts.proven();
    this.#link!.say(packetTypes.ack, this.#epoch, 0);
    this.#ackProposals();
  }

  #ackProposals(): void {
    const durable = this.#log!.takeDurable();
    if (this.#parts.isObserver) return;
    const link = this.#link!;
    /* A Vivarium leader takes the last for all before it. */
    for (const { high, low } of this.#isVivarium ? durable.slice(-1) : durable) {
      link.say(packetTypes.ack, high, low);
    }
  }

  #beginServing(link: QuorumLink): void {
    if (this.#stage !== 'synced') throw new MalformedError(`UPTODATE comes while ${this.#stage}`);
    this.#stage = 'serving';
    this.#log!.isLive = true;
    const { metrics, isObserver, turn } = this.#parts;
    const meter = isObserver ? metrics.observerSyncTime : metrics.followerSyncTime;
    meter.add(turn.now - this.#syncBeganAt);
    link.say(packetTypes.ack, this.#epoch, 0);
    this.#parts.serve();
  }

  /** Answers a PING with the sessions that were heard from. */
  #report(link: QuorumLink, zxidHigh: number, zxidLow: number): void {
    if (this.#stage === 'syncing' || this.#stage === 'acking') return;
    link.say(packetTypes.ping, zxidHigh, zxidLow, this.#parts.takeTouches());
    this.#lease.reported(this.#parts.turn.now, !this.#isVivarium);
  }

  #lose(reason: string): void {
    if (this.#isOver) return;
    this.#stage = 'over';
    this.#parts.lost(reason);
  }
}
