import type { Turn } from '../seam/turn.js';
import { type EpochFile, epochSteps } from '../storage/epochs.js';

/**
 * The epochs a server has promised to and lives in. What is asked for here counts only when it is
 * durable: {@link accepted} and {@link current} are what the disk has.
 */
export class Epochs {
  readonly #turn: Turn;
  #accepted: number;
  #current: number;
  readonly #waiting = new Map<number, () => void>();

  constructor(turn: Turn, accepted: number, current: number) {
    this.#turn = turn;
    this.#accepted = accepted;
    this.#current = current;
  }

  /** No leader of an earlier epoch is followed. */
  get accepted(): number {
    return this.#accepted;
  }

  /** The epoch whose leader's history this server has taken over. */
  get current(): number {
    return this.#current;
  }

  /** Promises to follow no leader of an earlier epoch; calls back when that is durable. */
  accept(epoch: number, done: () => void): void {
    this.#write('acceptedEpoch', epoch, () => {
      this.#accepted = epoch;
      done();
    });
  }

  /** Begins to live in an epoch; calls back when that, and all logged before, is durable. */
  begin(epoch: number, done: () => void): void {
    this.#write('currentEpoch', epoch, () => {
      this.#current = epoch;
      done();
    });
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

  /** The role that asked is over: nobody waits any more. What was asked may still be done. */
  abandon(): void {
    this.#waiting.clear();
  }

  #write(name: EpochFile, epoch: number, done: () => void): void {
    this.#waiting.set(this.#turn.askDisk('log', epochSteps(name, epoch)), done);
  }
}
