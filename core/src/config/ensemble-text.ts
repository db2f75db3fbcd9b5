import { type EnsembleSpec, participantsOf, ruleProblems } from './ensemble.js';
import { inHashOrder } from './java-forms.js';
import { readProperties } from './properties.js';
import { readGroup, readVersion, readWeight } from './quorum-lines.js';
import { readServer, type ServerSpec, writeServer } from './servers.js';

/**
 * An ensemble as the text that stands in `/zookeeper/config` and in quorum and election messages:
 * lines without an end after the last, byte for byte as ZooKeeper writes them.
 *
 * @see ZooKeeper 3.9 QuorumMaj.toString, QuorumHierarchical.toString
 */
export function writeEnsemble(spec: EnsembleSpec): string {
  const { servers, groups, version } = spec;
  const byId = new Map(servers.map((server) => [server.serverId, server]));
  const lines = ordered(byId.keys()).map((id) => `server.${id}=${writeServer(byId.get(id)!)}`);
  if (groups !== undefined) lines.push(...quorumLines(spec, groups));
  return [...lines, `version=${version.toString(16)}`].join('\n');
}

/** Reads such a text, or says in a clause what is wrong with it. Unknown lines are passed over. */
export function readEnsemble(text: string): EnsembleSpec | { readonly wrong: string } {
  const { properties, faults } = readProperties(text);
  const servers = new Map<number, ServerSpec>();
  const groups = new Map<number, readonly number[]>();
  const weights = new Map<number, number>();
  let version: bigint | undefined = 0n;
  if (faults.length > 0) return { wrong: faults[0]!.message };
  for (const { key, value: written } of properties) {
    const value = written.trim();
    const wrong = { wrong: `'${key}=${value}' is not of the form` };
    if (key.startsWith('server.')) {
      const server = readServer(key, value);
      if ('wrong' in server) return { wrong: `'${key}=${value}': ${server.wrong}` };
      servers.set(server.serverId, server);
    } else if (key.startsWith('group')) {
      const line = readGroup(key, value);
      if (line === undefined) return wrong;
      groups.set(line.group, line.serverIds);
    } else if (key.startsWith('weight')) {
      const line = readWeight(key, value);
      if (line === undefined) return wrong;
      weights.set(line.serverId, line.weight);
    } else if (key === 'version') {
      version = readVersion(value);
      if (version === undefined) return wrong;
    }
  }
  const spec = {
    servers: [...servers.values()],
    ...(groups.size === 0 ? {} : { groups }),
    weights,
    version,
  };
  const [problem] = ruleProblems(spec);
  return problem === undefined ? spec : { wrong: `${problem.key} ${problem.what}` };
}

/**
 * A group lists its servers in the order of the map of all servers that are in one, and groups that
 * share a bucket come in the order in which that map names them.
 */
function quorumLines(
  spec: EnsembleSpec,
  groups: ReadonlyMap<number, readonly number[]>,
): readonly string[] {
  const groupOf = new Map<number, number>();
  for (const [group, serverIds] of groups) for (const id of serverIds) groupOf.set(id, group);
  const members = ordered(groupOf.keys());
  const weights = new Map(spec.weights);
  for (const id of participantsOf(spec)) weights.set(id, weights.get(id) ?? 1);
  return [
    ...inHashOrder([...new Set(members.map((id) => groupOf.get(id)!))]).map(
      (group) => `group.${group}=${members.filter((id) => groupOf.get(id) === group).join(':')}`,
    ),
    ...ordered(weights.keys()).map((id) => `weight.${id}=${weights.get(id)}`),
  ];
}

function ordered(ids: Iterable<number>): readonly number[] {
  return inHashOrder([...ids].sort((a, b) => a - b));
}
