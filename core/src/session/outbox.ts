import type { SessionRequest } from './inputs.js';
import type { Tray } from './tray.js';

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

  /**
   * Lets go of requests that nobody waits for any more, once they may be half of all: a client that
   * stays without a server must not keep what its program has given up.
   */
  sweep(tray: Tray<Token>): void {
    if (tray.cancelled * 2 < this.length) return;
    this.#keep(({ token }) => !tray.wasCancelled(token));
  }

  /** The client is closed: nothing in here will be sent. */
  refuseAll(tray: Tray<Token>): void {
    for (const { token } of this.take()) tray.refuseClosed(token);
  }

  /** The session is over: refuses what was meant for it, and keeps what any session may carry. */
  refuseBound(tray: Tray<Token>): void {
    this.#keep(({ token, outlivesSession, session }) => {
      if (outlivesSession && session === undefined) return true;
      if (!tray.wasCancelled(token)) {
        tray.fail(token, 'SESSION_EXPIRED', 'refused', 'the session ended before it was sent');
      }
      return false;
    });
  }

  #keep(isKept: (request: SessionRequest<Token>) => boolean): void {
    this.#ahead = this.#ahead.filter(isKept);
    this.#again = this.#again.filter(isKept);
    this.#rest = this.#rest.filter(isKept);
  }
}
