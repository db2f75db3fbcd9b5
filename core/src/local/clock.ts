import type { Millis } from '../base/ids.js';
import type { Kernel, Micros } from './kernel.js';

/** A monotonic clock that shows the world's time, or runs too fast or too slow from then on. */
export class LocalClock {
  readonly #kernel: Kernel;
  #rate = 1;
  /** When the rate was set, by the world's time and by this clock. */
  #since: Micros = 0;
  #shownThen: Micros = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** How many seconds it counts in one; 1 unless set. */
  get rate(): number {
    return this.#rate;
  }

  set rate(rate: number) {
    this.#shownThen = this.#shown;
    this.#since = this.#kernel.now;
    this.#rate = rate;
  }

  get now(): Millis {
    return this.#shown / 1_000;
  }

  /** How long it takes, in the world's time, until it shows a time. */
  until(at: Millis): Micros {
    return Math.max(0, Math.ceil((at * 1_000 - this.#shown) / this.#rate));
  }

  /** In whole microseconds. */
  get #shown(): Micros {
    return this.#shownThen + Math.floor((this.#kernel.now - this.#since) * this.#rate);
  }
}
