/** Counts durations in bins of 1 µs up to 10 ms, of 100 µs up to 10 s. */
export class Histogram {
  readonly #fine = new Uint32Array(10_000);
  readonly #coarse = new Uint32Array(100_000);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(ms: number): void {
    this.#count += 1;
    if (ms < 10) this.#fine[Math.max(0, Math.floor(ms * 1000))]! += 1;
    else this.#coarse[Math.min(99_999, Math.floor(ms * 10))]! += 1;
  }

  /** The duration in milliseconds that the share `q` of all does not exceed; 0 when empty. */
  quantile(q: number): number {
    let left = Math.max(1, Math.ceil(this.#count * q));
    for (let at = 0; at < this.#fine.length; at++) {
      left -= this.#fine[at]!;
      if (left <= 0) return (at + 0.5) / 1000;
    }
    for (let at = 0; at < this.#coarse.length; at++) {
      left -= this.#coarse[at]!;
      if (left <= 0) return (at + 0.5) / 10;
    }
    return 0;
  }
}
