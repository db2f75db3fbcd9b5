import type { AdminContext, ProcessFacts } from '@vivarium/core/internal/admin/facts';
import { History } from '@vivarium/core/internal/admin/history';
import { type ConfigOverrides, defaultConfig } from '@vivarium/core/internal/config/config';
import { createMetrics } from '@vivarium/core/internal/peer/metrics';
import type {
  ConnectionView,
  PeerView,
  SessionDetail,
  SessionView,
} from '@vivarium/core/internal/peer/view';

/** Monotonic and wall time at which the made-up server is looked at. */
const NOW = 5_000_000;
const WALL = 1_795_533_576_000;

const SESSION = 0x100004bbaa30000n;

export const connectionView: ConnectionView = {
  id: 1,
  address: '127.0.0.1',
  port: 50_542,
  transport: 'tcp',
  session: SESSION,
  sessionTimeoutMs: 40_000,
  establishedAt: 1_795_533_535_305,
  outstanding: 0,
  received: 5,
  sent: 5,
  lastOperation: 'GETD',
  lastCxid: 4,
  lastZxid: 3n,
  lastResponseAt: 5_083_189,
  lastLatencyMs: 0,
  minLatencyMs: 0,
  maxLatencyMs: 4,
  averageLatencyMs: 1.2,
};

export const sessionView: SessionView = {
  id: SESSION,
  timeoutMs: 40_000,
  deadline: NOW + 1000,
  isLocal: false,
  connected: true,
};

export const sessionDetail: SessionDetail = {
  id: SESSION,
  timeoutMs: 40_000,
  isLocal: false,
  isClosing: false,
  serverId: 0,
  address: '127.0.0.1',
  port: 50_542,
  lastHeardAt: NOW - 250,
  ephemerals: 1,
  watches: 2,
};

/** A server with one client that owns /e1 and watches /p and /. */
export function peerView(changes: Partial<PeerView> = {}): PeerView {
  const metrics = createMetrics();
  metrics.packetsReceived.add(7);
  metrics.packetsSent.add(6);
  for (const ms of [0, 1, 4, 3, 1]) metrics.requestLatency.add(ms);
  for (const size of [22, 93, 88]) metrics.lastResponseBytes.add(size);
  return {
    mode: 'standalone',
    startedAt: NOW - 127_312,
    serverId: 0,
    lastZxid: 3n,
    treeDigest: 30n,
    nodeCount: 7,
    ephemeralCount: 1,
    approximateDataSize: 55,
    watchCount: 2,
    sessionCount: 1,
    localSessionCount: 0,
    connectionCount: 1,
    outstanding: 0,
    serving: true,
    acceptsClients: true,
    quorum: undefined,
    metrics,
    connections: () => [connectionView],
    sessions: () => [sessionView],
    ephemerals: () => new Map([[SESSION, ['/e1']]]),
    watches: () => new Map([[SESSION, ['/p', '/']]]),
    sessionPage: () => ({ total: 1, hasMore: false, sessions: [sessionDetail] }),
    findSession: (id) => (id === SESSION ? sessionDetail : undefined),
    globalSessions: () => new Map([[SESSION, 40_000]]),
    openSince: (path) => (path === '/p' ? 2n : undefined),
    digests: () => [{ zxid: 0x10n, digest: -5n }],
    storage: {
      lastSnapshotZxid: 0n,
      lastSnapshotAt: 1_795_533_415_999,
      snapshotInProgress: false,
      logBytes: 100,
    },
    ...changes,
  };
}

/** Facts of a made-up process. */
function processFacts(changes: Partial<ProcessFacts> = {}): ProcessFacts {
  return {
    version: '0.1.0',
    builtAt: '2026-11-24 15:00 UTC',
    now: NOW,
    wall: WALL,
    clientPort: 23_510,
    dataDir: '/d/version-2',
    dataLogDir: '/l/version-2',
    dataDirBytes: 424,
    dataLogDirBytes: 67_108_880,
    openFileDescriptors: 21,
    maxFileDescriptors: 20_000,
    residentBytes: 60_000_000,
    virtualBytes: 900_000_000,
    loopDelay: { p50: 0.5, p99: 12, max: 20, count: 100, sum: 150 },
    stepInputs: undefined,
    cpuSeconds: 1.5,
    processStartedAt: WALL - 200_000,
    hostName: 'zk1',
    environment: [
      ['os.name', 'Linux'],
      ['node.version', '20.20.0'],
    ],
    initialConfig: 'clientPort=23510\n',
    traceMask: 306n,
    ...changes,
  };
}

/** A context in which every word and page is on, for a server with `view`. */
export function adminContext(
  view: PeerView | undefined = peerView(),
  overrides: ConfigOverrides = {},
): AdminContext {
  const config = defaultConfig({
    tickTime: 2000,
    clientPortAddress: '127.0.0.1',
    fourLetterWords: ['*'],
    commandsEnabled: true,
    metricsEnabled: true,
    ...overrides,
  });
  return { view, facts: processFacts(), config, history: new History(WALL - 200_000) };
}

/** The same with no server behind it. */
export function downContext(): AdminContext {
  return { ...adminContext(), view: undefined };
}
