import type { Subscriber } from 'rxjs';
import { Observable } from 'rxjs';
import type { ClientClock } from './client-host.js';
import type { Stall } from './state.js';

/** How often the event loop is looked at, and how late it must be to be told of. */
const LOOK_MS = 50;
const LEAST_MS = 100;

/**
 * Notices when the program's event loop stood still, by one timer that comes late then. It runs
 * only while somebody listens.
 */
export class StallMonitor {
  readonly #clock: ClientClock;
  readonly #certainUntil: () => number;
  readonly #subscribers = new Set<Subscriber<Stall>>();
  #stopTimer: (() => void) | undefined;
  #isOver = false;

  readonly stall$: Observable<Stall> = new Observable((subscriber) => {
    if (this.#isOver) {
      subscriber.complete();
      return;
    }
    this.#subscribers.add(subscriber);
    if (this.#stopTimer === undefined) this.#look();
    return () => {
      this.#subscribers.delete(subscriber);
      if (this.#subscribers.size === 0) this.#stop();
    };
  });

  /** @param certainUntil until when the session is certain, by the clock */
  constructor(clock: ClientClock, certainUntil: () => number) {
    this.#clock = clock;
    this.#certainUntil = certainUntil;
  }

  close(): void {
    this.#isOver = true;
    for (const subscriber of [...this.#subscribers]) subscriber.complete();
    this.#stop();
  }

  #look(): void {
    const dueAt = this.#clock.now() + LOOK_MS;
    const wasCertain = dueAt < this.#certainUntil();
    this.#stopTimer = this.#clock.setTimer(LOOK_MS, () => {
      this.#stopTimer = undefined;
      const until = this.#clock.now();
      const durationMs = until - dueAt;
      if (durationMs >= LEAST_MS) {
        const lapsed = wasCertain && until >= this.#certainUntil();
        this.#tell({ since: dueAt, until, durationMs, lapsed });
      }
      if (this.#subscribers.size > 0 && this.#stopTimer === undefined) this.#look();
    });
  }

  #tell(stall: Stall): void {
    for (const subscriber of [...this.#subscribers]) subscriber.next(stall);
  }

  #stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }
}
