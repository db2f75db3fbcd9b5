import type { Kernel } from './kernel.js';

/** What of the world outside is used where it is there. */
const outside = globalThis as {
  readonly setImmediate?: (run: () => void) => void;
  readonly process?: { readonly nextTick?: (run: () => void) => void };
};

/** Runs something in a turn of its own, as soon as can be. */
const soonest: (run: () => void) => void =
  outside.setImmediate ?? ((run) => void setTimeout(run, 0));

/** So often in a row the world outside may be left waiting. */
const SETTLED_IN_A_ROW = 200;
let settledInARow = 0;

/** Lets everything run that waits in microtasks: promises that are settled already. */
export function settled(): Promise<void> {
  const { process } = outside;
  // Node's ticks come when no microtask is left, and cost a tenth of a turn of the event loop.
  const isTick = process?.nextTick !== undefined && ++settledInARow < SETTLED_IN_A_ROW;
  if (isTick) return new Promise((resolve) => process.nextTick?.(resolve));
  settledInARow = 0;
  return new Promise((resolve) => soonest(resolve));
}

/**
 * Virtual time that stands still until it is told to pass. Between two things that happen, whatever
 * waits in promises gets its turn, so programs that await nothing but this world are deterministic.
 */
export class VirtualTime {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Lets time pass. */
  async advance(ms: number): Promise<void> {
    const until = this.#kernel.now + Math.round(ms * 1_000);
    await settled();
    while (this.#kernel.step(until)) if (this.#kernel.wasStirred()) await settled();
    this.#kernel.passTo(until);
  }

  /**
   * Lets time pass until a promise is settled, and returns its value.
   *
   * @throws RangeError when it is not settled after `limitMs` of virtual time
   */
  async until<T>(work: Promise<T>, limitMs = 600_000): Promise<T> {
    let isSettled = false;
    const done = () => {
      isSettled = true;
    };
    work.then(done, done);
    const limit = this.#kernel.now + Math.round(limitMs * 1_000);
    await settled();
    while (!isSettled) {
      const isMore = this.#kernel.step(limit);
      // What ends by the last thing that happens is told by promises, too.
      if (this.#kernel.wasStirred() || !isMore) await settled();
      if (!isMore && !isSettled) {
        throw new RangeError(`it was not done within ${limitMs} ms of virtual time`);
      }
    }
    return work;
  }
}

/** Lets a world's time pass as the real time does. */
export class RealTime {
  readonly #kernel: Kernel;
  readonly #clock: () => number;
  readonly #beganAt: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  #isStopped = false;

  /** @param clock real monotonic milliseconds */
  constructor(kernel: Kernel, clock: () => number) {
    this.#kernel = kernel;
    this.#clock = clock;
    this.#beganAt = clock() - kernel.now / 1_000;
  }

  /** Brings the kernel's time up to the real one, without letting anything happen. */
  catchUp(): void {
    this.#kernel.passTo((this.#clock() - this.#beganAt) * 1_000);
  }

  /** To be called when something may have been planned: sees to it that it happens in time. */
  readonly arm = (): void => {
    const next = this.#kernel.nextAt;
    if (this.#isStopped || next >= this.#armedFor) return;
    clearTimeout(this.#timer);
    this.#armedFor = next;
    this.catchUp();
    const delayMs = (next - this.#kernel.now) / 1_000;
    if (delayMs < 1) soonest(() => this.#run(next));
    else this.#timer = setTimeout(() => this.#run(next), Math.min(delayMs, 2 ** 31 - 1));
  };

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #run(armedFor: number): void {
    if (this.#isStopped || armedFor !== this.#armedFor) return;
    this.#armedFor = Number.POSITIVE_INFINITY;
    this.catchUp();
    try {
      this.#kernel.runUntil(this.#kernel.now);
    } finally {
      this.arm();
    }
  }
}
