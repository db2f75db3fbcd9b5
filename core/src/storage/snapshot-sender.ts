import type { Zxid } from '../base/ids.js';

/** The bytes of a snapshot as they go to a learner. */
export interface SnapshotSender {
  readonly startZxid: Zxid;
  readonly done: boolean;
  next(): Uint8Array;
}
