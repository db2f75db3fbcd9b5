// Carries AsyncDisposable into programs whose own settings do not name its library.
/// <reference lib="esnext.disposable" preserve="true" />
/**
 * What a program sees of a Vivarium client: every method, without a line of implementation.
 * Recipes and tools depend on this file alone.
 */
import type { Observable } from 'rxjs';
import type { LogEvent } from '../base/log-event.js';
import type { CreateMode } from '../wire/create-modes.js';
import type { AddWatchMode, EventType, WatcherType } from '../wire/events.js';
import type { Acl, ClientInfo, Stat } from '../wire/records.js';
import type {
  AclValue,
  CallOptions,
  Children,
  ClientStats,
  CodecOptions,
  ConfigValue,
  CreatedNode,
  CreateOptions,
  Credential,
  NodeData,
  NodeValue,
  Reconfiguration,
  StreamOptions,
  ValueStreamOptions,
  VersionOptions,
  WatchEvent,
  WatchListener,
  WatchOptions,
} from './api-values.js';
import type { ClientClock, ClientHost } from './client-host.js';
import type { Codec } from './codecs.js';
import type { MultiOp, MultiReadOp, MultiReadResults, MultiResults } from './multi-ops.js';
import type { ChildrenSnapshot, NodeSnapshot } from './snapshots.js';
import type { ClientState, SessionInfo, Stall } from './state.js';
import type { SubtreeStreams } from './subtree-streams.js';

export type * from './api-values.js';
export type {
  CheckOp,
  CreateOp,
  DeleteOp,
  MultiCreated,
  MultiOp,
  MultiReadOp,
  MultiReadResultOf,
  MultiReadResults,
  MultiResultOf,
  MultiResults,
  SetOp,
} from './multi-ops.js';
export type {
  AbsentSnapshot,
  ChildrenSnapshot,
  InvalidSnapshot,
  NodeSnapshot,
  PresentChildren,
  PresentSnapshot,
} from './snapshots.js';
export type { ClientState, SessionInfo, Stall, StateDetail, StateType } from './state.js';
export type { SubtreeStreams } from './subtree-streams.js';
export type * from './tree-snapshots.js';
export type { Acl, AddWatchMode, ClientInfo, Codec, CreateMode, EventType, Stat, WatcherType };

/**
 * A client of a ZooKeeper-compatible ensemble. All its requests happen inside one session at a
 * time, in the order of the calls; replies and events are handed on in the order the server sent
 * them, so an event always comes before the data that reflects its change.
 *
 * Every promise rejects only with a `ZkError` or with the `reason` of the caller's own signal. Bad
 * arguments (paths, versions, ACLs, codec values, credentials) reject before anything is sent, with
 * `BAD_ARGUMENTS`.
 *
 * While no server answers, requests wait. After a move to another server, requests that were not
 * sent and reads that were not answered are sent there; a write that was not answered rejects with
 * `CONNECTION_LOSS` (outcome `unknown`). When the session ends, waiting writes are refused with
 * `SESSION_EXPIRED`, and reads go on in the next session.
 *
 * None of the functions uses `this`: they may be taken off the client and passed around.
 */
export interface Client extends AsyncDisposable, SubtreeStreams {
  /* The connection. */

  readonly state: ClientState;
  /**
   * Where the client stands. Hot; begins with the current state, then every change, told at once
   * also while disconnected; never an error; completes after `closed`.
   */
  readonly state$: Observable<ClientState>;
  /** The current session; undefined before the first, between two, and from `close` on. */
  readonly session: SessionInfo | undefined;
  /**
   * Hot; begins with the current session if there is one, then each new one; says nothing while
   * disconnected; never an error; completes with the client.
   */
  readonly session$: Observable<SessionInfo>;
  /** Timeout in force on the present connection, milliseconds. */
  readonly sessionTimeoutMs: number;
  /** When the newest ping, write or sync that was answered was sent, by `clock.now()`. */
  readonly lastAckSentAt: number;
  /** Counts completed handshakes: two equal numbers mean that nothing was cut in between. */
  readonly generation: number;
  /** Highest zxid in a reply or an event; never falls, not even from one session to the next. */
  readonly lastZxidSeen: bigint;
  /** Time and timers as the client sees them; a machine's sleep counts as time passed. */
  readonly clock: ClientClock;
  /** The prefix of all paths, as in the connect string; empty when there is none. */
  readonly chroot: string;

