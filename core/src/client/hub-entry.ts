import type { Stat } from '../wire/records.js';

/** What a hub keeps apart: a node with its data, or the list of a node's children. */
export type EntryKind = 'data' | 'children';

/** A state of a path as one read saw it. */
export type Seen =
  | { readonly kind: 'absent'; readonly asOf: bigint }
  | {
      readonly kind: 'present';
      readonly asOf: bigint;
      readonly stat: Stat;
      /** Data of the node; for children the sorted names. */
      readonly value: Uint8Array | null | readonly string[];
    };

/** One subscriber, as the hub sees it. */
export interface Sink {
  /** Emit when only freshness changed. */
  readonly wantsFreshness: boolean;
  /** Take a value while it cannot be confirmed. */
  readonly takesStale: boolean;
  next(seen: Seen, fresh: boolean): void;
  error(error: unknown): void;
  complete(): void;
}

/** A sink with what it was told last. */
export interface Subscription {
  readonly sink: Sink;
  told: Seen | undefined;
  toldFresh: boolean;
  /** Reads of the entry begun before it came: what they find may be older than it is. */
  readonly since: number;
}

/** Everything known about one path and kind that somebody watches. */
export class HubEntry {
  readonly path: string;
  readonly kind: EntryKind;
  readonly subscriptions = new Set<Subscription>();
  last: Seen | undefined;
  /** The server watch that would tell of a change: `data` also stands for that of exists. */
  armed: EntryKind | undefined;
  /** A read is owed, whatever the connection does meanwhile. */
  dirty = false;
  /** A read is on its way; never two. */
  isReading = false;
  /** Number of reads begun. */
  reads = 0;
  /** An event came while reading: read once more. */
  again = false;
  /** Nobody is left, and the grace period is over: goes when the read has come back. */
  released = false;
  stopGrace: (() => void) | undefined;
  stopRetry: (() => void) | undefined;

  constructor(path: string, kind: EntryKind) {
    this.path = path;
    this.kind = kind;
  }

  /** Whether the last state is known to be the present one, as long as events can reach us. */
  get isClean(): boolean {
    return this.armed !== undefined && !this.dirty && this.last !== undefined;
  }
}

/** Whether two states of a path are the same state, seen twice. */
export function isSameState(kind: EntryKind, a: Seen | undefined, b: Seen): boolean {
  if (a === undefined || a.kind !== b.kind) return false;
  if (a.kind === 'absent' || b.kind === 'absent') return true;
  if (a.stat.czxid !== b.stat.czxid) return false;
  return kind === 'data' ? a.stat.mzxid === b.stat.mzxid : a.stat.pzxid === b.stat.pzxid;
}

/** Whether `b` is from before `a`, which no server may show to one who has seen `a`. */
export function isOlder(a: Seen | undefined, b: Seen): boolean {
  if (a === undefined) return false;
  if (b.asOf < a.asOf) return true;
  if (a.kind === 'absent' || b.kind === 'absent') return false;
  return b.stat.mzxid < a.stat.mzxid && b.stat.czxid <= a.stat.czxid;
}
