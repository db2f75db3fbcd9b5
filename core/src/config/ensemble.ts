import type { ServerAddress, ServerSpec } from './servers.js';

/**
 * Who is in an ensemble and who of them is a quorum. Its words are ZooKeeper's: participants vote,
 * observers only listen.
 */
export interface EnsembleSpec {
  readonly servers: readonly ServerSpec[];
  /** The servers of each group; a majority of all participants is a quorum where there are none. */
  readonly groups?: ReadonlyMap<number, readonly number[]>;
  /** What the votes of servers count in their groups; 1 where nothing is said. */
  readonly weights: ReadonlyMap<number, number>;
  /** Zxid of the transaction that made the ensemble what it is; 0 when a file did. */
  readonly version: bigint;
}

/** Something wrong with an ensemble, and the key of a config file that a person should look at. */
export interface EnsembleProblem {
  readonly key: string;
  /** Goes on after `key=value`. */
  readonly what: string;
  /** What would be fine instead; a sentence begins with a capital letter. */
  readonly allowed: string;
}

/** The server with a number. */
export function serverOf(spec: EnsembleSpec, serverId: number): ServerSpec | undefined {
  return spec.servers.find((server) => server.serverId === serverId);
}

/** Numbers of the servers that vote, those of weight 0 included. */
export function participantsOf(spec: EnsembleSpec): readonly number[] {
  return spec.servers.filter(({ role }) => role === 'participant').map(({ serverId }) => serverId);
}

/** Why no quorum rule can be made of an ensemble: everything that ZooKeeper refuses, and more. */
export function ruleProblems(spec: EnsembleSpec): readonly EnsembleProblem[] {
  const problems: EnsembleProblem[] = [];
  const seen = new Set<number>();
  for (const { serverId } of spec.servers) {
    const key = `server.${serverId}`;
    if (seen.has(serverId)) {
      problems.push({ key, what: 'is there twice', allowed: 'one line for each number' });
    }
    seen.add(serverId);
  }
  if (participantsOf(spec).length === 0) {
    const [first] = spec.servers;
    const key = first === undefined ? 'server.1' : `server.${first.serverId}`;
    const what = first === undefined ? 'is missing' : 'is an observer, and nobody votes';
    problems.push({ key, what, allowed: 'at least one server that is a participant' });
  }
  problems.push(...groupProblems(spec));
  return problems;
}

/**
 * Why an ensemble cannot run: its rules, and addresses that cannot all be listened to.
 *
 * @param multiAddressEnabled whether a server may have several addresses
 */
export function ensembleProblems(
  spec: EnsembleSpec,
  multiAddressEnabled: boolean,
): readonly EnsembleProblem[] {
  const problems = [...ruleProblems(spec)];
  for (const { serverId, addresses } of spec.servers) {
    if (multiAddressEnabled || addresses.length <= 1) continue;
    problems.push({
      key: `server.${serverId}`,
      what: 'names several addresses, and multiAddress.enabled is false',
      allowed: 'one address, or multiAddress.enabled=true on every server',
    });
  }
  return [...problems, ...addressProblems(spec.servers)];
}

/** What an operator should know of an ensemble that can run. */
export function ensembleWarnings(spec: EnsembleSpec): readonly string[] {
  const voters = participantsOf(spec).length;
  const warnings: string[] = [];
  if (voters <= 2) {
    const who = voters === 1 ? '1 participant' : '2 participants';
    warnings.push(`an ensemble of ${who} survives no failure; 3 survive one`);
  } else if (voters % 2 === 0 && spec.groups === undefined) {
    const spare = (voters - 2) / 2;
    const failures = spare === 1 ? '1 failure' : `${spare} failures`;
    warnings.push(`${voters} participants survive ${failures}, no more than ${voters - 1} do`);
  }
  for (const serverId of spec.weights.keys()) {
    if (serverOf(spec, serverId) !== undefined) continue;
    warnings.push(`weight.${serverId} is of no server`);
  }
  return warnings;
}

