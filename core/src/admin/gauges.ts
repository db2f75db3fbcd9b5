import type { PeerView } from '../peer/view.js';
import type { AdminContext, ProcessFacts } from './facts.js';
import { quorumGauges } from './quorum-gauges.js';
import { Double, fourDecimals, sizeOr } from './values.js';

/** One gauge: its name, and its value at this moment. A `Double` stays one when it is whole. */
export interface Gauge {
  readonly name: string;
  readonly doc: string;
  /** Nothing, where the server has no such thing. */
  readonly read: (view: PeerView, facts: ProcessFacts) => number | Double | undefined;
}

/**
 * ZooKeeper's gauges, those of every server in the order it registers them.
 *
 * @see ZooKeeper 3.9.5 ZooKeeperServer.registerMetrics
 */
export const gauges: readonly Gauge[] = [
  {
    name: 'avg_latency',
    doc: 'Mean time from taking a request in to its reply, in milliseconds.',
    read: ({ metrics }) => new Double(fourDecimals(metrics.requestLatency.average)),
  },
  {
    name: 'max_latency',
    doc: 'Longest such time.',
    read: ({ metrics }) => Math.round(metrics.requestLatency.max),
  },
  {
    name: 'min_latency',
    doc: 'Shortest such time.',
    read: ({ metrics }) => Math.round(metrics.requestLatency.min),
  },
  {
    name: 'packets_received',
    doc: 'Requests taken in.',
    read: ({ metrics }) => metrics.packetsReceived.value,
  },
  {
    name: 'packets_sent',
    doc: 'Replies and watch events sent.',
    read: ({ metrics }) => metrics.packetsSent.value,
  },
  {
    name: 'num_alive_connections',
    doc: 'Client connections.',
    read: ({ connectionCount }) => connectionCount,
  },
  {
    name: 'outstanding_requests',
    doc: 'Requests taken in and not yet answered.',
    read: ({ outstanding }) => outstanding,
  },
  {
    name: 'uptime',
    doc: 'Milliseconds since the server began to serve.',
    read: ({ startedAt }, { now }) => Math.round(now - startedAt),
  },
  {
    name: 'znode_count',
    doc: 'Nodes, with the root counted twice as in ZooKeeper.',
    read: ({ nodeCount }) => nodeCount,
  },
  { name: 'watch_count', doc: 'Watches of every kind.', read: ({ watchCount }) => watchCount },
  {
    name: 'ephemerals_count',
    doc: 'Ephemeral nodes.',
    read: ({ ephemeralCount }) => ephemeralCount,
  },
  {
    name: 'approximate_data_size',
    doc: 'Bytes of all paths and data.',
    read: ({ approximateDataSize }) => approximateDataSize,
  },
  {
    name: 'global_sessions',
    doc: 'Sessions, connected or not.',
    read: ({ sessionCount }) => sessionCount,
  },
  {
    name: 'local_sessions',
    doc: 'Sessions that this server alone knows.',
    read: ({ localSessionCount }) => localSessionCount,
  },
  {
    name: 'open_file_descriptor_count',
    doc: 'File descriptors that the process has open; -1 where the system does not tell.',
    read: (_view, { openFileDescriptors }) => openFileDescriptors,
  },
  {
    name: 'max_file_descriptor_count',
    doc: 'File descriptors that the process may have open; -1 where the system does not tell.',
    read: (_view, { maxFileDescriptors }) => maxFileDescriptors,
  },
  {
    name: 'connection_drop_probability',
    doc: 'Always 0.0: connections are not dropped by chance.',
    read: () => new Double(0),
  },
  {
    name: 'last_client_response_size',
    doc: 'Bytes of the last reply; -1 before the first.',
    read: ({ metrics }) => sizeOr(metrics.lastResponseBytes, ({ last }) => last),
  },
  {
    name: 'max_client_response_size',
    doc: 'Bytes of the largest reply.',
    read: ({ metrics }) => sizeOr(metrics.lastResponseBytes, ({ max }) => max),
  },
  {
    name: 'min_client_response_size',
    doc: 'Bytes of the smallest reply.',
    read: ({ metrics }) => sizeOr(metrics.lastResponseBytes, ({ min }) => min),
  },
  { name: 'outstanding_tls_handshake', doc: 'Always 0: no TLS yet.', read: () => 0 },
  {
    name: 'auth_failed_count',
    doc: 'Authentications that failed.',
    read: ({ metrics }) => metrics.authFailed.value,
  },
  { name: 'non_mtls_remote_conn_count', doc: 'Always 0: no TLS yet.', read: () => 0 },
  { name: 'non_mtls_local_conn_count', doc: 'Always 0: no TLS yet.', read: () => 0 },
  ...quorumGauges,
];

/** Gauges as rows of name and value; none while the server does not run. */
export function readGauges({ view, facts }: AdminContext): [string, number | Double][] {
  if (view === undefined) return [];
  const rows: [string, number | Double][] = [];
  for (const { name, read } of gauges) {
    const value = read(view, facts);
    if (value !== undefined) rows.push([name, value]);
  }
  return rows;
}
