import type { Config } from '../config/config.js';
import { MalformedError } from '../wire/reader.js';
import type { MetricsRegistry } from './metrics.js';

/** Requests so large that only so many of them may be in flight together. */
export class LargeRequests {
  readonly #config: Config;
  readonly #metrics: MetricsRegistry;
  #bytes = 0;

  constructor({ config, metrics }: { config: Config; metrics: MetricsRegistry }) {
    this.#config = config;
    this.#metrics = metrics;
  }

  /**
   * What a request of some size counts as a large one: 0 for most.
   *
   * @throws MalformedError when there is no room for it
   */
  weigh(size: number): number {
    const { largeRequestThreshold, largeRequestMaxBytes } = this.#config;
    if (largeRequestThreshold <= 0 || size <= largeRequestThreshold) return 0;
    if (this.#bytes + size <= largeRequestMaxBytes) return size;
    this.#metrics.largeRequestsRejected.add();
    throw new MalformedError(
      `a request of ${size} bytes while large ones take ${this.#bytes}: see largeRequestMaxBytes`,
    );
  }

  /** A request is in flight from now on. */
  take(bytes: number): void {
    this.#bytes += bytes;
  }

  /** A request is done with. */
  release(bytes: number): void {
    this.#bytes -= bytes;
  }
}
