import type { Observable, Subscription } from 'rxjs';

/**
 * A stream for `for await`: each turn of the loop gets the newest value, and those that came and
 * went while the last turn was at work are skipped. At most one value is ever kept, so a slow loop
 * over a quick stream needs no memory. Right for streams of states, such as those of a node; wrong
 * for streams of events, each of which counts.
 *
 * Each loop subscribes when it begins, and unsubscribes when it ends, whichever way. It ends with
 * the stream, after the last value; a stream's error is thrown, after the last value too.
 *
 * ```ts
 * for await (const config of latest(zk.data$('/config'))) await apply(config);
 * ```
 */
export function latest<T>(stream: Observable<T>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => new Latest(stream) };
}

/** Someone who waits for the next value. */
interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

class Latest<T> implements AsyncIterator<T, undefined> {
  readonly #subscription: Subscription;
  /** The newest value, unless somebody has taken it. */
  #value: { readonly value: T } | undefined;
  /** How the stream has ended. */
  #end: { readonly error?: unknown } | undefined;
  readonly #waiters: Waiter<T>[] = [];

  constructor(stream: Observable<T>) {
    this.#subscription = stream.subscribe({
      next: (value) => {
        const waiter = this.#waiters.shift();
        if (waiter === undefined) this.#value = { value };
        else waiter.resolve({ done: false, value });
      },
      error: (error: unknown) => this.#over({ error }),
      complete: () => this.#over({}),
    });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      const kept = this.#value;
      this.#value = undefined;
      if (kept !== undefined) resolve({ done: false, value: kept.value });
      else if (this.#end === undefined) this.#waiters.push({ resolve, reject });
      else this.#tellEnd({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#subscription.unsubscribe();
    this.#value = undefined;
    this.#end = {};
    this.#over(this.#end);
    return Promise.resolve({ done: true, value: undefined });
  }

  #over(end: { readonly error?: unknown }): void {
    this.#end ??= end;
    for (const waiter of this.#waiters.splice(0)) this.#tellEnd(waiter);
  }

  /** An error is told once; after it there is nothing. */
  #tellEnd({ resolve, reject }: Waiter<T>): void {
    const end = this.#end;
    this.#end = {};
    if (end !== undefined && 'error' in end) reject(end.error);
    else resolve({ done: true, value: undefined });
  }
}
