import type { EnsembleSpec } from '@vivarium/core/internal/config/ensemble';
import type { ServerSpec } from '@vivarium/core/internal/config/servers';

/** An ensemble of these servers, numbered from 1, each at its addresses `host:quorum:election`. */
export function ensembleAt(...servers: readonly (readonly string[])[]): EnsembleSpec {
  return {
    servers: servers.map((addresses, index): ServerSpec => {
      const parts = addresses.map((address) => address.split(':'));
      return {
        serverId: index + 1,
        role: 'participant',
        addresses: parts.map(([host, quorum, election]) => {
          return { host: host!, quorumPort: Number(quorum), electionPort: Number(election) };
        }),
      };
    }),
    weights: new Map(),
    version: 0n,
  };
}
