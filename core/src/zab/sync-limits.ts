import type { Config } from '../config/config.js';
import type { LearnerHandler } from './learner-handler.js';
import type { QuorumMetrics } from './quorum-metrics.js';

export interface SyncLimitsParts {
  readonly config: Config;
  readonly metrics: QuorumMetrics;
  readonly learners: ReadonlyMap<unknown, LearnerHandler>;
}

/** What a learner's way to the leader's history costs: a snapshot, or what it lacks. */
export type SyncCost = 'snap' | 'diff';

/**
 * How many learners are brought up to date at one time. Those who count for the quorum never wait;
 * observers do, as long as there are as many as the config allows.
 *
 * @see ZooKeeper 3.9 LearnerSyncThrottler
 */
export class SyncLimits {
  readonly #parts: SyncLimitsParts;

  constructor(parts: SyncLimitsParts) {
    this.#parts = parts;
  }

  /** Whether a learner waits for its turn, and it has not come. */
  isWaiting({ isSynced, waitsFor }: LearnerHandler): boolean {
    return !isSynced && waitsFor !== undefined && this.#isFull(waitsFor);
  }

  /** Whether a learner may be brought up to date now; from then on it counts. */
  mayBegin(learner: LearnerHandler, cost: SyncCost): boolean {
    const { metrics } = this.#parts;
    learner.waitsFor = learner.isObserver && this.#isFull(cost) ? cost : undefined;
    if (learner.waitsFor !== undefined) return false;
    learner.syncCost = cost;
    (cost === 'snap' ? metrics.snapSyncs : metrics.diffSyncs).add(1);
    this.#measure(cost);
    return true;
  }

  /** A learner is up to date. */
  ended(learner: LearnerHandler): void {
    const cost = learner.syncCost;
    learner.syncCost = undefined;
    if (cost !== undefined) this.#measure(cost);
  }

  #isFull(cost: SyncCost): boolean {
    const { maxConcurrentSnapSyncs, maxConcurrentDiffSyncs } = this.#parts.config;
    const limit = cost === 'snap' ? maxConcurrentSnapSyncs : maxConcurrentDiffSyncs;
    return this.#count(cost) >= limit;
  }

  #count(cost: SyncCost): number {
    let count = 0;
    for (const { syncCost } of this.#parts.learners.values()) if (syncCost === cost) count++;
    return count;
  }

  #measure(cost: SyncCost): void {
    const { snapSyncsInFlight, diffSyncsInFlight } = this.#parts.metrics;
    (cost === 'snap' ? snapSyncsInFlight : diffSyncsInFlight).add(this.#count(cost));
  }
}