  /**
   * Until when, by `clock.now()`, the server cannot have expired the session: the newest answered
   * ping, write or sync was sent one timeout before, less a margin of a third of the timeout (at
   * least 250 ms but no more than half, or the option `marginMs`). Answers to reads do not count:
   * a server gives them for a while that does not know that it was cut off. Minus infinity when
   * there is no session, or it is being closed.
   */
  readonly certainUntil: number;
  /**
   * Whether our session is certainly alive at this very moment: the given session is still the
   * current one (when given), and now is before {@link certainUntil}. Synchronous and cheap; reads
   * the clock itself, so it is right even after the event loop was blocked.
   */
  isCertain(session?: bigint): boolean;
  /**
   * Each time that the event loop stood still for 100 ms or longer, told when it turns again: by a
   * long computation, synchronous input and output, a process that was stopped, a machine that
   * slept. Pings are late by it, and locks in doubt. Begin and length are true to 50 ms; it takes
   * one timer, for as long as somebody listens.
   *
   * Hot; begins with nothing: it emits no stall from before a subscriber came; never an error;
   * completes with the client; goes on while disconnected.
   */
  readonly stall$: Observable<Stall>;

  /**
   * Replaces the servers of the connect string by others, at run time: servers were added to the
   * ensemble, or are about to be taken away. Session, watches, streams and waiting requests stay.
   *
   * When the server that the client is with is not named any more, it goes to another. When it is,
   * the client stays, or moves to spread the load: if the list has grown from `a` servers to `b`,
   * it moves with probability `1 - a / b`, to one of those added; so a crowd of clients that is
   * given the same list ends up even, without knowing of each other. (The rule is that of
   * ZooKeeper's `updateServerList`.) With the option `keepOrder` nobody moves for balance. The
   * list is shuffled as by `connect`, and the same one again changes nothing.
   *
   * A client that moves waits for the answers to what it has sent, for at most a third of the
   * session's timeout, so that no write ends as `unknown` by it; what is asked meanwhile goes to
   * the new server, in order. `state$` tells of a short `not-connected` in between.
   *
   * A chroot may be left out, or has to be the client's own. After `close` nothing happens.
   *
   * @throws BAD_ARGUMENTS, synchronously, when the list is none; the one before is then kept
   */
  updateServers(connectString: string | readonly string[]): void;

  /* Requests. */

