import type { Turn } from '../seam/turn.js';
import type { DiskStep } from '../storage/disk.js';
import {
  acceptEpoch,
  adoptEpoch,
  announceEpoch,
  doubtSteps,
  initializedSteps,
  trustSteps,
} from '../storage/epochs.js';

/**
 * The epochs a server has promised to and lives in. What is asked for here counts only when it is
 * durable: {@link accepted} and {@link current} are what the disk has.
 */
export class Epochs {
  readonly #turn: Turn;
  #accepted: number;
  #current: number;
  /** The newest epoch that was announced or begun. */
  #announced: number;
  /** What the disk was asked to have. */
  readonly #asked: { accepted: number; current: number; isDoubted: boolean };
  readonly #waiting = new Map<number, () => void>();

  /** Whether the disk says that the own history is no proof. */
  #isDoubted: boolean;
  #isInitialized: boolean;

  constructor(
    turn: Turn,
    accepted: number,
    current: number,
    { isDoubted = false, isInitialized = false } = {},
  ) {
    this.#turn = turn;
    this.#isDoubted = isDoubted;
    this.#isInitialized = isInitialized;
    this.#accepted = accepted;
    this.#current = current;
    this.#announced = current;
    this.#asked = { accepted, current, isDoubted };
  }

  /** No leader of an earlier epoch is followed. */
  get accepted(): number {
    return this.#accepted;
  }

  /** The epoch whose leader's history this server has taken over. */
  get current(): number {
    return this.#current;
  }

  /** Whether the own history is remembered as no proof. */
  get isDoubted(): boolean {
    return this.#isDoubted;
  }

  /** Whether an operator has said that nothing was ever confirmed here; until one is accepted. */
  get isInitialized(): boolean {
    return this.#isInitialized;
  }

  /**
   * Remembers that the own history is no proof, from before anything of another one comes. Whatever
   * the disk is asked for after this comes after it.
   */
  doubt(): void {
    if (this.#asked.isDoubted) return;
    this.#isDoubted = true;
    this.#asked.isDoubted = true;
    this.#ask(doubtSteps, () => {});
  }

  /**
   * The whole history of a leader is here, or will be when what was asked of the disk before is
   * done; calls back when the own history is durably a proof again, if it is not already.
   */
  trust(done: () => void = () => {}): void {
    if (!this.#asked.isDoubted) return;
    this.#asked.isDoubted = false;
    this.#ask(trustSteps, () => {
      this.#isDoubted = false;
      done();
    });
  }

  /** Promises to follow no leader of an earlier epoch; calls back when that is durable. */
  accept(epoch: number, done: () => void): void {
    this.#asked.accepted = epoch;
    const isFirst = this.#isInitialized;
    this.#isInitialized = false;
    this.#ask([...acceptEpoch(epoch), ...(isFirst ? initializedSteps : [])], () => {
      this.#accepted = epoch;
      done();
    });
  }

  /**
   * Says that transactions of an epoch may come into the log, or with a snapshot, before it is
   * begun. Whatever the disk is asked for after this comes after it.
   */
  announce(epoch: number): void {
    if (epoch <= this.#announced) return;
    this.#announced = epoch;
    this.#ask(announceEpoch(epoch), () => {});
  }

  /** Begins to live in an epoch; calls back when that, and all logged before, is durable. */
  begin(epoch: number, done: () => void): void {
    this.announce(epoch);
    this.#asked.current = epoch;
    this.#ask(adoptEpoch(), () => {
      this.#current = epoch;
      done();
    });
  }

  /** Writes a file that is to be there before the epoch that is begun next. */
  writeBefore(steps: readonly DiskStep[]): void {
    this.#ask(steps, () => {});
  }

  /** The answer of a disk request; false when it was none of ours. */
  answered(id: number): boolean {
    const done = this.#waiting.get(id);
    if (done === undefined) return false;
    this.#waiting.delete(id);
    this.#turn.durable = id;
    done();
    return true;
  }

  /** Whether a disk request is one of these. */
  isWaitingFor(id: number): boolean {
    return this.#waiting.has(id);
  }

  /** The role that asked is over: nobody waits any more. What was asked is still done. */
  abandon(): void {
    this.#waiting.clear();
  }

  /** All that was asked is done by now. */
  settle(): void {
    this.#accepted = this.#asked.accepted;
    this.#current = this.#asked.current;
    this.#isDoubted = this.#asked.isDoubted;
    this.#announced = this.#current;
  }

  #ask(steps: readonly DiskStep[], done: () => void): void {
    this.#waiting.set(this.#turn.askDisk('log', steps), done);
  }
}
