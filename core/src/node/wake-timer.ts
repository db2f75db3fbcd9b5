import type { Millis } from '../base/ids.js';

/** Longest delay that a timer of Node's can hold. */
const LONGEST_MS = 2 ** 31 - 1;
/** Shortest delay that it can hold. */
const SHORTEST_MS = 1;

/**
 * The one timer of a server. It is set for the time at which the machine wants to be woken, and
 * left alone when that time moves on, as it does with every ping: it then finds out when it fires.
 */
export class WakeTimer {
  readonly #wakeAt: () => Millis;
  readonly #wake: () => void;
  readonly #now: () => Millis;
  #timer: NodeJS.Timeout | undefined = undefined;
  #setFor: Millis = Number.POSITIVE_INFINITY;

  constructor(wakeAt: () => Millis, wake: () => void, now: () => Millis = () => performance.now()) {
    this.#wakeAt = wakeAt;
    this.#wake = wake;
    this.#now = now;
  }

  /**
   * Sees to it that the wake-up comes no later than it is wanted. For what is due before a timer
   * could fire it wakes at once; the loop goes around until the time has come.
   */
  arm(): void {
    const wakeAt = this.#wakeAt();
    if (wakeAt === Number.POSITIVE_INFINITY || wakeAt >= this.#setFor) return;
    const delayMs = wakeAt - this.#now();
    if (delayMs < SHORTEST_MS) {
      this.#wake();
      return;
    }
    clearTimeout(this.#timer);
    this.#setFor = wakeAt;
    this.#timer = setTimeout(this.#fired, Math.min(Math.ceil(delayMs), LONGEST_MS));
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#setFor = Number.POSITIVE_INFINITY;
  }

  readonly #fired = (): void => {
    this.clear();
    if (this.#wakeAt() <= this.#now()) this.#wake();
    else this.arm();
  };
}
