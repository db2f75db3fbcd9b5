import type { Kernel, Micros } from './kernel.js';
import { Pipe } from './pipe.js';

/** What one end of a connection is told. No callback is made from within a call of that end. */
export interface EndEvents {
  opened(): void;
  /** Bytes in the order in which they were sent, cut anywhere; the receiver owns them. */
  received(bytes: Uint8Array): void;
  /** The connection is over. Called once, last; never after the end closed by itself. */
  closed(reason: string): void;
}

/** How long bytes travel, and whether they may be cut up and joined. */
export interface NetworkOptions {
  readonly latencyMicros: readonly [from: Micros, to: Micros];
  readonly fragments: boolean;
}

type Accept = (end: End) => EndEvents;

/** Byte streams between named places, as TCP has them: in order, and gone when cut. */
export class Network {
  readonly connections = new Set<Connection>();
  readonly #kernel: Kernel;
  readonly #options: NetworkOptions;
  readonly #listeners = new Map<string, Accept>();
  readonly #isolated = new Set<string>();
  #opened = 0;

  constructor(kernel: Kernel, options: NetworkOptions) {
    this.#kernel = kernel;
    this.#options = options;
  }

  /** Takes connections to an address. The returned function stops it and keeps those there are. */
  listen(address: string, accept: Accept): () => void {
    if (this.#listeners.has(address)) throw new Error(`${address} is taken`);
    this.#listeners.set(address, accept);
    return () => {
      if (this.#listeners.get(address) === accept) this.#listeners.delete(address);
    };
  }

  /**
   * Cuts a place off, or joins it again: bytes from and to it wait meanwhile, nobody is told, and
   * who connects hears nothing.
   */
  isolate(place: string, isolated: boolean): void {
    if (isolated) this.#isolated.add(place);
    else this.#isolated.delete(place);
    for (const connection of this.connections) connection.block(this.#isCut(connection));
  }

  /**
   * Opens a connection; whether it came to be is told to `events`.
   *
   * @param from the place that connects
   */
  connect(from: string, address: string, events: EndEvents): End {
    const number = ++this.#opened;
    const route = { number, from, to: address };
    const connection = new Connection(this.#kernel, this.#options, route, () =>
      this.connections.delete(connection),
    );
    this.connections.add(connection);
    connection.dialer.listen(events);
    connection.later('open', () => {
      if (this.#isCut(connection)) return;
      const accept = this.#listeners.get(address);
      if (accept === undefined) return connection.cut(`connection refused by ${address}`);
      connection.acceptor.listen(accept(connection.acceptor));
      connection.later('opened', () => {
        connection.acceptor.open();
        connection.dialer.open();
      });
    });
    return connection.dialer;
  }

  #isCut({ route }: Connection): boolean {
    return this.#isolated.has(route.from) || this.#isolated.has(route.to);
  }
}

/** Where a connection leads, and its number in the order of opening. */
interface Route {
  readonly number: number;
  readonly from: string;
  readonly to: string;
}

/** One connection and what can go wrong with it. */
export class Connection {
  readonly dialer: End;
  readonly acceptor: End;
  readonly #kernel: Kernel;
  readonly #options: NetworkOptions;
  readonly route: Route;
  readonly #gone: () => void;
  #over = false;

  constructor(kernel: Kernel, options: NetworkOptions, route: Route, gone: () => void) {
    this.#kernel = kernel;
    this.#options = options;
    this.route = route;
    this.#gone = gone;
    const { number } = route;
    const random = kernel.random(`connection ${number}`);
    const pipe = (side: string, stream: number, to: () => End) =>
      new Pipe(kernel, random, options, `${number} ${side}`, stream, {
        deliver: (bytes) => to().take(bytes),
        ended: () => this.cut('the other end closed the connection'),
        broken: () => this.cut('connection reset'),
      });
    const there = pipe('there', 2 * number, () => this.acceptor);
    const back = pipe('back', 2 * number + 1, () => this.dialer);
    const reset = (reason: string) => this.cut(reason);
    this.dialer = new End(there, back, reset);
    this.acceptor = new End(back, there, reset);
  }

  get over(): boolean {
    return this.#over;
  }

  /** Ends the connection for both ends at once; what was on its way is lost. */
  cut(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#gone();
    for (const end of [this.dialer, this.acceptor]) {
      this.#kernel.after(0, `${this.route.number} closed: ${reason}`, () => end.over(reason));
    }
  }

  /** Lets bytes wait on their way, in both directions, or go on. */
  block(blocked: boolean): void {
    this.dialer.incoming.block(blocked);
    this.acceptor.incoming.block(blocked);
  }

  /** Plans what happens to the connection after the time that bytes travel. */
  later(what: string, run: () => void): void {
    const delay = this.#options.latencyMicros[0];
    this.#kernel.after(delay, `${this.route.number} ${what}`, () => {
      if (!this.#over) run();
    });
  }
}

/** One of the two ends of a connection. */
export class End {
  readonly #outgoing: Pipe;
  readonly #incoming: Pipe;
  readonly #reset: (reason: string) => void;
  #events: EndEvents | undefined;
  #closed = false;

  constructor(outgoing: Pipe, incoming: Pipe, reset: (reason: string) => void) {
    this.#outgoing = outgoing;
    this.#incoming = incoming;
    this.#reset = reset;
  }

  /** Bytes that came and that a held end has not taken: its socket's receive buffer. */
  get backlogBytes(): number {
    return this.#incoming.backlogBytes;
  }

  /** The way of bytes to this end, for faults: to stall it, or to break it at a byte. */
  get incoming(): Pipe {
    return this.#incoming;
  }

  send(bytes: Uint8Array): void {
    if (!this.#closed) this.#outgoing.send(bytes);
  }

  /** What was sent still goes; nothing more is heard. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#outgoing.finish();
  }

  /** Ends the connection at once for both; this end is told as the other is. */
  reset(reason: string): void {
    this.#reset(reason);
  }

  /** Takes what waits, held or not: one round of reading. */
  flush(): void {
    this.#incoming.flush();
  }

  /** Stops or goes on taking bytes; meanwhile they wait in {@link backlogBytes}. */
  hold(held: boolean): void {
    this.#incoming.hold(held);
  }

  /** Sets who is told. Bytes that come before that would be lost, and none can. */
  listen(events: EndEvents): void {
    this.#events = events;
  }

  open(): void {
    if (!this.#closed) this.#events?.opened();
  }

  take(bytes: Uint8Array): void {
    if (!this.#closed) this.#events?.received(bytes);
  }

  over(reason: string): void {
    this.#outgoing.discard();
    this.#incoming.discard();
    if (this.#closed) return;
    this.#closed = true;
    this.#events?.closed(reason);
  }
}
