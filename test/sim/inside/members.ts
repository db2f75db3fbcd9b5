/** Who belongs to an ensemble and what a quorum of it is, worked out anew. */
import type { EnsembleSpec } from '@vivarium/core/internal/config/ensemble';

export class Members {
  readonly voters: ReadonlySet<number>;
  readonly #spec: EnsembleSpec;

  constructor(spec: EnsembleSpec) {
    this.#spec = spec;
    const voters = spec.servers.filter(({ role }) => role === 'participant');
    this.voters = new Set(voters.map(({ serverId }) => serverId));
  }

  /** Whether these servers decide for all; whoever is no voter does not count (R15). */
  isQuorum(ids: ReadonlySet<number>): boolean {
    const there = [...this.voters].filter((id) => ids.has(id));
    const { groups } = this.#spec;
    if (groups === undefined) return 2 * this.#weigh(there) > this.#weigh([...this.voters]);
    let won = 0;
    let counted = 0;
    for (const group of groups.values()) {
      const all = this.#weigh(group);
      if (all === 0) continue;
      counted++;
      if (2 * this.#weigh(group.filter((id) => ids.has(id))) > all) won++;
    }
    return 2 * won > counted;
  }

  /** Whose address a link leads to. */
  at(host: string): number | undefined {
    const isThere = ({ addresses }: EnsembleSpec['servers'][number]) =>
      addresses.some((address) => address.host === host);
    return this.#spec.servers.find(isThere)?.serverId;
  }

  #weigh(ids: readonly number[]): number {
    return ids.reduce((sum, id) => sum + (this.#spec.weights.get(id) ?? 1), 0);
  }
}
