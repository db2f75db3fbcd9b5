/** Anything that is handed from those who have it to one who waits for it. */
export class HandOvers<T> {
  readonly #there: T[] = [];
  readonly #waiting: ((one: T) => void)[] = [];

  give(one: T): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#there.push(one);
    else next(one);
  }

  /** The oldest one; waits for the next when there is none. */
  take(): Promise<T> {
    const one = this.#there.shift();
    if (one !== undefined) return Promise.resolve(one);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
