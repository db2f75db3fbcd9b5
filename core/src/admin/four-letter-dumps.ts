import type { Millis } from '../base/ids.js';
import type { Config } from '../config/config.js';
import type { PeerView } from '../peer/view.js';
import { type AdminContext, hex, type ProcessFacts, socketAddress } from './facts.js';
import type { Asker } from './four-letter.js';
import { javaDate } from './java-date.js';
import { quorumConfiguration } from './quorum-commands.js';

/** Text of `conf`: one `key=value` a line. */
export function configurationText({ config, facts }: AdminContext, view: PeerView): string {
  const rows: readonly (readonly [string, string | number])[] = [
    ['clientPort', facts.clientPort],
    ['secureClientPort', -1],
    ['dataDir', facts.dataDir],
    ['dataDirSize', facts.dataDirBytes],
    ['dataLogDir', facts.dataLogDir],
    ['dataLogSize', facts.dataLogDirBytes],
    ['tickTime', config.tickTime],
    ['maxClientCnxns', config.maxClientCnxns],
    ['minSessionTimeout', config.minSessionTimeout],
    ['maxSessionTimeout', config.maxSessionTimeout],
    ['clientPortListenBacklog', config.clientPortListenBacklog],
    ['serverId', view.serverId],
  ];
  const own = rows.map(([key, value]) => `${key}=${value}\n`).join('');
  return own + quorumConfiguration({ config, facts, view }, view);
}

/**
 * Text of `dump`: sessions by deadline, their ephemeral nodes, connections by deadline, among them
 * the one that asks.
 */
export function dumpText(
  { config, facts }: AdminContext,
  view: PeerView,
  asker: Asker | undefined,
): string {
  const deadlines = new Map(view.sessions().map(({ id, deadline }) => [id, deadline]));
  const connections = view.connections().map(({ address, port, session, establishedAt }) => ({
    deadline:
      deadlines.get(session) ??
      establishedAt - facts.wall + facts.now + config.sessionlessTimeoutMs,
    text: `ip: /${socketAddress(address, port)} sessionId: 0x${hex(session)}`,
  }));
  if (asker !== undefined) {
    connections.push({
      deadline: facts.now + config.sessionlessTimeoutMs,
      text: `ip: /${socketAddress(asker.address, asker.port)} sessionId: 0x0`,
    });
  }
  const ephemerals = view.ephemerals();
  const owners = [...ephemerals].map(
    ([session, paths]) => `0x${hex(session)}:\n${paths.map((path) => `\t${path}\n`).join('')}`,
  );
  return (
    `SessionTracker dump:\n${sessionsText(config, facts, view)}` +
    `ephemeral nodes dump:\nSessions with Ephemerals (${ephemerals.size}):\n${owners.join('')}` +
    `Connections dump:\nConnections ${buckets(connections, facts)}`
  );
}

/**
 * Sessions by deadline; a learner, which decides of local ones only, lists all others with their
 * timeouts.
 */
function sessionsText(config: Config, facts: ProcessFacts, view: PeerView): string {
  const rows = view.sessions().map(({ id, deadline, isLocal }) => {
    return { deadline, isLocal, text: `0x${hex(id)}` };
  });
  const ofLocal = rows.filter(({ isLocal }) => isLocal);
  const hasLocal = config.localSessionsEnabled || ofLocal.length > 0;
  const local = hasLocal ? `Local Session ${buckets(ofLocal, facts)}` : '';
  if (view.quorum === undefined || view.quorum.leading !== undefined) {
    const others = rows.filter(({ isLocal }) => !isLocal);
    return `${local}${hasLocal ? 'Global ' : ''}Session ${buckets(others, facts)}`;
  }
  const all = [...view.globalSessions()].sort(([a], [b]) => (a < b ? -1 : 1));
  const global = all.map(([id, timeoutMs]) => `0x${hex(id)}\t${timeoutMs}ms\n`);
  return `${local}Global Sessions(${all.length}):\n${global.join('')}`;
}

/** Text of `wchc` and `wchp`: each key with what belongs to it below, then an empty line. */
export function watchesText<K extends string | bigint, V extends string | bigint>(
  watches: ReadonlyMap<K, readonly V[]>,
): string {
  const word = (value: string | bigint) => (typeof value === 'bigint' ? `0x${hex(value)}` : value);
  const groups = [...watches].map(
    ([key, values]) => `${word(key)}\n${values.map((value) => `\t${word(value)}\n`).join('')}`,
  );
  return `${groups.join('')}\n`;
}

interface Expiring {
  readonly deadline: Millis;
  readonly text: string;
}

/** Things that end, grouped by the moment they do. */
function buckets(things: readonly Expiring[], { now, wall }: ProcessFacts): string {
  const byDeadline = new Map<Millis, Expiring[]>();
  for (const thing of things) {
    const bucket = byDeadline.get(thing.deadline);
    if (bucket === undefined) byDeadline.set(thing.deadline, [thing]);
    else bucket.push(thing);
  }
  const groups = [...byDeadline].sort(([a], [b]) => a - b);
  const rows = groups.map(([deadline, bucket]) => {
    const head = `${bucket.length} expire at ${javaDate(wall + deadline - now)}:\n`;
    return head + bucket.map(({ text }) => `\t${text}\n`).join('');
  });
  return `Sets (${groups.length})/(${things.length}):\n${rows.join('')}`;
}
