/** Starts servers again that ended, as whatever supervises them does, after some time. */
import type { Kernel } from '@vivarium/core/internal/local/kernel';
import type { Random } from '@vivarium/core/internal/local/random';
import type { SimServer } from './sim-server.js';

export class Keeper {
  readonly #kernel: Kernel;
  readonly #random: Random;
  readonly #planned = new Set<SimServer>();
  #frozen: ReadonlySet<SimServer> = new Set();
  #isOver = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#random = kernel.random('keeper');
  }

  /** A server is down, by itself or by a fault. */
  ended(server: SimServer): void {
    if (this.#planned.has(server)) return;
    this.#start(server, this.#random.between(0, this.#random.pick([1, 100, 2_000])));
  }

  /** From now on those who are frozen stay down, and all others are up. */
  heal(servers: readonly SimServer[], frozen: ReadonlySet<SimServer>): void {
    this.#frozen = frozen;
    this.#isOver = true;
    for (const server of servers) {
      if (!server.isUp && !frozen.has(server)) this.#start(server, 0);
    }
  }

  #start(server: SimServer, delayMs: number): void {
    this.#planned.add(server);
    this.#kernel.after(delayMs * 1_000, `restart of ${server.name}`, () => {
      this.#planned.delete(server);
      if (server.isUp || this.#frozen.has(server)) return;
      if (server.failedSync && this.#random.chance(0.5)) server.cutPower();
      server.failedSync = false;
      // Now and then a disk fails a server that starts, and is mended only when that is known.
      if (this.#isOver || server.hasFailedStart || this.#random.chance(0.8)) server.mendDisk();
      server.start();
    });
  }
}
