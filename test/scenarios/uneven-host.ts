/** A client whose event loop stands still now and then: something else keeps its process busy. */
import type { ClientHost, TransportEvents } from '@vivarium/core';
import type { LocalClientHost } from '@vivarium/core/internal/local/client-host';
import type { Random } from '@vivarium/core/internal/local/random';

/** What a loop is like. */
export interface Unevenness {
  /** How likely a turn finds it busy. */
  readonly chance: number;
  /** The longest that it is busy then. */
  readonly longestMs: number;
}

interface Turn {
  readonly isTimer: boolean;
  readonly run: () => void;
}

/**
 * Whatever comes while the loop stands still waits; then timers run first, and what came over the
 * network after them, one thing in each turn, as in Node.
 */
export class UnevenHost implements ClientHost {
  /** Where the client is in the network. */
  readonly place: LocalClientHost;
  readonly #inner: ClientHost;
  readonly #random: Random;
  readonly #unevenness: Unevenness;
  readonly #note: (what: number) => void;
  #waiting: Turn[] = [];
  #isStill = false;
  #cancel = () => {};
  #areTimersLast = false;

  /** @param note is told a number for everything that happens to the client */
  constructor(
    inner: LocalClientHost,
    random: Random,
    unevenness: Unevenness,
    note: (what: number) => void,
  ) {
    this.#note = note;
    this.place = inner;
    this.#inner = inner;
    this.#random = random;
    this.#unevenness = unevenness;
  }

  now = () => this.#inner.now();
  wallNow = () => this.#inner.wallNow();
  soon = (run: () => void) => this.#inner.soon(run);
  randomBytes = (count: number) => this.#inner.randomBytes(count);

  setTimer(delayMs: number, run: () => void): () => void {
    let isTakenBack = false;
    const cancel = this.#inner.setTimer(delayMs, () =>
      this.#take(true, () => {
        if (!isTakenBack) run();
      }),
    );
    return () => {
      isTakenBack = true;
      cancel();
    };
  }

  open(address: Parameters<ClientHost['open']>[0], events: TransportEvents) {
    let isClosed = false;
    const take = (run: () => void) =>
      this.#take(false, () => {
        if (!isClosed) run();
      });
    const transport = this.#inner.open(address, {
      opened: () => take(() => events.opened()),
      received: (bytes) => {
        this.#note(bytes.length);
        take(() => events.received(bytes));
      },
      closed: (reason) => take(() => events.closed(reason)),
    });
    return {
      send: (bytes: Uint8Array) => transport.send(bytes),
      close() {
        isClosed = true;
        transport.close();
      },
    };
  }

  /**
   * The loop stands still for so long.
   *
   * @param goesOnWith `sockets` as a process does that was stopped while it read from them
   */
  block(forMs: number, goesOnWith: 'timers' | 'sockets' = 'timers'): void {
    this.#isStill = true;
    this.#areTimersLast = goesOnWith === 'sockets';
    this.#goOnIn(forMs);
  }

  #take(isTimer: boolean, run: () => void): void {
    this.#note(isTimer ? 1 : 0);
    const { chance, longestMs } = this.#unevenness;
    if (!this.#isStill && this.#random.chance(chance)) {
      this.block(this.#random.between(1, longestMs));
    }
    if (this.#isStill) this.#waiting.push({ isTimer, run });
    else run();
  }

  /** One turn of those that wait; each lets promises have theirs before the next. */
  #goOn(): void {
    const at = this.#waiting.findIndex(({ isTimer }) => isTimer !== this.#areTimersLast);
    const [turn] = this.#waiting.splice(Math.max(at, 0), 1);
    if (turn === undefined) {
      this.#isStill = false;
      return;
    }
    this.#goOnIn(0);
    turn.run();
  }

  #goOnIn(delayMs: number): void {
    this.#cancel();
    this.#cancel = this.#inner.setTimer(delayMs, () => this.#goOn());
  }
}
