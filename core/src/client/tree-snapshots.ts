/** What the streams over a subtree and over a node's children's data take and emit. */
import type { Stat } from '../wire/records.js';
import type { Codec } from './codecs.js';
import type { ZkError } from './errors.js';

/** A node of a mirror, as its own newest reading saw it. */
export interface PresentNode<T> {
  readonly kind: 'present';
  readonly path: string;
  readonly data: T;
  readonly stat: Stat;
}
/** The node is there, but the codec refuses its bytes. */
export interface InvalidNode {
  readonly kind: 'invalid';
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly error: unknown;
  readonly stat: Stat;
}
/**
 * The node is there and cannot be read, and so nothing is known of what is below it: we may not
 * (`denied`, the error is `NO_AUTH`), or its answer is of no use (`unreadable`; longer than
 * `maxFrameBytes`, for instance).
 */
export interface ClosedNode {
  readonly kind: 'denied' | 'unreadable';
  readonly path: string;
  readonly error: ZkError;
}
export type MirroredNode<T> = PresentNode<T> | InvalidNode | ClosedNode;

interface ChildrenDataFacts {
  readonly path: string;
  /** zxid of the newest reading in it; never falls from one emission to the next. */
  readonly asOf: bigint;
  /** False while a change may have happened that we were not told of. */
  readonly fresh: boolean;
}
export interface PresentChildrenData<T> extends ChildrenDataFacts {
  readonly kind: 'present';
  /** The children by name, in the order of code units. */
  readonly children: ReadonlyMap<string, MirroredNode<T>>;
  /** Of the parent; `pzxid` is the version of the list. */
  readonly stat: Stat;
}
/** There is no such parent. */
export interface AbsentChildrenData extends ChildrenDataFacts {
  readonly kind: 'absent';
}
export type ChildrenDataSnapshot<T> = PresentChildrenData<T> | AbsentChildrenData;

/**
 * Options of the streams over a subtree. Who gives the very same object shares one mirror in memory
 * with all others who do, of the same path and client.
 */
export interface TreeOptions<T> {
  /** How each node's data is read; bytes themselves when left out. */
  readonly codec?: Codec<T> | undefined;
  /**
   * Whether a node is followed, asked once for each path below the root; what is below a node that
   * is not followed is not either. All are when left out. Must give the same answer always.
   */
  readonly filter?: ((path: string) => boolean) | undefined;
  /** How many levels below the root are followed; all when left out. */
  readonly depth?: number | undefined;
  /** With more nodes than this the stream ends with `QUOTA_EXCEEDED`; 100000 when left out. */
  readonly maxNodes?: number | undefined;
}

/** A subtree in memory. A later snapshot is another object; this one never changes. */
export interface TreeSnapshot<T> {
  /**
   * - `loading`: it is being read for the first time; `nodes` is empty still.
   * - `live`: every change reaches us.
   * - `stale`: it may have changed without our knowing: there is no connection, or what happened
   *   meanwhile is being looked for, or the server is cut off from its ensemble.
   */
  readonly state: 'loading' | 'live' | 'stale';
  /** Its root. */
  readonly path: string;
  /** By path, parents before their children; empty when there is no root. */
  readonly nodes: ReadonlyMap<string, MirroredNode<T>>;
  /** Every change that we were told of has been read: without further ones, this is the tree. */
  readonly synced: boolean;
  /** Nodes read so far by the first walk. */
  readonly read: number;
  /** zxid of the newest reading in it; never falls from one emission to the next. */
  readonly asOf: bigint;
}

/** One step from one state of a subtree to another. */
export type TreeChange<T> =
  | { readonly type: 'added'; readonly path: string; readonly node: MirroredNode<T> }
  | { readonly type: 'removed'; readonly path: string; readonly before: MirroredNode<T> }
  | {
      readonly type: 'changed';
      readonly path: string;
      readonly node: MirroredNode<T>;
      readonly before: MirroredNode<T>;
      /** It is another node: the one before was deleted, and this one made in its place. */
      readonly replaced: boolean;
    };

/** What has changed since the emission before. */
export interface TreeChanges<T> {
  /**
   * Removals first, the deepest first of all; then what was added or changed, parents first. Done
   * one after the other on a map by path, they make the map of the emission before into that of
   * now.
   */
  readonly changes: readonly TreeChange<T>[];
  /** As in {@link TreeSnapshot}, of the tree with these changes. */
  readonly synced: boolean;
  readonly asOf: bigint;
}
