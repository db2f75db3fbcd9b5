import { compareLongs } from '../base/long.js';
import type { CommittedLog, CommittedTxn } from '../storage/committed-log.js';
import { listFiles } from '../storage/data-files.js';
import { folders } from '../storage/disk.js';
import { isSnapshot } from '../storage/file-names.js';
import { follows } from '../storage/log-format.js';
import { LogRange } from '../storage/log-range.js';
import { SnapshotSender } from '../storage/snapshot-sender.js';
import type { LeaderHistory, SyncPlan } from '../zab/history.js';
import { SyncFeed } from '../zab/sync-feed.js';
import {
  type LogBeginning,
  logLimitBytes,
  needsLog,
  planSync,
  type SyncQuestion,
  type ZxidHalves,
} from '../zab/sync-plan.js';
import type { PendingWrite } from './request.js';
import type { Store } from './store.js';

/** What a member can tell others of the history, as leader now or later. */
export class MemberHistory implements LeaderHistory {
  readonly #store: Store;
  readonly #committed: CommittedLog;

  constructor(store: Store, committed: CommittedLog) {
    this.#store = store;
    this.#committed = committed;
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

  openLogs(zxidHigh: number, zxidLow: number): LogRange | undefined {
    const { config, disk } = this.#store;
    const mayRead = config.snapshotSizeFactor >= 0 && this.#isMemoryLogged;
    if (!mayRead || !needsLog(this.#question(zxidHigh, zxidLow))) return undefined;
    const until = this.#firstInMemory;
    return new LogRange(disk, zxidHigh, zxidLow, until.zxidHigh, until.zxidLow);
  }

  plan(zxidHigh: number, zxidLow: number, logs: LogRange | undefined): SyncPlan | undefined {
    const committed = this.#committed;
    const log = logs && this.#sparing(logs);
    const decision = planSync({ ...this.#question(zxidHigh, zxidLow), log });
    if (decision.kind === 'snap') return decision;
    const { kind, fromLog, afterHigh, afterLow } = decision;
    const packet = { kind, zxidHigh: decision.zxidHigh, zxidLow: decision.zxidLow, fromLog };
    if (logs === undefined || !fromLog) {
      return { ...packet, feed: new SyncFeed(undefined, committed.after(afterHigh, afterLow)) };
    }
    if (!this.#isMemoryLogged) return undefined;
    const until = this.#firstInMemory;
    logs.extend(until.zxidHigh, until.zxidLow);
    const rest = committed.after(until.zxidHigh, until.zxidLow);
    return { ...packet, feed: new SyncFeed(logs, rest) };
  }

  decidedAfter(zxidHigh: number, zxidLow: number): Iterable<CommittedTxn> | undefined {
    const decided = this.#committed.after(zxidHigh, zxidLow);
    const [first] = decided;
    const isGap = first && !follows(zxidHigh, zxidLow, first.zxidHigh, first.zxidLow);
    return isGap ? undefined : decided;
  }

  /** Where the logs have to take over from the memory, which need not hold anything. */
  get #firstInMemory(): ZxidHalves {
    const { appliedHigh: zxidHigh, appliedLow: zxidLow } = this;
    return this.#committed.oldest ?? { zxidHigh, zxidLow };
  }

  /** Whether the logs can take over: the own disk may be far behind what is decided. */
  get #isMemoryLogged(): boolean {
    const { zxidHigh, zxidLow } = this.#firstInMemory;
    return compareLongs(zxidHigh, zxidLow, this.appliedHigh, this.appliedLow) <= 0;
  }

  #question(peerHigh: number, peerLow: number): SyncQuestion {
    const committed = this.#committed;
    const { newest } = committed;
    const lastHigh = newest?.zxidHigh ?? this.appliedHigh;
    const lastLow = newest?.zxidLow ?? this.appliedLow;
    return { peerHigh, peerLow, lastHigh, lastLow, committed, log: undefined };
  }

  /** The logs, unless they are so much that a snapshot is less. */
  #sparing(logs: LogRange): LogBeginning {
    const { config, disk } = this.#store;
    const snapshot = listFiles(disk, folders.snapshots).findLast(({ name }) =>
      isSnapshot(name.kind),
    );
    const limit = logLimitBytes(config.snapshotSizeFactor, snapshot?.size ?? 0);
    if (logs.problem !== undefined || logs.totalBytes <= limit) return logs;
    const problem = `it lacks ${logs.totalBytes} bytes of the logs, more than ${limit}`;
    return { problem, isThere: false, hasPrevious: false, previousHigh: 0, previousLow: 0 };
  }

  snapshot(): SnapshotSender {
    const { snapshotSliceNodes, snapshotSliceBytes } = this.#store.config;
    return new SnapshotSender(this.#store.database, {
      sliceNodes: snapshotSliceNodes,
      sliceBytes: snapshotSliceBytes,
    });
  }
}
