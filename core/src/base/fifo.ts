/** A queue whose both ends are cheap. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Takes the oldest items out, as many as there are up to `count`. */
  takeFirst(count: number): T[] {
    const taken: T[] = [];
    for (let left = Math.min(count, this.length); left > 0; left--) taken.push(this.shift()!);
    return taken;
  }

  some(holds: (item: T) => boolean): boolean {
    for (let at = this.#head; at < this.#items.length; at++) {
      if (holds(this.#items[at]!)) return true;
    }
    return false;
  }

  /** Empties the queue. */
  take(): T[] {
    const items = this.#items.slice(this.#head) as T[];
    this.#items = [];
    this.#head = 0;
    return items;
  }
}
