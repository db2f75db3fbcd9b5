import { hexLong, longOf } from '../base/long.js';
import type { Turn } from '../seam/turn.js';
import { packetTypes } from '../wire/quorum.js';
import { MalformedError } from '../wire/reader.js';
import { Broadcast } from './broadcast.js';
import type { HistoryEntry, LeaderHistory } from './history.js';
import type { LearnerHandler } from './learner-handler.js';
import type { Tally } from './tally.js';

export interface ProposalsParts {
  readonly turn: Turn;
  readonly tally: Tally;
  readonly history: LeaderHistory;
  readonly learners: ReadonlyMap<number, LearnerHandler>;
  /** All transactions of the epoch up to this number are decided. */
  readonly committed: (number: number) => void;
  /** The epoch has no room for more transactions. */
  readonly exhausted: () => void;
}

/** When the counter of an epoch has come so far, a new epoch begins. */
const LAST_COUNTER = 0xffff_ffff;

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

  constructor(parts: ProposalsParts) {
    this.#parts = parts;
  }

  /** The number of the last one. */
  get last(): number {
    return this.#proposed;
  }

  /**
   * A transaction was put into the own log: all who follow are told.
   *
   * @param bytes kept as they are, so that nobody may change them
   */
  add(zxidHigh: number, zxidLow: number, bytes: Uint8Array): void {
    this.undecided.push({ zxidHigh, zxidLow, bytes });
    this.#proposed++;
    this.#followers.say(packetTypes.proposal, zxidHigh, zxidLow, bytes);
    if (this.#proposed >= LAST_COUNTER) this.#parts.exhausted();
  }

  /** Up to this number all is durable in the own log. */
  durable(number: number): void {
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
    learner.acked = number;
    learner.owesSince = number < this.#proposed ? this.#parts.turn.now : Number.POSITIVE_INFINITY;
    this.#isNew = true;
  }

  /** Decides whatever a quorum has made durable. */
  step(): void {
    if (!this.#isNew) return;
    this.#isNew = false;
    const { tally, learners, history, committed } = this.#parts;
    const number = tally.decidable(learners.values(), this.#durable);
    const count = number - this.#committed;
    if (count <= 0) return;
    const hasObservers = this.#hasObservers;
    for (let i = 0; i < count; i++) {
      const entry = this.undecided[i]!;
      const { zxidHigh, zxidLow, bytes } = entry;
      this.#followers.say(packetTypes.commit, zxidHigh, zxidLow);
      if (hasObservers) this.#observers.say(packetTypes.inform, zxidHigh, zxidLow, bytes);
      history.decided(entry);
    }
    this.undecided.splice(0, count);
    this.#committed = number;
    committed(number);
  }

  /** What was said to all so far goes to those who have followed so far. */
  cut(): void {
    const { turn } = this.#parts;
    if (!this.#followers.isEmpty) this.#followers.flush(this.#of(false), turn);
    if (!this.#observers.isEmpty) this.#observers.flush(this.#of(true), turn);
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
