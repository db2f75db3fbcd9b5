import type { CommittedTxn } from '../storage/committed-log.js';
import type { LogRange } from '../storage/log-range.js';
import type { SnapshotSender } from '../storage/snapshot-sender.js';
import type { SyncFeed } from './sync-feed.js';

export type HistoryEntry = CommittedTxn;

/** How a learner's history becomes the leader's. */
export type SyncPlan =
  | { readonly kind: 'snap'; readonly why: string }
  | {
      /** `trunc`: what the learner has behind the zxid goes first. */
      readonly kind: 'diff' | 'trunc';
      readonly zxidHigh: number;
      readonly zxidLow: number;
      /** The decided transactions that then follow, in order. */
      readonly feed: SyncFeed;
      /** They begin in the logs on disk: each takes its time. */
      readonly fromLog: boolean;
    };

/** What a leader can hand to learners of what was before and is decided. */
export interface LeaderHistory {
  /** The last transaction in the tree. */
  readonly appliedHigh: number;
  readonly appliedLow: number;
  /**
   * Opens the logs on disk where a history that ends with this zxid has to be looked for in them.
   * `undefined` when what is in memory will do, and when the logs may not or cannot be read now.
   */
  openLogs(zxidHigh: number, zxidLow: number): LogRange | undefined;
  /**
   * What brings a history that ends with this zxid up to the last decided transaction; `undefined`
   * while that stands neither in memory nor in the own log.
   *
   * @param logs opened for that zxid, and settled
   */
  plan(zxidHigh: number, zxidLow: number, logs: LogRange | undefined): SyncPlan | undefined;
  /** Decided transactions behind a zxid, oldest first; `undefined` when some are not at hand. */
  decidedAfter(zxidHigh: number, zxidLow: number): Iterable<HistoryEntry> | undefined;
  /** One more transaction is decided. */
  decided(entry: HistoryEntry): void;
  /** The tree as it is from now on, in pieces. */
  snapshot(): SnapshotSender;
}
