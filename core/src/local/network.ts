import { Connection, type End, type EndEvents } from './connection.js';
import type { Kernel, Micros } from './kernel.js';

export type { Connection, End, EndEvents } from './connection.js';

/** How long bytes travel, and whether they may be cut up and joined. */
export interface NetworkOptions {
  readonly latencyMicros: readonly [from: Micros, to: Micros];
  readonly fragments: boolean;
}

/** @param from the place that connects */
type Accept = (end: End, from: string) => EndEvents;

/**
 * Byte streams between named places, as TCP has them: in order, and gone when cut. A place may
 * listen to several addresses.
 */
export class Network {
  readonly connections = new Set<Connection>();
  readonly #kernel: Kernel;
  readonly #options: NetworkOptions;
  readonly #listeners = new Map<string, Accept>();
  /** Whose each address is, also while nobody listens to it. */
  readonly #owners = new Map<string, string>();
  readonly #isolated = new Set<string>();
  /** Ways that are cut in one direction, by the place where they begin. */
  readonly #severed = new Map<string, Set<string>>();
  /** Places without power. */
  readonly #dark = new Set<string>();
  #opened = 0;

  constructor(kernel: Kernel, options: NetworkOptions) {
    this.#kernel = kernel;
    this.#options = options;
  }

  /**
   * Takes connections to an address. The returned function stops it and keeps those there are.
   *
   * @param place whose address it is; an address is a place of its own unless somebody says so
   */
  listen(address: string, accept: Accept, place = address): () => void {
    if (this.#listeners.has(address)) throw new Error(`${address} is taken`);
    this.#listeners.set(address, accept);
    this.#owners.set(address, place);
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
    this.#blockWays();
  }

  /** Whether {@link isolate} has cut a place off. */
  isIsolated(place: string): boolean {
    return this.#isolated.has(place);
  }

  /**
   * Cuts the way from one place to another, or mends it. The way back is another one, which may go
   * on carrying bytes; a connection needs both to come to be.
   */
  sever(from: string, to: string, severed: boolean): void {
    const ends = this.#severed.get(from) ?? new Set();
    this.#severed.set(from, ends);
    if (severed) ends.add(to);
    else ends.delete(to);
    this.#blockWays();
  }

  /** Mends every way and joins every place. Places without power stay dark. */
  mend(): void {
    this.#isolated.clear();
    this.#severed.clear();
    this.#blockWays();
  }

  /** The machine at a place has no power, or has it again: without, it does not even refuse. */
  darken(place: string, dark: boolean): void {
    if (dark) this.#dark.add(place);
    else this.#dark.delete(place);
  }

  /**
   * Opens a connection; whether it came to be is told to `events`.
   *
   * @param from the place that connects
   */
  connect(from: string, address: string, events: EndEvents): End {
    const number = ++this.#opened;
    const route = { number, from, to: address, at: this.#owners.get(address) ?? address };
    const connection = new Connection(this.#kernel, this.#options, route, () =>
      this.connections.delete(connection),
    );
    this.connections.add(connection);
    connection.dialer.listen(events);
    this.#block(connection);
    connection.later('open', () => {
      if (connection.isCut || this.#dark.has(route.at)) return;
      const accept = this.#listeners.get(address);
      if (accept === undefined) return connection.cut(`connection refused by ${address}`);
      connection.acceptor.listen(accept(connection.acceptor, from));
      connection.later('opened', () => {
        connection.acceptor.open();
        connection.dialer.open();
      });
    });
    return connection.dialer;
  }

  #blockWays(): void {
    for (const connection of this.connections) this.#block(connection);
  }

  #block(connection: Connection): void {
    const { from, at } = connection.route;
    const cut = this.#isolated.has(from) || this.#isolated.has(at);
    connection.block(cut || this.#isSevered(from, at), cut || this.#isSevered(at, from));
  }

  #isSevered(from: string, to: string): boolean {
    return this.#severed.get(from)?.has(to) === true;
  }
}