  /** @throws NODE_EXISTS, NO_NODE (the parent), NO_CHILDREN_FOR_EPHEMERALS, NO_AUTH, INVALID_ACL */
  create<T = NodeData>(
    path: string,
    data?: NoInfer<T>,
    options?: CreateOptions<T>,
  ): Promise<CreatedNode>;
  /**
   * Creates the node and its missing ancestors; existing ones are left alone. Safe to repeat: a
   * lost connection is waited out.
   */
  ensure(path: string, options?: EnsureOptions): Promise<void>;
  /** @throws NO_NODE, NO_AUTH */
  get<T = Uint8Array>(
    path: string,
    options?: CodecOptions<T> & WatchOptions,
  ): Promise<NodeValue<T>>;
  /** The data alone; see {@link get}. */
  getData<T = Uint8Array>(path: string, options?: CodecOptions<T> & WatchOptions): Promise<T>;
  /** @throws NO_NODE, BAD_VERSION, NO_AUTH */
  set<T = NodeData>(
    path: string,
    data: NoInfer<T>,
    options?: CodecOptions<T> & VersionOptions,
  ): Promise<Stat>;
  /** @throws NO_NODE, BAD_VERSION, NOT_EMPTY, NO_AUTH */
  delete(path: string, options?: CallOptions & VersionOptions): Promise<void>;
  /** The node's Stat, or undefined when there is no such node. */
  exists(path: string, options?: CallOptions & WatchOptions): Promise<Stat | undefined>;
  /** @throws NO_NODE, NO_AUTH */
  children(path: string, options?: CallOptions & WatchOptions): Promise<Children>;
  /** @throws NO_NODE */
  getAcl(path: string, options?: CallOptions): Promise<AclValue>;
  /** `version` is the ACL's own. @throws NO_NODE, BAD_VERSION, INVALID_ACL, NO_AUTH */
  setAcl(path: string, acl: readonly Acl[], options?: CallOptions & VersionOptions): Promise<Stat>;
  /**
   * Brings our server up to date with the leader: a read after it sees every write that was
   * acknowledged to anyone before the call.
   */
  sync(path?: string, options?: CallOptions): Promise<void>;
  /**
   * All of the writes or none, in one transaction. The error of a refused multi tells which
   * operation failed (`index`, `path`, `operation`).
   */
  multi<const T extends readonly MultiOp[]>(
    ops: T,
    options?: CallOptions,
  ): Promise<MultiResults<T>>;
  /** Several reads in one request, each with its own result. */
  multiRead<const T extends readonly MultiReadOp[]>(
    ops: T,
    options?: CallOptions,
  ): Promise<MultiReadResults<T>>;
  /** Paths of this session's ephemeral nodes at or below `prefix`. */
  getEphemerals(prefix?: string, options?: CallOptions): Promise<readonly string[]>;
  /** Number of all descendants. @throws NO_NODE */
  allChildrenNumber(path: string, options?: CallOptions): Promise<number>;
  /** The identities that the server knows us by. */
  whoAmI(options?: CallOptions): Promise<readonly ClientInfo[]>;
  /**
   * Adds an identity to this and every later connection. Requests called after it are sent after
   * it. @throws AUTH_FAILED; the credential is then forgotten and the client connects anew
   */
  addAuth(credential: Credential, options?: CallOptions): Promise<void>;

  /**
   * Changes who is in the ensemble, where its servers allow that. Answers the configuration that
   * is in force then, and its Stat.
   *
   * @throws RECONFIG_DISABLED, NO_AUTH, BAD_VERSION, RECONFIG_IN_PROGRESS, NEW_CONFIG_NO_QUORUM,
   *   BAD_ARGUMENTS (the servers find the change not valid)
   */
  reconfigure(change: Reconfiguration, options?: CallOptions): Promise<ConfigValue>;

  /* Watches by hand; most programs want the streams below. */

  /** Leaves a persistent watch; its events come on {@link events$} only. */
  addWatch(path: string, mode: AddWatchMode, options?: CallOptions): Promise<void>;
  /**
   * Removes watches of one kind from the server, whoever in this client set them; streams that
   * relied on one set theirs again. @throws NO_WATCHER
   */
  removeWatches(path: string, type: WatcherType, options?: CallOptions): Promise<void>;
  /** Takes back a listener given to `get`, `exists` (both `data`) or `children`. */
  unwatch(path: string, kind: 'data' | 'children', listener: WatchListener): void;
  /**
   * Every watch event as it arrives. A diagnostic: changes made while away are not in it. Hot;
   * emits nothing first, and nothing while disconnected; never an error; completes with the
   * client.
   */
  readonly events$: Observable<WatchEvent>;

  /* Streams: state that stays true, by the guarantees G1 to G14. */

  /**
   * The node and its data, now and after every change. Hot: all subscribers of a path share one
   * watch; each begins with the state as soon as it is known (`absent` is one). While disconnected
   * it says nothing, or with `freshness` that the state is not fresh, and is right again after.
   * Errors only with what is permanent, such as NO_AUTH; completes with the client.
   */
  node$<T = Uint8Array>(path: string, options?: ValueStreamOptions<T>): Observable<NodeSnapshot<T>>;
  /**
   * The data alone; undefined while there is no node. Hot; begins with the present data; completes
   * and errors as {@link node$} does, and with data that the codec refuses, too; silent while
   * disconnected.
   */
  data$<T = Uint8Array>(path: string, options?: ValueStreamOptions<T>): Observable<T | undefined>;
  /**
   * Whether there is such a node. Hot; begins with the present answer; completes and errors as
   * {@link node$} does; silent while disconnected.
   */
  exists$(path: string): Observable<boolean>;
  /**
   * The names of the node's children, now and after every change. Hot; begins with the present
   * list, or `absent`; completes and errors as {@link node$} does; while disconnected as that.
   */
  children$(path: string, options?: StreamOptions): Observable<ChildrenSnapshot>;
  /* `childrenData$`, `tree$` and `treeChanges$` are those of SubtreeStreams. */

