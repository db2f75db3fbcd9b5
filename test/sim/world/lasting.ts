/** Faults that last for some time, or until the heal. */
import type { Kernel, Micros } from '@vivarium/core/internal/local/kernel';

interface Lasts {
  /** Whom it touches: names of servers and places of clients. */
  readonly whom: readonly string[];
  readonly end: () => void;
}

export class Lasting {
  readonly #kernel: Kernel;
  readonly #all = new Set<Lasts>();
  #overAt: Micros = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /**
   * Something goes wrong from now on.
   *
   * @param whom it touches; what touches somebody who is frozen at the heal goes on for ever
   * @param end mends it; called once
   */
  begin(whom: readonly string[], ms: number, what: string, end: () => void): void {
    const lasts = { whom, end };
    this.#all.add(lasts);
    this.#kernel.after(ms * 1_000, what, () => this.#end(lasts));
  }

  /** What nothing mends before its time is over, not even the heal. */
  outlast(ms: number): void {
    this.#overAt = Math.max(this.#overAt, this.#kernel.now + ms * 1_000);
  }

  /** When all that cannot be mended is over. */
  get overAt(): Micros {
    return this.#overAt;
  }

  /** Mends everything but what touches the frozen. */
  heal(frozen: ReadonlySet<string>): void {
    for (const lasts of [...this.#all]) {
      if (!lasts.whom.some((name) => frozen.has(name))) this.#end(lasts);
      // From now on nothing ends by itself: the frozen stay as they are.
      this.#all.delete(lasts);
    }
  }

  #end(lasts: Lasts): void {
    if (this.#all.delete(lasts)) lasts.end();
  }
}
