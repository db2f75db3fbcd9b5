import type { ConnectionId, Millis, SessionId, WallMillis, Zxid } from '../base/ids.js';
import type { MetricsRegistry } from './metrics.js';
import type { QuorumView } from './quorum-view.js';

/**
 * What an administrator may see of a running server. Reading it changes nothing and takes no more
 * than the work of looking; lists are made when they are asked for.
 */
export interface PeerView {
  readonly mode: 'standalone' | 'looking' | 'leader' | 'follower' | 'observer' | 'read-only';
  /** When this server started serving, monotonic. */
  readonly startedAt: Millis;
  readonly serverId: number;
  readonly lastZxid: Zxid;
  /** Of the tree as it is now; means nothing where the config has digests off. */
  readonly treeDigest: bigint;
  /** Nodes as ZooKeeper counts them: the root counts twice, under "" and "/". */
  readonly nodeCount: number;
  readonly ephemeralCount: number;
  /** Bytes of all paths and data. */
  readonly approximateDataSize: number;
  /** Watches of every kind, by (connection, path). */
  readonly watchCount: number;
  /** Sessions that are tracked, connected or not. */
  readonly sessionCount: number;
  /** Those among them, or beside them, that this server alone knows. */
  readonly localSessionCount: number;
  readonly connectionCount: number;
  /** Requests taken in and not yet answered. */
  readonly outstanding: number;
  /** False from the order to stop on. */
  readonly serving: boolean;
  /** Whether it takes clients: a leader may serve others only. */
  readonly acceptsClients: boolean;
  /** Its part in its ensemble; `undefined` when it stands alone. */
  readonly quorum: QuorumView | undefined;
  readonly metrics: MetricsRegistry;
  connections(): readonly ConnectionView[];
  sessions(): readonly SessionView[];
  /** The first `limit` sessions whose ids are above `after`, in the order of ids. */
  sessionPage(after: SessionId | undefined, limit: number): SessionPage;
  /** One of them; `undefined` when there is none of that id. */
  findSession(id: SessionId): SessionDetail | undefined;
  /** Timeouts of all sessions of the ensemble, wherever they are tracked. */
  globalSessions(): ReadonlyMap<SessionId, Millis>;
  /** Paths owned by each session that owns any. */
  ephemerals(): ReadonlyMap<SessionId, readonly string[]>;
  /**
   * Data watches: watched paths of each session. (ZooKeeper's wchc, wchp and wchs know only these.)
   */
  watches(): ReadonlyMap<SessionId, readonly string[]>;
  /**
   * The transaction that created a node which anybody may read today; `undefined` when there is no
   * such node, or its ACL gives Read not to all the world.
   */
  openSince(path: string): Zxid | undefined;
  /** (zxid, digest) pairs, oldest first, at most 1,024. */
  digests(): readonly { readonly zxid: Zxid; readonly digest: bigint }[];
  readonly storage: StorageView;
}

export interface ConnectionView {
  readonly id: ConnectionId;
  readonly address: string;
  readonly port: number;
  readonly transport: 'tcp' | 'websocket' | 'memory';
  /** 0n until the handshake is done. */
  readonly session: SessionId;
  readonly sessionTimeoutMs: number;
  /** Wall-clock time of the accept. */
  readonly establishedAt: WallMillis;
  readonly outstanding: number;
  readonly received: number;
  readonly sent: number;
  /** Tag of the last operation (`operations` table), `NA` before the first. */
  readonly lastOperation: string;
  readonly lastCxid: number;
  readonly lastZxid: Zxid;
  /** Monotonic time of the last reply; 0 before the first. */
  readonly lastResponseAt: Millis;
  readonly lastLatencyMs: number;
  readonly minLatencyMs: number;
  readonly maxLatencyMs: number;
  readonly averageLatencyMs: number;
}

export interface SessionView {
  readonly id: SessionId;
  readonly timeoutMs: number;
  /** When it will end unless it is heard from, monotonic. */
  readonly deadline: Millis;
  /** Whether this server alone knows it. */
  readonly isLocal: boolean;
  readonly connected: boolean;
}

/** A page of the sessions of the ensemble, and of the local ones of this server. */
export interface SessionPage {
  /** How many there are, on this page or not. */
  readonly total: number;
  readonly hasMore: boolean;
  readonly sessions: readonly SessionDetail[];
}

/** What this server knows of a session. */
export interface SessionDetail {
  readonly id: SessionId;
  readonly timeoutMs: number;
  readonly isLocal: boolean;
  /** Its end was decided or asked for. */
  readonly isClosing: boolean;
  /** The server that its client speaks to; a leader knows it of all, others of their own. */
  readonly serverId: number | undefined;
  /** Where its client is; known where it is connected. */
  readonly address: string | undefined;
  readonly port: number | undefined;
  /** Monotonic; to a tick at a leader, for a client of another server. */
  readonly lastHeardAt: Millis | undefined;
  readonly ephemerals: number;
  /** Paths that it watches; known where it is connected. */
  readonly watches: number | undefined;
}

export interface StorageView {
  readonly lastSnapshotZxid: Zxid;
  /** Wall-clock time of the last completed snapshot; 0 when none was taken in this life. */
  readonly lastSnapshotAt: WallMillis;
  readonly snapshotInProgress: boolean;
  /** Bytes appended to the log since the start of this server. */
  readonly logBytes: number;
}
