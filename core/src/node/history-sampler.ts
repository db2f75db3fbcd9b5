import type { LoopFacts } from '../admin/facts.js';
import { HISTORY_INTERVAL_MS, History, type NotableKind, notableEvents } from '../admin/history.js';
import type { LogEvent } from '../base/log-event.js';
import type { Summary } from '../peer/metrics.js';
import type { PeerView } from '../peer/view.js';
import { LoopMonitor } from './loop-monitor.js';

/** What the sampler looks at. */
export interface Sampled {
  readonly view: PeerView;
  readonly stepInputs: Summary;
}

/**
 * Keeps the history of a running server: looks at it every five seconds, and listens to its log.
 * An idle server spends less than a millisecond of processor time a second on it.
 */
export class HistorySampler {
  readonly history = new History(performance.timeOrigin);
  #server: Sampled | undefined = undefined;
  readonly #loop = new LoopMonitor(() => this.#server?.stepInputs.count ?? 0);
  #timer: NodeJS.Timeout | undefined = undefined;

  /** Begins to take samples, until {@link stop}. It keeps no process alive. */
  start(server: Sampled): void {
    this.#server = server;
    this.#loop.start();
    this.#timer = setInterval(() => this.#sample(server.view), HISTORY_INTERVAL_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#loop.stop();
  }

  /** How late the event loop is; `undefined` before the first sample. */
  get loop(): LoopFacts | undefined {
    return this.#loop.facts;
  }

  /** What steps have had as inputs, once the server runs. */
  get stepInputs(): Summary | undefined {
    return this.#server?.stepInputs;
  }

  /** Remembers what is worth a mark in a chart. */
  heard({ event, message }: LogEvent): void {
    const kind = (notableEvents as Readonly<Record<string, NotableKind | undefined>>)[event];
    if (kind !== undefined) this.history.note({ wall: Date.now(), kind, message });
  }

  #sample(view: PeerView): void {
    const loop = this.#loop.take();
    this.history.sample({ view, now: performance.now(), wall: Date.now(), loop });
  }
}
