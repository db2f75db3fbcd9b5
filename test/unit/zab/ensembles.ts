import type { ServerSpec } from '@vivarium/core/internal/config/servers';
import { Membership } from '@vivarium/core/internal/zab/membership';

/** Servers for tests, by number; each has ports of its own on a host of its own. */
export interface EnsembleOptions {
  readonly voters: readonly number[];
  readonly observers?: readonly number[];
  /** Voters whose vote counts nothing; all voters are in one group then. */
  readonly weightless?: readonly number[];
  readonly version?: bigint;
}

export function ensembleOf(options: EnsembleOptions): Membership {
  const { voters, observers = [], weightless = [], version = 0n } = options;
  const server = (serverId: number, role: ServerSpec['role']): ServerSpec => ({
    serverId,
    addresses: [{ host: `host${serverId}`, quorumPort: 2888, electionPort: 3888 }],
    role,
    client: { port: 2181 },
  });
  return new Membership({
    servers: [
      ...voters.map((id) => server(id, 'participant')),
      ...observers.map((id) => server(id, 'observer')),
    ],
    ...(weightless.length === 0 ? {} : { groups: new Map([[1, voters]]) }),
    weights: new Map(weightless.map((id) => [id, 0])),
    version,
  });
}

/** The numbers from 1 to `count`. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}
