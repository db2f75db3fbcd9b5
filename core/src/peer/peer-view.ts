import type { Millis, SessionId, Zxid } from '../base/ids.js';
import { longOf } from '../base/long.js';
import type { LogWriter } from '../storage/log-writer.js';
import { aclPermits } from '../tree/acl.js';
import type { Database } from '../tree/database.js';
import { NO_NODE_ID } from '../tree/tree.js';
import { permissions } from '../wire/permissions.js';
import type { DigestHistory } from './digest-history.js';
import type { MetricsRegistry } from './metrics.js';
import type { Serving } from './serving.js';
import { findSession, sessionPage } from './session-page.js';
import type { Snapshots } from './snapshots.js';
import type { ConnectionView, PeerView, SessionView, StorageView } from './view.js';

export interface PeerViewParts {
  readonly mode: PeerView['mode'];
  readonly serverId: number;
  readonly startedAt: Millis;
  readonly database: Database;
  readonly serving: Serving;
  readonly digestHistory: DigestHistory;
  readonly snapshots: Pick<Snapshots, 'lastZxid' | 'lastAt' | 'inProgress'>;
  readonly log: LogWriter;
  readonly metrics: MetricsRegistry;
  readonly isServing: () => boolean;
  /** Whether ACLs are not looked at. */
  readonly skipAcl: boolean;
}

/** Makes the view that administrators have of a server. It looks; it keeps nothing. */
export function createPeerView(parts: PeerViewParts): PeerView {
  const { mode, database, metrics, serverId, startedAt } = parts;
  const { sessions, watches, connections: open } = parts.serving;
  return {
    mode,
    serverId,
    startedAt,
    metrics,
    quorum: undefined,
    get lastZxid() {
      return database.lastZxid;
    },
    get treeDigest() {
      return database.tree.digest;
    },
    get nodeCount() {
      return database.tree.nodeCount;
    },
    get ephemeralCount() {
      return database.ephemerals.size;
    },
    get approximateDataSize() {
      return database.tree.approximateDataSize;
    },
    get watchCount() {
      return watches.size;
    },
    get sessionCount() {
      return sessions.size;
    },
    get localSessionCount() {
      return sessions.localSize;
    },
    get connectionCount() {
      return open.size;
    },
    get outstanding() {
      return parts.serving.intake.outstanding;
    },
    get serving() {
      return parts.isServing();
    },
    get acceptsClients() {
      return parts.isServing();
    },
    get storage(): StorageView {
      const { lastZxid, lastAt, inProgress } = parts.snapshots;
      return {
        lastSnapshotZxid: lastZxid,
        lastSnapshotAt: lastAt,
        snapshotInProgress: inProgress,
        logBytes: parts.log.totalBytes,
      };
    },
    connections: (): readonly ConnectionView[] =>
      Array.from(open.values(), (connection) => connection.view()),
    sessions: (): readonly SessionView[] => sessions.views(),
    ephemerals: () => {
      const bySession = new Map<SessionId, readonly string[]>();
      for (const [session, paths] of database.ephemerals.entries()) {
        bySession.set(session, [...paths]);
      }
      return bySession;
    },
    watches: () => {
      const bySession = new Map<SessionId, readonly string[]>();
      for (const [watcher, paths] of watches.byWatcher()) {
        const session = open.get(watcher)?.session;
        if (session !== undefined) bySession.set(session.id, paths);
      }
      return bySession;
    },
    sessionPage: (after, limit) => sessionPage(parts, after, limit),
    findSession: (id) => findSession(parts, id),
    globalSessions: () => database.sessions,
    openSince: (path) => openSince(database, parts.skipAcl, path),
    digests: () => parts.digestHistory.entries(),
  };
}

/** Whoever gives no identity is anybody. */
function openSince({ tree, acls }: Database, skipAcl: boolean, path: string): Zxid | undefined {
  const id = tree.find(path);
  if (id === NO_NODE_ID) return undefined;
  const isOpen = skipAcl || aclPermits(acls.get(tree.aclId(id)), permissions.read, []);
  return isOpen ? longOf(tree.czxidHigh(id), tree.czxidLow(id)) : undefined;
}
