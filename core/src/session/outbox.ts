import type { SessionRequest } from './inputs.js';

/**
 * Requests that wait for a connection: first those marked `ahead`, then those of the last
 * connection that may be sent again, then all others; in call order within each.
 */
export class Outbox<Token> {
  #ahead: SessionRequest<Token>[] = [];
  #again: SessionRequest<Token>[] = [];
  #rest: SessionRequest<Token>[] = [];

  get length(): number {
    return this.#ahead.length + this.#again.length + this.#rest.length;
  }

  add(request: SessionRequest<Token>): void {
    (request.ahead === true ? this.#ahead : this.#rest).push(request);
  }

  /** Puts back what a lost connection had carried, in the order it was sent. */
  putBack(requests: readonly SessionRequest<Token>[]): void {
    const ahead = requests.filter((request) => request.ahead === true);
    const others = requests.filter((request) => request.ahead !== true);
    this.#ahead = [...ahead, ...this.#ahead];
    this.#again = [...others, ...this.#again];
  }

  /** All requests in the order in which they go; the outbox is empty afterwards. */
  take(): SessionRequest<Token>[] {
    const all = [...this.#ahead, ...this.#again, ...this.#rest];
    this.#ahead = [];
    this.#again = [];
    this.#rest = [];
    return all;
  }

  /** Takes out the requests for which `isOver` holds, in order. */
  remove(isOver: (request: SessionRequest<Token>) => boolean): SessionRequest<Token>[] {
    const removed: SessionRequest<Token>[] = [];
    const keep = (list: SessionRequest<Token>[]) =>
      list.filter((request) => {
        const over = isOver(request);
        if (over) removed.push(request);
        return !over;
      });
    this.#ahead = keep(this.#ahead);
    this.#again = keep(this.#again);
    this.#rest = keep(this.#rest);
    return removed;
  }
}
