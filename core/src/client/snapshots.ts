/** What the streams over nodes emit. */
import type { Stat } from '../wire/records.js';

interface SnapshotFacts {
  readonly path: string;
  /** zxid of the read; never falls from one emission to the next. */
  readonly asOf: bigint;
  /** False while a change may have happened that we were not told of. */
  readonly fresh: boolean;
}
/** There is no such node. */
export interface AbsentSnapshot extends SnapshotFacts {
  readonly kind: 'absent';
}
export interface PresentSnapshot<T> extends SnapshotFacts {
  readonly kind: 'present';
  readonly data: T;
  readonly stat: Stat;
}
/** The node is there, but the codec refuses its bytes. */
export interface InvalidSnapshot extends SnapshotFacts {
  readonly kind: 'invalid';
  readonly bytes: Uint8Array;
  readonly error: unknown;
  readonly stat: Stat;
}
export type NodeSnapshot<T> = PresentSnapshot<T> | AbsentSnapshot | InvalidSnapshot;

export interface PresentChildren extends SnapshotFacts {
  readonly kind: 'present';
  /** Names, sorted by code unit. */
  readonly children: readonly string[];
  readonly stat: Stat;
}
export type ChildrenSnapshot = PresentChildren | AbsentSnapshot;