/** Why a server with this number (its myid) cannot be one of the ensemble. */
export function memberProblem(spec: EnsembleSpec, serverId: number): string | undefined {
  if (serverOf(spec, serverId) !== undefined) return undefined;
  const known = spec.servers.map((server) => server.serverId).sort((a, b) => a - b);
  return `server ${serverId} is not in the ensemble, whose servers are ${known.join(', ')}`;
}

/** Every participant is in one group, and nobody else is in any. */
function groupProblems({ servers, groups, weights }: EnsembleSpec): EnsembleProblem[] {
  const problems: EnsembleProblem[] = [];
  if (groups === undefined) {
    for (const serverId of weights.keys()) {
      const allowed = 'weights together with group.G lines that hold every participant';
      problems.push({ key: `weight.${serverId}`, what: 'needs groups', allowed });
    }
    return problems;
  }
  const roles = new Map(servers.map(({ serverId, role }) => [serverId, role]));
  const groupOf = new Map<number, number>();
  for (const [group, serverIds] of groups) {
    const key = `group.${group}`;
    for (const serverId of serverIds) {
      const role = roles.get(serverId);
      const earlier = groupOf.get(serverId);
      if (role === undefined) {
        const allowed = 'numbers of participants';
        problems.push({ key, what: `names server ${serverId}, which does not exist`, allowed });
      } else if (role === 'observer') {
        const allowed = 'numbers of participants';
        problems.push({ key, what: `names server ${serverId}, which is an observer`, allowed });
      } else if (earlier !== undefined) {
        const what = `names server ${serverId}, which is in group.${earlier} already`;
        problems.push({ key, what, allowed: 'each server in one group, once' });
      } else {
        groupOf.set(serverId, group);
      }
    }
  }
  let total = 0;
  for (const [serverId, role] of roles) {
    if (role === 'observer') continue;
    total += groupOf.has(serverId) ? (weights.get(serverId) ?? 1) : 0;
    if (groupOf.has(serverId)) continue;
    const allowed = 'every participant in one group, once there are groups';
    problems.push({ key: `server.${serverId}`, what: 'is in no group', allowed });
  }
  const [anyGroup] = groups.keys();
  if (problems.length === 0 && total === 0 && anyGroup !== undefined) {
    const what = 'and all other groups have no weight, so that nothing is a quorum';
    const allowed = 'at least one server whose weight is not 0';
    problems.push({ key: `group.${anyGroup}`, what, allowed });
  }
  return problems;
}

/** Two places that cannot both be listened to, or one that would be meant for two servers. */
function addressProblems(servers: readonly ServerSpec[]): EnsembleProblem[] {
  const problems: EnsembleProblem[] = [];
  const users = new Map<string, number>();
  for (const server of servers) {
    const own = new Set<string>();
    for (const place of placesOf(server)) {
      const name = `${place.host}, port ${place.port},`;
      const user = users.get(name);
      if (user !== undefined) {
        const what = `uses ${name} as server.${user} does`;
        const allowed = 'an address and port of its own for each server';
        problems.push({ key: `server.${server.serverId}`, what, allowed });
      } else if (own.has(name)) {
        const what = `uses ${name} for two things`;
        const allowed = 'different ports for the quorum, the election and the clients';
        problems.push({ key: `server.${server.serverId}`, what, allowed });
      }
      own.add(name);
    }
    for (const name of own) users.set(name, users.get(name) ?? server.serverId);
  }
  return problems;
}

/**
 * Where the others and the clients find a server. A client address that may be another one on each
 * machine (all of the machine's, or loopback) says nothing about other servers.
 */
function placesOf({ addresses, client }: ServerSpec): { host: string; port: number }[] {
  const places = addresses.flatMap(({ host, quorumPort, electionPort }: ServerAddress) =>
    [quorumPort, electionPort].map((port) => ({ host: host.toLowerCase(), port })),
  );
  const host = client?.host?.toLowerCase();
  if (client === undefined || host === undefined || isAnywhere(host)) return places;
  return [...places, { host, port: client.port }];
}

function isAnywhere(host: string): boolean {
  return ['0.0.0.0', '::', '::1', 'localhost'].includes(host) || host.startsWith('127.');
}
