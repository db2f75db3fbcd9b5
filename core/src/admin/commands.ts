import type { Summary } from '../peer/metrics.js';
import type { ConnectionView, PeerView } from '../peer/view.js';
import type { PeerCommand } from '../seam/inputs.js';
import { type BackupPoint, NO_RESTORE, SNAPSHOT_DOC, takeSnapshot } from './backup-commands.js';
import { type AdminContext, fullVersion, hex, servingView, socketAddress } from './facts.js';
import { countWatches, environmentRows, NOT_SERVING, sessionsByPath } from './four-letter.js';
import { monitorValues } from './monitor.js';
import type { PastQuestion } from './past.js';
import { pastCommands } from './past-commands.js';
import { denial, type Permission } from './permission.js';
import { leaderStatus, observerStatus, votingView, zabState } from './quorum-commands.js';
import { closeSession, sessionList } from './session-commands.js';
import { type AdminObject, type AdminValue, Double, fourDecimals, sizeOr } from './values.js';

/** What a command answers. */
export interface CommandAnswer {
  /** HTTP status. Most errors have 200 too, as ZooKeeper's. */
  readonly status: number;
  /** The command's data, with `command` and `error` added. */
  readonly body: AdminObject;
  /** To hand to the server. */
  readonly command?: PeerCommand;
  /** To keep and to report as `ProcessFacts.traceMask` from now on. */
  readonly traceMask?: bigint;
  /** To be streamed in place of the body. */
  readonly backup?: BackupPoint;
  /** To be answered from the files, in place of the body. */
  readonly past?: PastQuestion;
}

/** One row per command. */
export interface AdminCommand {
  readonly name: string;
  readonly aliases: readonly string[];
  /** GET never changes anything, so commands that do need POST (ZooKeeper takes GET for them). */
  readonly method: 'GET' | 'POST';
  readonly needs: Permission;
  /** Whether it can only be answered by a server that serves. */
  readonly needsServer: boolean;
  readonly doc: string;
  readonly run: (question: CommandQuestion) => CommandResult;
}

interface CommandQuestion {
  readonly context: AdminContext;
  /** There when `needsServer` is true. */
  readonly view: PeerView;
  readonly query: ReadonlyMap<string, string>;
}

interface CommandResult {
  readonly data: AdminObject;
  readonly status?: number;
  readonly backup?: BackupPoint;
  readonly past?: PastQuestion;
  readonly command?: PeerCommand;
  readonly traceMask?: bigint;
}

const SESSIONS_DOC =
  "Vivarium's own: sessions in the order of their ids, with client, timeout, ephemeral nodes and " +
  'watches. `limit` (at most 500) sessions after the id `after`; a leader knows most of each.';

const HISTORY_DOC =
  "Vivarium's own: figures of the last fifteen minutes, a row each five seconds, and notable " +
  'events. The query parameter `since` takes the `last_seq` of an earlier answer.';

/**
 * ZooKeeper's admin commands, with its names, aliases and keys.
 *
 * @see ZooKeeper 3.9.5 org.apache.zookeeper.server.admin.Commands
 */
