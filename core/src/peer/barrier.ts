import type { Turn } from '../seam/turn.js';
import type { DiskFailure, DiskLane, DiskStep } from '../storage/disk.js';

/**
 * Waits until the disk has done everything it was asked for so far: what one role wrote must not
 * come behind what the next one writes, or be taken for its own.
 */
export class Barrier {
  readonly #turn: Turn;
  readonly #waiting = new Set<number>();
  /** The newest request of the log among them. */
  #ofLog = 0;

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  /** Nothing that was asked before counts any more; this is asked in its place. */
  begin(requests: readonly (readonly [lane: DiskLane, steps: readonly DiskStep[]])[]): void {
    this.#waiting.clear();
    this.#turn.abandonDisk();
    for (const [lane, steps] of requests) {
      const id = this.#turn.askDisk(lane, steps);
      if (lane === 'log') this.#ofLog = id;
      this.#waiting.add(id);
    }
  }

  /** The answer of a disk request; `undefined` when it is none of these. */
  answered(
    id: number,
    failure: DiskFailure | undefined,
  ): 'waiting' | 'passed' | { readonly failure: DiskFailure } | undefined {
    if (!this.#waiting.delete(id)) return undefined;
    if (failure !== undefined) return { failure };
    if (id === this.#ofLog) this.#turn.durable = id;
    return this.#waiting.size === 0 ? 'passed' : 'waiting';
  }
}
