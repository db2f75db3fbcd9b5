import type { HostClock } from './sleep-aware-clock.js';

interface Timer {
  readonly dueAt: number;
  readonly run: () => void;
}

/**
 * A clock whose timers are never overtaken by what the client hears after they were due. Where a
 * process stood still while it read from its sockets, it goes on with what waits in them: without
 * this a program would be given an answer before it is told that its lock is lost.
 */
export class PunctualClock implements HostClock {
  readonly #base: HostClock;
  readonly #timers = new Set<Timer>();
  /** None is due before; some may have been taken back. */
  #nextAt = Number.POSITIVE_INFINITY;

  constructor(base: HostClock) {
    this.#base = base;
  }

  readonly now = (): number => this.#base.now();

  readonly at = (hostNow: number): number => this.#base.at(hostNow);

  readonly setTimer = (delayMs: number, run: () => void): (() => void) => {
    const timer: Timer = {
      dueAt: this.now() + delayMs,
      run: () => {
        cancel();
        if (this.#timers.delete(timer)) run();
      },
    };
    const cancel = this.#base.setTimer(delayMs, timer.run);
    this.#timers.add(timer);
    this.#nextAt = Math.min(this.#nextAt, timer.dueAt);
    return () => {
      cancel();
      this.#timers.delete(timer);
    };
  };

  /** Runs every timer that is due, the longest due first; those they set wait for another time. */
  runDue(): void {
    const now = this.now();
    if (now < this.#nextAt) return;
    const due = [...this.#timers].filter(({ dueAt }) => dueAt <= now);
    due.sort((a, b) => a.dueAt - b.dueAt);
    for (const { run } of due) {
      try {
        run();
      } catch (error) {
        // As if the host had called it: whoever hears something now has nothing to do with it.
        this.#base.setTimer(0, () => {
          throw error;
        });
      }
    }
    this.#nextAt = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.#timers) this.#nextAt = Math.min(this.#nextAt, dueAt);
  }
}