  /* The end. */

  stats(): ClientStats;
  /**
   * Ends the session, which removes its ephemeral nodes at once, and the client. Requests that were
   * sent are still answered; those never sent are refused with `SESSION_EXPIRED`. Resolves when the
   * server has confirmed, after a second without its word, or at once without a connection: the
   * session then ends at the server when its time has run out. Idempotent.
   */
  close(): Promise<void>;
}

export interface EnsureOptions extends CallOptions {
  /** Mode of the nodes created; `persistent` when left out. */
  readonly mode?: 'persistent' | 'container' | undefined;
  readonly acl?: readonly Acl[] | undefined;
}

/** Options of `connect`. */
export interface ConnectOptions {
  /** Session timeout to ask for, milliseconds; 10000 when left out. The server may change it. */
  readonly sessionTimeoutMs?: number | undefined;
  /** How long `connect` waits for the first session before it rejects; 30000 when left out. */
  readonly connectTimeoutMs?: number | undefined;
  /** Stops `connect` while it waits. */
  readonly signal?: AbortSignal | undefined;
  /** Credentials sent on every connection; when the server refuses one, the client closes. */
  readonly auth?: readonly Credential[] | undefined;
  /** Whether a server cut off from its ensemble will do, for reads; false when left out. */
  readonly readOnly?: boolean | undefined;
  /**
   * What to do when the session is presumed lost: keep trying to resume it (the default), or give
   * it up (it is closed as soon as a server can be reached) and begin a new one.
   */
  readonly onPresumedLost?: 'resume' | 'newSession' | undefined;
  /** Longest frame accepted from or sent to a server, bytes; 1 MiB less one when left out. */
  readonly maxFrameBytes?: number | undefined;
  /**
   * Safety margin of `isCertain`, milliseconds; see `Client.certainUntil`. With one that is not
   * less than the session's timeout nothing is ever certain, and locks are refused.
   */
  readonly marginMs?: number | undefined;
  /**
   * `sleepAware` (the default) counts time the machine slept, at the price that a forward step of
   * the wall clock counts too; `monotonic` does not.
   */
  readonly clock?: 'sleepAware' | 'monotonic' | undefined;
  /**
   * `worker`: pings go on from a thread of their own while the event loop stands still, so that a
   * long computation does not cost the session; only in Node. `eventLoop` (the default) does
   * without. See docs/guides/connecting.md for when it is right.
   */
  readonly heartbeat?: 'eventLoop' | 'worker' | undefined;
  /**
   * With `heartbeat: 'worker'`: after so long a standstill, in milliseconds, the pings stop, and
   * the session ends at the server one timeout later; 60000 when left out. A program that will
   * never go on must not keep its locks.
   */
  readonly heartbeatMaxStallMs?: number | undefined;
  /** How long a stream's watch is kept after its last subscriber left; 200 when left out. */
  readonly graceMs?: number | undefined;
  /** Most reads that streams have on their way at once; 64 when left out. */
  readonly maxConcurrentReads?: number | undefined;
  /**
   * Re-reads watched nodes this often, to notice what no event tells (a withdrawn permission);
   * never when left out.
   */
  readonly auditMs?: number | undefined;
  /** Keeps the order of the connect string instead of shuffling it; false when left out. */
  readonly keepOrder?: boolean | undefined;
  /** Told of everything noteworthy; nothing is logged when left out. */
  readonly log?: ((event: LogEvent) => void) | undefined;
  /** Another way to reach servers and to tell the time, such as one in memory. */
  readonly host?: ClientHost | undefined;
}
