import { STAT_WORDS } from './change-record.js';

/** So many are kept for the next writes: as many as a large flush has. */
const MOST_KEPT = 4096;

/**
 * Room for the stats of nodes that will change. A typed array is a costly object, and thousands of
 * them would outlive a collection while their writes wait for the disk, so they are used again.
 */
export class StatWords {
  readonly #kept: Int32Array[] = [];

  /** Room for one stat. What it holds is to be written over. */
  take(): Int32Array {
    return this.#kept.pop() ?? new Int32Array(STAT_WORDS);
  }

  /** Nobody looks at these words any more. */
  giveBack(words: Int32Array): void {
    if (this.#kept.length < MOST_KEPT) this.#kept.push(words);
  }
}
