import type { LoopFacts } from '../admin/facts.js';
import type { LoopDelay } from '../admin/history.js';
import { percentileOf } from '../base/percentile.js';

/**
 * Time between two looks at the event loop: often while there is work, which is when delays matter,
 * and seldom on an idle server, since each look wakes the process.
 */
const BUSY_LOOK_MS = 20;
const IDLE_LOOK_MS = 1_000;
/** Delays that are kept between two readings; those of five busy seconds have room. */
const KEPT = 512;

/**
 * How late the event loop comes to its timers. A timer comes up to a millisecond late on an idle
 * loop too.
 */
export class LoopMonitor {
  readonly #work: () => number;
  readonly #delays = new Float64Array(KEPT);
  #taken = 0;
  #workBefore = 0;
  #due = 0;
  #count = 0;
  #sum = 0;
  #last: LoopDelay | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;

  /** @param work a number that grows with what the process has done */
  constructor(work: () => number) {
    this.#work = work;
  }

  /** Begins to look, until {@link stop}. It keeps no process alive. */
  start(): void {
    this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** What was taken last, with count and sum of all looks; `undefined` before the first. */
  get facts(): LoopFacts | undefined {
    const last = this.#last;
    return last === undefined ? undefined : { ...last, count: this.#count, sum: this.#sum };
  }

  /** The delays since this was called before. */
  take(): LoopDelay {
    const sorted = this.#delays.slice(0, Math.min(this.#taken, KEPT)).sort();
    this.#taken = 0;
    const at = (share: number) => percentileOf(sorted, share) ?? 0;
    const taken = { p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 };
    this.#last = taken;
    return taken;
  }

  #arm(): void {
    const work = this.#work();
    const wait = work - this.#workBefore > 1 ? BUSY_LOOK_MS : IDLE_LOOK_MS;
    this.#workBefore = work;
    this.#due = performance.now() + wait;
    this.#timer = setTimeout(this.#look, wait);
    this.#timer.unref();
  }

  readonly #look = (): void => {
    const delay = Math.max(0, performance.now() - this.#due);
    this.#delays[this.#taken % KEPT] = delay;
    this.#taken++;
    this.#count++;
    this.#sum += delay;
    this.#arm();
  };
}