export const adminCommands: readonly AdminCommand[] = [
  reading('configuration', ['conf', 'config'], 'Settings of the server.', ({ context, view }) => ({
    client_port: context.facts.clientPort,
    data_dir: context.facts.dataDir,
    data_log_dir: context.facts.dataLogDir,
    tick_time: context.config.tickTime,
    max_client_cnxns: context.config.maxClientCnxns,
    min_session_timeout: context.config.minSessionTimeout,
    max_session_timeout: context.config.maxSessionTimeout,
    server_id: view.serverId,
    client_port_listen_backlog: context.config.clientPortListenBacklog,
  })),
  {
    name: 'close_session',
    aliases: [],
    method: 'POST',
    needs: 'administrator',
    needsServer: true,
    doc:
      "Vivarium's own: end the session of the query parameter `id`; its ephemeral nodes go. A " +
      'follower ends those of its own clients, the leader all.',
    run: ({ view, query }) => closeSession(view, query),
  },
  reading('connections', ['cons'], 'Connections with their sessions and figures.', ({ view }) => ({
    connections: view.connections().map(fullConnection),
    secure_connections: [],
  })),
  {
    name: 'connection_stat_reset',
    aliases: ['crst'],
    method: 'POST',
    needs: 'operator',
    needsServer: true,
    doc: 'Reset the figures of all connections.',
    run: () => ({ data: {}, command: { name: 'reset-connection-stats' } }),
  },
  reading('dirs', [], 'Bytes of the snapshot and log folders.', ({ context: { facts } }) => ({
    datadir_size: facts.dataDirBytes,
    logdir_size: facts.dataLogDirBytes,
  })),
  reading(
    'dump',
    [],
    'Sessions by the time they end, and the ephemeral nodes of each.',
    ({ view }) => ({
      expiry_time_to_session_ids: sessionsByDeadline(view),
      session_id_to_ephemeral_paths: Object.fromEntries(
        [...view.ephemerals()].map(([session, paths]) => [String(session), paths]),
      ),
    }),
  ),
  always('environment', ['env', 'envi'], 'Environment of the process.', ({ context }) =>
    Object.fromEntries(environmentRows(context)),
  ),
  always(
    'get_trace_mask',
    ['gtmk'],
    "ZooKeeper's trace mask, which Vivarium keeps and traces nothing by.",
    ({ context }) => ({ tracemask: context.facts.traceMask }),
  ),
  reading('hash', [], 'Digests of the tree at recent zxids.', ({ view }) => ({
    digests: view.digests().map(({ zxid, digest }) => ({
      zxid,
      digest_version: 2,
      digest: BigInt.asIntN(64, digest),
    })),
  })),
  always('history', [], HISTORY_DOC, ({ context, query }) => {
    const since = query.get('since') ?? '0';
    if (!/^\d{1,15}$/.test(since)) {
      return { error: `since takes the number of a row or event, not ${JSON.stringify(since)}` };
    }
    return context.history?.since(Number(since)) ?? { error: 'this server keeps no history' };
  }),
  reading('initial_configuration', ['icfg'], 'The config as it was read.', ({ context }) => ({
    initial_configuration: context.facts.initialConfig,
  })),
  reading('is_read_only', ['isro'], 'Whether only reads are served.', ({ view }) => ({
    read_only: view.mode === 'read-only',
  })),
  reading('last_snapshot', ['lsnp'], 'Zxid and time of the newest snapshot.', ({ view }) => ({
    zxid: hex(view.storage.lastSnapshotZxid),
    timestamp:
      view.storage.lastSnapshotAt === 0 ? -1 : Math.floor(view.storage.lastSnapshotAt / 1000),
  })),
  reading('leader', ['lead'], 'The leader of the ensemble; a single server has none.', ({ view }) =>
    leaderStatus(view),
  ),
  always('monitor', ['mntr'], 'Every metric.', ({ context }) => monitorValues(context)),
  {
    name: 'observer_connection_stat_reset',
    aliases: ['orst'],
    method: 'POST',
    needs: 'operator',
    needsServer: true,
    doc: 'Reset the figures of observers; only a leader has any.',
    run: () => ({ data: {}, command: { name: 'reset-observer-stats' } }),
  },
  reading('observers', ['obsr'], 'Observers that follow; only a leader has any.', ({ view }) =>
    observerStatus(view),
  ),
  {
    name: 'restore',
    aliases: ['rest'],
    method: 'POST',
    needs: 'administrator',
    needsServer: true,
    doc: 'Not offered: it says how a backup is restored.',
    run: () => ({ data: { error: NO_RESTORE } }),
  },
  reading('ruok', [], 'No error from a server that serves.', () => ({})),
  reading('server_stats', ['srvr'], 'The server at a glance.', serverStats),
  {
    name: 'set_trace_mask',
    aliases: ['stmk'],
    method: 'POST',
    needs: 'operator',
    needsServer: false,
    doc: 'Set the trace mask to the query parameter traceMask.',
    run: ({ query }) => setTraceMask(query.get('traceMask')),
  },
  reading('sessions', [], SESSIONS_DOC, ({ context, view, query }) =>
    sessionList(context, view, query),
  ),
  {
    name: 'snapshot',
    aliases: ['snap'],
    method: 'POST',
    needs: 'administrator',
    needsServer: true,
    doc: SNAPSHOT_DOC,
    run: ({ context, view, query }) => takeSnapshot(context, view, query),
  },
  reading('stats', ['stat'], 'As server_stats, with the connections in brief.', (question) => ({
    ...serverStats(question),
    connections: question.view.connections().map(briefConnection),
    secure_connections: [],
  })),
  {
    name: 'stat_reset',
    aliases: ['srst'],
    method: 'POST',
    needs: 'operator',
    needsServer: true,
    doc: 'Reset the figures of the server.',
    run: () => ({ data: {}, command: { name: 'reset-server-stats' } }),
  },
  always('system_properties', ['sysp'], 'Properties of the process, sorted.', ({ context }) =>
    Object.fromEntries([...context.facts.environment].sort(([a], [b]) => (a < b ? -1 : 1))),
  ),
  reading('voting_view', [], 'Voters of the ensemble; a single server has none.', (question) =>
    votingView(question.context, question.view),
  ),
  reading('watches', ['wchc'], 'Data watches by session.', ({ view }) => ({
    session_id_to_watched_paths: Object.fromEntries(
      [...view.watches()].map(([session, paths]) => [String(session), paths]),
    ),
  })),
  reading('watches_by_path', ['wchp'], 'Data watches by path.', ({ view }) => ({
    path_to_session_ids: Object.fromEntries(sessionsByPath(view)),
  })),
  reading('watch_summary', ['wchs'], 'Numbers of data watches.', ({ view }) => {
    const { connections, paths, watches } = countWatches(view);
    return { num_connections: connections, num_paths: paths, num_total_watches: watches };
  }),
  always('zabstate', [], 'State of the replication; a single server has none.', ({ context }) =>
    zabState(context),
  ),
  ...pastCommands,
];

