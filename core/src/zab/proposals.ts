import { hexLong, longOf } from '../base/long.js';
import type { Config } from '../config/config.js';
import type { Turn } from '../seam/turn.js';
import { packetTypes } from '../wire/quorum.js';
import { MalformedError } from '../wire/reader.js';
import { txnTimeOf } from '../wire/txns.js';
import { Broadcast } from './broadcast.js';
import type { HistoryEntry, LeaderHistory } from './history.js';
import type { LearnerHandler } from './learner-handler.js';
import { addLatency, type QuorumMetrics } from './quorum-metrics.js';
import type { Tally } from './tally.js';

export interface ProposalsParts {
  readonly config: Config;
  readonly turn: Turn;
  readonly metrics: QuorumMetrics;
  readonly tally: Tally;
  readonly history: LeaderHistory;
  readonly learners: ReadonlyMap<number, LearnerHandler>;
  /** All transactions of the epoch up to this number are decided. */
  readonly committed: (number: number) => void;
  /** The epoch has no room for more transactions. */
  readonly exhausted: () => void;
}

/**
 * The transactions of a leader's epoch on their way: told to all who follow, counted when they are
 * durable somewhere, decided when they are on a quorum. Their numbers are the lower halves of their
 * zxids.
 */
export class Proposals {
  /** Proposed and not decided; the first has the number `#committed + 1`. */
  readonly undecided: HistoryEntry[] = [];
  readonly #parts: ProposalsParts;
  readonly #followers = new Broadcast();
  readonly #observers = new Broadcast();
  #proposed = 0;
  #committed = 0;
  /** Up to where the own log is durable. */
  #durable = 0;
  #isNew = false;
  /** Syncs that may pass when a transaction is decided, by its number; in order. */
  readonly #syncs: { readonly number: number; readonly learner: LearnerHandler }[] = [];

  constructor(parts: ProposalsParts) {
    this.#parts = parts;
  }

  /** The number of the last one. */
  get last(): number {
    return this.#proposed;
  }

  /** The number of the last one that is decided. */
  get decided(): number {
    return this.#committed;
  }

  /**
   * A transaction was put into the own log: all who follow are told.
   *
   * @param bytes kept as they are, so that nobody may change them
   */
  add(zxidHigh: number, zxidLow: number, bytes: Uint8Array): void {
    const { metrics, config } = this.#parts;
    metrics.proposals.add(1);
    metrics.proposalBytes.add(bytes.length);
    this.undecided.push({ zxidHigh, zxidLow, bytes });
    this.#proposed++;
    this.#followers.say(packetTypes.proposal, zxidHigh, zxidLow, bytes);
    if (this.#proposed >= config.transactionsPerEpoch) this.#parts.exhausted();
  }

  /** Up to this number all is durable in the own log. */
  durable(number: number): void {
    const { metrics, turn } = this.#parts;
    for (let at = Math.max(this.#durable, this.#committed); at < number; at++) {
      const { bytes } = this.undecided[at - this.#committed]!;
      addLatency(metrics.proposalAckCreationLatency, turn.wall - txnTimeOf(bytes));
    }
    this.#measureAcks(String(this.#parts.config.serverId), this.#durable, number);
    this.#durable = number;
    this.#isNew = true;
  }

  /** A learner says that all is durable there up to a transaction of the epoch. */
  acknowledged(learner: LearnerHandler, zxidHigh: number, zxidLow: number): void {
    const number = zxidLow >>> 0;
    if (number > this.#proposed) {
      const zxid = hexLong(longOf(zxidHigh, zxidLow));
      throw new MalformedError(`it acknowledges ${zxid}, which was not proposed`);
    }
    if (number <= learner.acked) return;
    this.#measureAcks(String(learner.serverId), learner.acked, number);
    learner.acked = number;
    learner.owesSince = number < this.#proposed ? this.#parts.turn.now : Number.POSITIVE_INFINITY;
    this.#isNew = true;
  }

  /**
   * Lets a learner's sync pass behind the commits of all that is proposed by now, and in front of
   * all others. A learner of Apache's takes what is decided of its own requests in the order in
   * which it sent them, syncs among them: one out of order, and it answers nobody any more.
   *
   * @see ZooKeeper 3.9 Leader.processSync, CommitProcessor
   */
  passSync(learner: LearnerHandler): void {
    if (this.#proposed > this.#committed) this.#syncs.push({ number: this.#proposed, learner });
    else this.#saySync(learner);
  }

  /** Decides whatever a quorum has made durable. */
  step(): void {
    if (!this.#isNew) return;
    this.#isNew = false;
    const { tally, learners, history, committed, metrics, turn } = this.#parts;
    const number = tally.decidable(learners.values(), this.#durable);
    const count = number - this.#committed;
    if (count <= 0) return;
    const hasObservers = this.#hasObservers;
    for (let i = 0; i < count; i++) {
      const entry = this.undecided[i]!;
      const { zxidHigh, zxidLow, bytes } = entry;
      this.#followers.say(packetTypes.commit, zxidHigh, zxidLow);
      if (hasObservers) this.#observers.say(packetTypes.inform, zxidHigh, zxidLow, bytes);
      this.#letSyncsPass(this.#committed + i + 1);
      history.decided(entry);
      addLatency(metrics.quorumAckLatency, turn.wall - txnTimeOf(bytes));
    }
    this.undecided.splice(0, count);
    this.#committed = number;
    committed(number);
  }

  /** Between the commit of this transaction and the next one. */
  #letSyncsPass(number: number): void {
    while (this.#syncs[0]?.number === number) this.#saySync(this.#syncs.shift()!.learner);
  }

  #saySync(learner: LearnerHandler): void {
    if (learner.link.isClosed) return;
    this.cut();
    learner.passSync();
    learner.link.flush(this.#parts.turn.durable);
  }

  /** What was said to all so far goes to those who have followed so far. */
  cut(): void {
    const { turn } = this.#parts;
    if (!this.#followers.isEmpty) this.#followers.flush(this.#of(false), turn);
    if (!this.#observers.isEmpty) this.#observers.flush(this.#of(true), turn);
  }

  /** Every so many transactions the way of an acknowledgement is measured, for each server. */
  #measureAcks(key: string, from: number, to: number): void {
    const { metrics, turn, config } = this.#parts;
    const every = config.ackLoggingFrequency;
    if (every <= 0) return;
    const first = from - (from % every) + every;
    for (let number = first; number <= to; number += every) {
      const entry = this.undecided[number - this.#committed - 1];
      if (entry === undefined) continue;
      addLatency(metrics.ackLatency.of(key), turn.wall - txnTimeOf(entry.bytes));
    }
  }

  get #hasObservers(): boolean {
    for (const { isObserver } of this.#parts.learners.values()) if (isObserver) return true;
    return false;
  }

  *#of(isObserver: boolean): Iterable<LearnerHandler> {
    for (const learner of this.#parts.learners.values()) {
      if (learner.isObserver === isObserver) yield learner;
    }
  }
}
