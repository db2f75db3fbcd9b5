/** What the methods of a client are given, and what they answer. */
import type { CreateMode } from '../wire/create-modes.js';
import type { EventType } from '../wire/events.js';
import type { Acl, Stat } from '../wire/records.js';
import type { Codec } from './codecs.js';

/** What may be written without a codec: bytes, text (as UTF-8), or null for no data at all. */
export type NodeData = Uint8Array | string | null;

/** Options of every single request. */
export interface CallOptions {
  /**
   * Stops waiting: the promise rejects with `signal.reason` at once. A request that was not sent
   * yet is dropped; one already sent may still take effect.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Only this session may carry the request: once another session has begun (or this one has
   * ended), it is refused with `SESSION_EXPIRED` instead of being sent.
   */
  readonly session?: bigint | undefined;
  /**
   * Sends the request before all others that still wait for a connection (in call order among
   * those with this mark). For cleaning up what an earlier life of the session left behind.
   */
  readonly ahead?: boolean | undefined;
}

/** Options of requests that carry or return a node's data. */
export interface CodecOptions<T> extends CallOptions {
  /** How values become bytes and back; bytes themselves when left out. */
  readonly codec?: Codec<T> | undefined;
}

/** Options of reads that may leave a one-shot watch. */
export interface WatchOptions {
  /**
   * Called once, with the first change after this read. The watch survives reconnects and new
   * sessions; it is left only where ZooKeeper leaves one: `get` and `children` on an existing
   * node, `exists` always. `Client.unwatch` takes it back.
   */
  readonly watch?: WatchListener | undefined;
}

export type WatchListener = (event: WatchEvent) => void;

/** One watch event, as the server sent it; `path` is inside the client's chroot. */
export interface WatchEvent {
  readonly type: EventType;
  readonly path: string;
  /** zxid of the change; -1 when the server does not say (before 3.9, and after reconnects). */
  readonly zxid: bigint;
}

export interface CreateOptions<T = NodeData> extends CodecOptions<T> {
  /** `persistent` when left out. */
  readonly mode?: CreateMode | undefined;
  /** Who may do what; everyone everything when left out. */
  readonly acl?: readonly Acl[] | undefined;
  /** Required for the two TTL modes: milliseconds without change or children until it may go. */
  readonly ttlMs?: number | undefined;
}

/** Options of conditional writes. */
export interface VersionOptions {
  /** Expected version; any when left out. A mismatch is refused with `BAD_VERSION`. */
  readonly version?: number | undefined;
}

/** A node that was just created. */
export interface CreatedNode {
  /** Its path, with the sequence number for sequential modes. */
  readonly path: string;
  readonly stat: Stat;
}

/** A node as one read saw it. */
export interface NodeValue<T> {
  readonly data: T;
  readonly stat: Stat;
  /** The bytes as stored; null is not the same as empty, though codecs see both as empty. */
  readonly bytes: Uint8Array | null;
  /** zxid of the state that the read saw. */
  readonly asOf: bigint;
}

export interface Children {
  /** Names, sorted by code unit; servers promise no order. */
  readonly children: readonly string[];
  readonly stat: Stat;
  readonly asOf: bigint;
}

export interface AclValue {
  readonly acl: readonly Acl[];
  readonly stat: Stat;
}

/**
 * A change of the ensemble's members: either steps, `joining` and `leaving`, or all of `members`
 * anew. Servers are written as in a dynamic configuration, separated by commas:
 * `server.4=host:2888:3888;2181`; those that leave by their numbers, `3,4`.
 */
export interface Reconfiguration {
  readonly joining?: string | undefined;
  readonly leaving?: string | undefined;
  readonly members?: string | undefined;
  /** Only if the configuration in force has this version; any when left out. */
  readonly version?: bigint | undefined;
}

/** A configuration of the ensemble, as the node `/zookeeper/config` has it. */
export interface ConfigValue {
  readonly config: Uint8Array;
  readonly stat: Stat;
}

/** Credentials, re-sent on every new connection; see `Client.addAuth`. */
export interface Credential {
  /** `digest` (with `user:password`), or another scheme that the server knows. */
  readonly scheme: string;
  readonly auth: Uint8Array | string;
}

/** Options of the streams over a node. */
export interface StreamOptions {
  /** Emits also when nothing but freshness changed. */
  readonly freshness?: boolean | undefined;
  /**
   * What a new subscriber gets while the client is not connected and a value is known: that value
   * with `fresh: false` (the default), or nothing until it was confirmed.
   */
  readonly whileStale?: 'replay' | 'wait' | undefined;
}

export interface ValueStreamOptions<T> extends StreamOptions {
  readonly codec?: Codec<T> | undefined;
}

/** Counts for tests and metrics; see `Client.stats`. */
export interface ClientStats {
  /** Paths that some stream watches, each kind counted; includes those in their grace period. */
  readonly entries: number;
  /** Subscribers of these streams. */
  readonly subscribers: number;
  /** Entries whose server watch is believed to be set. */
  readonly armed: number;
  /** Entries that owe a read. */
  readonly dirty: number;
  /** Reads of entries now on their way. */
  readonly reading: number;
  /** Subtrees kept in memory; includes those in their grace period. */
  readonly trees: number;
  /** Paths in all of these. */
  readonly treeNodes: number;
  /** One-shot and persistent watches that would be registered again after a reconnect. */
  readonly watches: number;
  /** Requests waiting to be sent. */
  readonly queued: number;
  /** Requests sent and not answered. */
  readonly inFlight: number;
  /** Connections that completed their handshake so far. */
  readonly connections: number;
}