const byName: ReadonlyMap<string, AdminCommand> = new Map(
  adminCommands.flatMap((command) =>
    [command.name, ...command.aliases].map((name) => [name, command]),
  ),
);

/** The row of a name or alias. */
export function findCommand(name: string): AdminCommand | undefined {
  return byName.get(name);
}

/**
 * Runs a command by name or alias. Nothing is ever changed by it directly: what is to change comes
 * back in the answer.
 *
 * @param identity the name of the administrator who asks, if one does
 */
export function runCommand(
  name: string,
  method: string,
  query: ReadonlyMap<string, string>,
  context: AdminContext,
  identity?: string,
): CommandAnswer {
  const command = findCommand(name);
  if (command === undefined) return failure(200, name, `Unknown command: ${name}`);
  if (command.method !== method) {
    const message = `${command.name} needs ${command.method}, not ${method}`;
    return failure(405, command.name, message);
  }
  const denied = denial(command.name, command.needs, identity, context.config);
  if (denied !== undefined) return failure(denied.status, command.name, denied.error);
  const view = servingView(context);
  if (view === undefined && command.needsServer) return failure(200, command.name, NOT_SERVING);
  const { data, status = 200, ...orders } = command.run({ context, view: view!, query });
  const { error = null, ...rest } = data;
  return { status, body: { ...rest, command: command.name, error }, ...orders };
}

function failure(status: number, command: string, error: string): CommandAnswer {
  return { status, body: { command, error } };
}

function reading(
  name: string,
  aliases: readonly string[],
  doc: string,
  data: (question: CommandQuestion) => AdminObject,
): AdminCommand {
  const run = (question: CommandQuestion) => ({ data: data(question) });
  return { name, aliases, method: 'GET', needs: 'anybody', needsServer: true, doc, run };
}

