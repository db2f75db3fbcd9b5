import { compareLongs } from '../base/long.js';
import type { CommittedLog, CommittedTxn } from '../storage/committed-log.js';
import type { HistoryOptions } from '../storage/history.js';
import { SnapshotReceiver } from '../storage/snapshot-receiver.js';
import { SnapshotSender } from '../storage/snapshot-sender.js';
import type { LeaderHistory, SyncPlan } from '../zab/history.js';
import { planSync } from '../zab/sync-plan.js';
import type { MemberOptions } from './member-options.js';
import type { PendingWrite } from './request.js';
import type { Store } from './store.js';

/** What a member can tell others of the history, as leader now or later. */
export class MemberHistory implements LeaderHistory {
  readonly #store: Store;
  readonly #options: HistoryOptions;
  readonly #committed: CommittedLog;

  constructor(store: Store, options: MemberOptions['historyOptions']) {
    this.#store = store;
    this.#options = options;
    this.#committed = options.committed;
  }

  get appliedHigh(): number {
    return this.#store.database.lastZxidHigh;
  }

  get appliedLow(): number {
    return this.#store.database.lastZxidLow;
  }

  /** The tree is no longer what these transactions made: it was cut or replaced. */
  forget(): void {
    this.#committed.clear();
  }

  /** Writes were applied that are logged, and decided if this server leads. */
  logged(writes: readonly PendingWrite[]): void {
    for (const { zxidHigh, zxidLow, bytes } of writes) {
      const { newest } = this.#committed;
      const isKnown =
        newest !== undefined &&
        compareLongs(zxidHigh, zxidLow, newest.zxidHigh, newest.zxidLow) <= 0;
      if (!isKnown && bytes !== undefined) this.#committed.add(zxidHigh, zxidLow, bytes);
    }
  }

  decided({ zxidHigh, zxidLow, bytes }: CommittedTxn): void {
    this.#committed.add(zxidHigh, zxidLow, bytes);
  }

  plan(zxidHigh: number, zxidLow: number): SyncPlan {
    const committed = this.#committed;
    const { newest } = committed;
    const decision = planSync({
      peerHigh: zxidHigh,
      peerLow: zxidLow,
      lastHigh: newest?.zxidHigh ?? this.appliedHigh,
      lastLow: newest?.zxidLow ?? this.appliedLow,
      committed,
      log: undefined,
    });
    if (decision.kind === 'snap') return decision;
    return { ...decision, entries: committed.after(decision.afterHigh, decision.afterLow) };
  }

  decidedAfter(zxidHigh: number, zxidLow: number): Iterable<CommittedTxn> | undefined {
    const { newest, oldest } = this.#committed;
    if (newest === undefined || oldest === undefined) return [];
    return this.#committed.after(zxidHigh, zxidLow);
  }

  snapshot(): SnapshotSender {
    const { snapshotSliceNodes, snapshotSliceBytes } = this.#store.config;
    return new SnapshotSender(this.#store.database, {
      sliceNodes: snapshotSliceNodes,
      sliceBytes: snapshotSliceBytes,
    });
  }

  newReceiver(zxidHigh: number, zxidLow: number): SnapshotReceiver {
    return new SnapshotReceiver(zxidHigh, zxidLow, this.#options);
  }
}
