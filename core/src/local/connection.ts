import type { Kernel } from './kernel.js';
import type { NetworkOptions } from './network.js';
import { Pipe } from './pipe.js';

/**
 * What one end of a connection is told. No callback is made from within a call of that end. Whoever
 * goes on from here with promises has to stir the kernel.
 */
export interface EndEvents {
  opened(): void;
  /** Bytes in the order in which they were sent, cut anywhere; the receiver owns them. */
  received(bytes: Uint8Array): void;
  /** The other end has taken all that was sent to it. */
  drained?(): void;
  /** The connection is over. Called once, last; never after the end closed by itself. */
  closed(reason: string): void;
}

/** Where a connection leads, and its number in the order of opening. */
interface Route {
  readonly number: number;
  /** The place that connects. */
  readonly from: string;
  /** The address that it connects to. */
  readonly to: string;
  /** The place whose address that is. */
  readonly at: string;
}

/** One connection and what can go wrong with it. */
export class Connection {
  readonly dialer: End;
  readonly acceptor: End;
  readonly route: Route;
  readonly #kernel: Kernel;
  readonly #options: NetworkOptions;
  readonly #gone: () => void;
  #over = false;

  constructor(kernel: Kernel, options: NetworkOptions, route: Route, gone: () => void) {
    this.#kernel = kernel;
    this.#options = options;
    this.route = route;
    this.#gone = gone;
    const { number } = route;
    const random = kernel.random(`connection ${number}`);
    const pipe = (side: string, stream: number, from: () => End, to: () => End) =>
      new Pipe(kernel, random, options, `${number} ${side}`, stream, {
        deliver: (bytes) => to().take(bytes),
        drained: () => from().drained(),
        ended: () => this.cut('the other end closed the connection'),
        broken: () => this.cut('connection reset'),
      });
    const dialer = () => this.dialer;
    const acceptor = () => this.acceptor;
    const there = pipe('there', 2 * number, dialer, acceptor);
    const back = pipe('back', 2 * number + 1, acceptor, dialer);
    const reset = (end: End, reason: string) => this.#reset(end, reason);
    this.dialer = new End(there, back, reset);
    this.acceptor = new End(back, there, reset);
  }

  get over(): boolean {
    return this.#over;
  }

  /** Whether bytes do not come through, in one direction at least. */
  get isCut(): boolean {
    return this.dialer.incoming.isBlocked || this.acceptor.incoming.isBlocked;
  }

  /** Ends the connection for both ends at once; what was on its way is lost. */
  cut(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#gone();
    for (const end of [this.dialer, this.acceptor]) {
      this.#kernel.quietly(0, `${this.route.number} closed: ${reason}`, () => end.over(reason));
    }
  }

  /** Lets bytes wait on their way to the acceptor and back to the dialer, or go on. */
  block(there: boolean, back: boolean): void {
    this.acceptor.incoming.block(there);
    this.dialer.incoming.block(back);
  }

  /** Plans what happens to the connection after the time that bytes travel. */
  later(what: string, run: () => void): void {
    const delay = this.#options.latencyMicros[0];
    this.#kernel.quietly(delay, `${this.route.number} ${what}`, () => {
      if (!this.#over) run();
    });
  }

  /**
   * One end is there no more. The other hears of it, unless the way to it is cut: then the
   * connection is half open until the other end says something and the way back is mended.
   */
  #reset(end: End, reason: string): void {
    if (this.#over) return;
    if (!end.outgoing.isBlocked) this.cut(reason);
    else if (end.die()) {
      this.#kernel.quietly(0, `${this.route.number} half closed: ${reason}`, () =>
        end.over(reason),
      );
    }
  }
}

/** One of the two ends of a connection. */
export class End {
  readonly #outgoing: Pipe;
  readonly #incoming: Pipe;
  readonly #reset: (end: End, reason: string) => void;
  #events: EndEvents | undefined;
  #closed = false;
  /** It is gone, and the other end may not know. */
  #dead = false;

  constructor(outgoing: Pipe, incoming: Pipe, reset: (end: End, reason: string) => void) {
    this.#outgoing = outgoing;
    this.#incoming = incoming;
    this.#reset = reset;
  }

  /** Bytes that came and that a held end has not taken: its socket's receive buffer. */
  get backlogBytes(): number {
    return this.#incoming.backlogBytes;
  }

  /** Bytes that were sent from here and that the other end has not taken. */
  get unsentBytes(): number {
    return this.#outgoing.unsentBytes;
  }

  /** The way of bytes to this end, for faults: to stall it, or to break it at a byte. */
  get incoming(): Pipe {
    return this.#incoming;
  }

  /** The way of bytes from this end. */
  get outgoing(): Pipe {
    return this.#outgoing;
  }

  /** @param bytes belong to the network from now on */
  send(bytes: Uint8Array): void {
    if (!this.#closed) this.#outgoing.send(bytes);
  }

  /** What was sent still goes; nothing more is heard. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#outgoing.finish();
  }

  /**
   * Ends the connection at once for both, or for this end alone while the other cannot be told;
   * this end is told too.
   */
  reset(reason: string): void {
    this.#reset(this, reason);
  }

  /** Takes what waits, held or not: one round of reading. */
  flush(): void {
    this.#incoming.flush();
  }

  /** Stops or goes on taking bytes; meanwhile they wait in {@link backlogBytes}. */
  hold(held: boolean): void {
    if (!this.#dead) this.#incoming.hold(held);
  }

  /** Sets who is told. Bytes that come before that would be lost, and none can. */
  listen(events: EndEvents): void {
    this.#events = events;
  }

  open(): void {
    if (!this.#closed) this.#events?.opened();
  }

  take(bytes: Uint8Array): void {
    if (this.#dead) this.#reset(this, 'connection reset');
    else if (!this.#closed) this.#events?.received(bytes);
  }

  drained(): void {
    if (!this.#closed) this.#events?.drained?.();
  }

  /** From now on it answers whatever comes by a reset. False when it did so already. */
  die(): boolean {
    if (this.#dead) return false;
    this.#incoming.hold(false);
    this.#dead = true;
    this.#outgoing.discard();
    return true;
  }

  over(reason: string): void {
    this.#outgoing.discard();
    if (!this.#dead) this.#incoming.discard();
    if (this.#closed) return;
    this.#closed = true;
    this.#events?.closed(reason);
  }
}