/** A command that needs no server that serves. */
function always(
  name: string,
  aliases: readonly string[],
  doc: string,
  data: (question: CommandQuestion) => AdminObject,
): AdminCommand {
  return { ...reading(name, aliases, doc, data), needsServer: false };
}

function serverStats({ context, view }: CommandQuestion): AdminObject {
  const { facts } = context;
  const { metrics } = view;
  const clientResponse = sizeStats(metrics.lastResponseBytes);
  return {
    version: fullVersion(facts),
    read_only: view.mode === 'read-only',
    server_stats: {
      packets_sent: metrics.packetsSent.value,
      packets_received: metrics.packetsReceived.value,
      fsync_threshold_exceed_count: metrics.fsyncThresholdExceeded.value,
      client_response_stats: clientResponse,
      data_dir_size: facts.dataDirBytes,
      log_dir_size: facts.dataLogDirBytes,
      provider_null: false,
      server_state: view.mode,
      last_processed_zxid: view.lastZxid,
      outstanding_requests: view.outstanding,
      avg_latency: new Double(fourDecimals(metrics.requestLatency.average)),
      max_latency: Math.round(metrics.requestLatency.max),
      min_latency: Math.round(metrics.requestLatency.min),
      num_alive_client_connections: view.connectionCount,
      auth_failed_count: metrics.authFailed.value,
      non_mtlsremote_conn_count: 0,
      non_mtlslocal_conn_count: 0,
      uptime: Math.round(facts.now - view.startedAt),
    },
    client_response: clientResponse,
    ...(view.quorum?.leading && { proposal_stats: sizeStats(metrics.proposalBytes) }),
    node_count: view.nodeCount,
  };
}

function sizeStats(sizes: Summary): AdminObject {
  return {
    last_buffer_size: sizeOr(sizes, ({ last }) => last),
    min_buffer_size: sizeOr(sizes, ({ min }) => min),
    max_buffer_size: sizeOr(sizes, ({ max }) => max),
  };
}

/** Only who decides when sessions end knows: a learner does not. */
function sessionsByDeadline(view: PeerView): AdminObject {
  if (view.quorum !== undefined && view.quorum.leading === undefined) return {};
  const byDeadline: Record<string, AdminValue[]> = {};
  for (const { id, deadline } of view.sessions()) {
    const key = String(Math.round(deadline));
    byDeadline[key] ??= [];
    byDeadline[key].push(id);
  }
  return byDeadline;
}

function setTraceMask(text: string | undefined): CommandResult {
  const error = 'setTraceMask requires long traceMask argument';
  if (text === undefined) return { data: { error } };
  if (!/^[+-]?\d{1,19}$/.test(text)) return { data: { error: `${error}, got ${text}` } };
  const traceMask = BigInt.asIntN(64, BigInt(text.replace('+', '')));
  return { data: { tracemask: traceMask }, traceMask };
}

function briefConnection(connection: ConnectionView): AdminObject {
  return {
    remote_socket_address: socketAddress(connection.address, connection.port),
    interest_ops: 1,
    outstanding_requests: connection.outstanding,
    packets_received: connection.received,
    packets_sent: connection.sent,
  };
}

function fullConnection(connection: ConnectionView): AdminObject {
  return {
    ...briefConnection(connection),
    session_id: connection.session,
    last_operation: connection.lastOperation,
    established: Math.round(connection.establishedAt),
    session_timeout: connection.sessionTimeoutMs,
    last_cxid: connection.lastCxid,
    last_zxid: connection.lastZxid,
    last_response_time: Math.round(connection.lastResponseAt),
    last_latency: Math.round(connection.lastLatencyMs),
    min_latency: Math.round(connection.minLatencyMs),
    avg_latency: Math.round(connection.averageLatencyMs),
    max_latency: Math.round(connection.maxLatencyMs),
  };
}
