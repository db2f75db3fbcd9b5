/**
 * Loopback addresses for one ensemble. Every server has an address of its own in 127.0.0.0/8, so
 * that all of them use the same three ports, and none of these is ever taken by an outgoing
 * connection while its server is down. Linux answers on all of that range; other systems may not.
 *
 * A server finds its peers by name. What a name means is told to each server in a hosts file of its
 * own: the peer itself, or a proxy that stands between just these two. Names stay the same wherever
 * a server repeats them (in votes, in the configuration), so that nobody gets past the proxies.
 */
import { createServer } from 'node:net';

/** The same three on every server. */
export const ports = { client: 2181, quorum: 2888, election: 3888 } as const;

/** Ids are from 1 to this. */
export const LARGEST_ID = 15;

const FIRST_BLOCK = 64;
const BLOCKS = 128;
const ATTEMPTS = 50;

/** The addresses of one ensemble: a block of 256. */
export class Addresses {
  readonly #block: string;

  private constructor(block: string) {
    this.#block = block;
  }

  /** A block that nobody uses at this moment. */
  static async pick(): Promise<Addresses> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const second = FIRST_BLOCK + Math.floor(Math.random() * BLOCKS);
      const addresses = new Addresses(`127.${second}.${Math.floor(Math.random() * 256)}`);
      const own = addresses.of(1);
      const free = await Promise.all(Object.values(ports).map((port) => isFree(own, port)));
      if (free.every((each) => each)) return addresses;
    }
    throw new Error(`no free block of loopback addresses was found in ${ATTEMPTS} attempts`);
  }

  /** Where a server itself listens. */
  of(id: number): string {
    return this.between(id, id);
  }

  /** Where the proxy listens that takes what `from` dials to `to`. */
  between(from: number, to: number): string {
    return `${this.#block}.${from * 16 + to}`;
  }
}

/** How servers call each other. */
export function nameOfServer(id: number): string {
  return `server-${id}.test`;
}

/** Whether nobody listens there at this moment. */
export function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
