import type { EnsembleSpec } from '@vivarium/core/internal/config/ensemble';
import type { ServerSpec } from '@vivarium/core/internal/config/servers';

/** A source of choices: a whole number from 0 to `limit - 1`. */
export type Below = (limit: number) => number;

/**
 * An ensemble of one to nine participants and up to three observers, half of them with groups and
 * some of those with weights, 0 among them. Every one of them is allowed.
 *
 * @param largestId the largest number that a server may have
 */
export function randomEnsemble(below: Below, largestId = 255): EnsembleSpec {
  const voters = 1 + below(9);
  const ids = pickIds(below, voters + below(4), largestId);
  const servers = ids.map((serverId, at) => randomServer(below, serverId, at < voters));
  const version = below(2) === 0 ? 0n : BigInt(below(0xffff)) << BigInt(below(45));
  const plain = { servers: shuffled(below, servers), weights: new Map(), version };
  if (below(2) === 0) return plain;
  const groups = new Map<number, number[]>();
  const groupIds = pickIds(below, 1 + below(5), 20);
  for (const id of shuffled(below, ids.slice(0, voters))) {
    const group = groupIds[below(groupIds.length)]!;
    groups.set(group, [...(groups.get(group) ?? []), id]);
  }
  const weights = new Map<number, number>();
  for (const id of ids) if (below(3) === 0) weights.set(id, below(4));
  // Nobody could ever be a quorum without this one.
  weights.set(ids[0]!, 1 + below(3));
  return { ...plain, groups, weights };
}

/** The lines of a config file that make an ensemble, in no order. */
export function linesOf(spec: EnsembleSpec, below: Below): readonly string[] {
  const lines = spec.servers.map(({ serverId, addresses, role, client }) => {
    const parts = addresses.map(
      (at) => `${bracketed(at.host)}:${at.quorumPort}:${at.electionPort}`,
    );
    const end = client === undefined ? '' : `;${client.host ?? '0.0.0.0'}:${client.port}`;
    return `server.${serverId}=${parts.join('|')}:${role}${end}`;
  });
  for (const [group, ids] of spec.groups ?? []) lines.push(`group.${group}=${ids.join(':')}`);
  for (const [id, weight] of spec.weights) lines.push(`weight.${id}=${weight}`);
  lines.push(`version=${spec.version.toString(16)}`);
  return shuffled(below, lines);
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function randomServer(below: Below, serverId: number, isVoter: boolean): ServerSpec {
  const hosts = ['zk', '10.0.0.', '2001:db8::', 'Zoo-'];
  const host = `${hosts[below(hosts.length)]}${serverId}`;
  const port = 1000 + below(9000);
  const client = { port: 1 + below(65_535), ...(below(2) === 0 ? {} : { host: 'localhost' }) };
  return {
    serverId,
    addresses: [{ host, quorumPort: port, electionPort: port + 1 }],
    role: isVoter ? 'participant' : 'observer',
    ...(below(2) === 0 ? {} : { client }),
  };
}

/** Different numbers from 1 on, most often the first ones. */
function pickIds(below: Below, count: number, largest: number): number[] {
  if (below(2) === 0) return Array.from({ length: count }, (_, at) => at + 1);
  const ids = new Set<number>();
  while (ids.size < count) ids.add(1 + below(largest));
  return [...ids];
}

function shuffled<T>(below: Below, items: readonly T[]): T[] {
  const all = [...items];
  for (let at = all.length - 1; at > 0; at--) {
    const other = below(at + 1);
    [all[at], all[other]] = [all[other]!, all[at]!];
  }
  return all;
}
