/** The ways between places, each of which several faults may cut at once. */
import type { Network } from '@vivarium/core/internal/local/network';

export class Ways {
  readonly #network: Network;
  /** By how many faults each is cut. */
  readonly #cuts = new Map<string, number>();

  constructor(network: Network) {
    this.#network = network;
  }

  /** Cuts the way from one place to another; not the way back. Returns what mends it. */
  cut(from: string, to: string): () => void {
    return this.#count(`${from} ${to}`, (cut) => this.#network.sever(from, to, cut));
  }

  /** Cuts a place off from all others. Returns what joins it again. */
  isolate(place: string): () => void {
    return this.#count(place, (cut) => this.#network.isolate(place, cut));
  }

  #count(what: string, change: (cut: boolean) => void): () => void {
    const add = (more: number) => {
      const before = this.#cuts.get(what) ?? 0;
      this.#cuts.set(what, before + more);
      if (before === 0 || before + more === 0) change(more > 0);
    };
    add(1);
    return () => add(-1);
  }
}
