import type { CommittedTxn } from '../storage/committed-log.js';
import type { SnapshotSender } from '../storage/snapshot-sender.js';

export type HistoryEntry = CommittedTxn;

/** How a learner's history becomes the leader's. */
export type SyncPlan =
  | { readonly kind: 'snap' }
  | {
      /** `trunc`: what the learner has behind the zxid goes first. */
      readonly kind: 'diff' | 'trunc';
      readonly zxidHigh: number;
      readonly zxidLow: number;
      /** Committed transactions that then follow, in order. */
      readonly entries: Iterable<HistoryEntry>;
    };

/** What a leader can hand to learners of what was before and is decided. */
export interface LeaderHistory {
  /** The last transaction in the tree. */
  readonly appliedHigh: number;
  readonly appliedLow: number;
  /** What brings a history that ends with this zxid up to the last decided transaction. */
  plan(zxidHigh: number, zxidLow: number): SyncPlan;
  /** Decided transactions behind a zxid, oldest first; `undefined` when some are not at hand. */
  decidedAfter(zxidHigh: number, zxidLow: number): Iterable<HistoryEntry> | undefined;
  /** One more transaction is decided. */
  decided(entry: HistoryEntry): void;
  /** The tree as it is from now on, in pieces. */
  snapshot(): SnapshotSender;
}
