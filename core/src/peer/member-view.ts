import type { Millis, SessionId } from '../base/ids.js';
import type { PeerState } from '../wire/election.js';
import type { Core } from './core.js';
import { createPeerView } from './peer-view.js';
import type { QuorumView } from './quorum-view.js';
import type { Serving } from './serving.js';
import type { Snapshots } from './snapshots.js';
import type { Store } from './store.js';
import type { ConnectionView, PeerView, SessionPage, SessionView, StorageView } from './view.js';

export interface MemberViewParts {
  readonly core: Core;
  readonly store: Store;
  readonly startedAt: () => Millis;
  readonly quorum: QuorumView;
  readonly serving: () => Serving | undefined;
  /** Whether it serves without a leader. */
  readonly isReadOnly: () => boolean;
  readonly isStopping: () => boolean;
  readonly snapshots: () => Snapshots | undefined;
}

const modes: Readonly<Record<PeerState, PeerView['mode']>> = {
  looking: 'looking',
  leading: 'leader',
  following: 'follower',
  observing: 'observer',
};

/** Nobody is served, so that nothing is known of clients. */
const NO_SESSIONS: SessionPage = { total: 0, hasMore: false, sessions: [] };

/** Makes the view that administrators have of a member: whatever its role is when they look. */
export function createMemberView(parts: MemberViewParts): PeerView {
  const { core, store, quorum } = parts;
  const { config, metrics, digestHistory } = core;
  const mode = () => (parts.isReadOnly() ? 'read-only' : modes[quorum.state]);
  const isServing = () => parts.serving() !== undefined && !parts.isStopping();
  const now = (): PeerView | undefined => {
    const serving = parts.serving();
    if (serving === undefined) return undefined;
    const none = { lastZxid: store.lastSnapshotZxid, lastAt: 0, inProgress: false };
    return createPeerView({
      mode: mode(),
      serverId: config.serverId,
      startedAt: parts.startedAt(),
      database: store.database,
      log: store.log,
      serving,
      snapshots: parts.snapshots() ?? none,
      digestHistory,
      metrics,
      isServing: () => true,
      skipAcl: config.skipAcl,
    });
  };
  return {
    serverId: config.serverId,
    metrics,
    quorum,
    get startedAt() {
      return parts.startedAt();
    },
    get mode() {
      return mode();
    },
    get serving() {
      return isServing();
    },
    get acceptsClients() {
      return isServing() && (config.leaderServes || quorum.state !== 'leading');
    },
    get lastZxid() {
      return store.database.lastZxid;
    },
    get treeDigest() {
      return store.database.tree.digest;
    },
    get nodeCount() {
      return store.database.tree.nodeCount;
    },
    get ephemeralCount() {
      return store.database.ephemerals.size;
    },
    get approximateDataSize() {
      return store.database.tree.approximateDataSize;
    },
    get watchCount() {
      return now()?.watchCount ?? 0;
    },
    get sessionCount() {
      return store.database.sessions.size;
    },
    get localSessionCount() {
      return parts.serving()?.sessions.localSize ?? 0;
    },
    get connectionCount() {
      return now()?.connectionCount ?? 0;
    },
    get outstanding() {
      return now()?.outstanding ?? 0;
    },
    get storage(): StorageView {
      const logBytes = store.log.totalBytes;
      const none = { lastSnapshotZxid: store.lastSnapshotZxid, lastSnapshotAt: 0, logBytes };
      return now()?.storage ?? { ...none, snapshotInProgress: false };
    },
    connections: (): readonly ConnectionView[] => now()?.connections() ?? [],
    sessions: (): readonly SessionView[] => now()?.sessions() ?? [],
    ephemerals: () => now()?.ephemerals() ?? new Map<SessionId, readonly string[]>(),
    watches: () => now()?.watches() ?? new Map<SessionId, readonly string[]>(),
    sessionPage: (after, limit) => now()?.sessionPage(after, limit) ?? NO_SESSIONS,
    findSession: (id) => now()?.findSession(id),
    globalSessions: () => store.database.sessions,
    openSince: (path) => now()?.openSince(path),
    digests: () => digestHistory.entries(),
  };
}
