/** Clients of the recipes' bench, kept from order to order. */
import { type Client, connect } from '@vivarium/core';

/** The same for all that are compared. A client that is silent for a third of it sends a ping. */
const SESSION_MS = 30_000;
const AT_ONCE = 20;
/** After a node has the children that it is to have, until their owners have looked around too. */
const SETTLE_MS = 5;

export class Pool {
  readonly #address: string;
  readonly #clients: Client[] = [];
  #orders = 0;

  /** @param address where clients connect to, as a connect string */
  constructor(address: string) {
    this.#address = address;
  }

  /** A path that nobody has used before. */
  newPath(): string {
    return `/bench-recipes/ours-${process.pid}-${this.#orders++}`;
  }

  /** The first so many of the clients that are kept. */
  async clients(count: number): Promise<readonly Client[]> {
    while (this.#clients.length < count) {
      const missing = Math.min(AT_ONCE, count - this.#clients.length);
      const begun = Array.from({ length: missing }, () => this.begin());
      this.#clients.push(...(await Promise.all(begun)));
    }
    return this.#clients.slice(0, count);
  }

  /** A client that the caller has to close. */
  begin(sessionTimeoutMs = SESSION_MS): Promise<Client> {
    return connect(this.#address, { sessionTimeoutMs });
  }

  /** All ask for something: none has to send a ping for a while, which would be counted too. */
  async wake(): Promise<void> {
    await Promise.all(this.#clients.map((zk) => zk.exists('/')));
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((zk) => zk.close()));
  }
}

/** Waits until a node has so many children. */
export async function standing(zk: Client, path: string, count: number): Promise<void> {
  while ((await zk.exists(path))?.numChildren !== count) {}
  await settled();
}

/** Gives what is still under way the time to end. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
