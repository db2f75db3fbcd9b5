/**
 * Counters and distributions of one server, under ZooKeeper's metric names. Machines only add to
 * them; `admin/` renders them.
 */
import { percentileOf } from '../base/percentile.js';

/** A number that only grows. */
export class Counter {
  value = 0;

  add(amount = 1): void {
    this.value += amount;
  }

  reset(): void {
    this.value = 0;
  }
}

/** Count, sum, smallest and largest of some measured values, with a reservoir for percentiles. */
export class Summary {
  count = 0;
  sum = 0;
  min = 0;
  max = 0;
  /** The value added last. */
  last = 0;
  readonly #recent = new Float64Array(RESERVOIR);
  #peak = 0;

  add(value: number): void {
    if (this.count === 0 || value < this.min) this.min = value;
    if (this.count === 0 || value > this.max) this.max = value;
    if (value > this.#peak) this.#peak = value;
    this.#recent[this.count % RESERVOIR] = value;
    this.count++;
    this.sum += value;
    this.last = value;
  }

  get average(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** The value below which `share` (0 to 1) of the last thousand or so values lie. */
  percentile(share: number): number {
    const size = Math.min(this.count, RESERVOIR);
    return percentileOf(this.#recent.slice(0, size).sort(), share) ?? 0;
  }

  /** The values added last, in any order: `count` of them, or as many as are kept. */
  newest(count: number): number[] {
    const values: number[] = [];
    const kept = Math.min(count, this.count, RESERVOIR);
    for (let i = this.count - kept; i < this.count; i++) values.push(this.#recent[i % RESERVOIR]!);
    return values;
  }

  /** The largest value added since this was asked before. Whoever keeps a history asks. */
  takePeak(): number {
    const peak = this.#peak;
    this.#peak = 0;
    return peak;
  }

  reset(): void {
    this.count = 0;
    this.sum = 0;
    this.min = 0;
    this.max = 0;
    this.last = 0;
  }
}

/** One summary for each of some keys, which come to be as they are named. */
export class SummarySet {
  readonly #byKey = new Map<string, Summary>();

  /** The summary of a key. */
  of(key: string): Summary {
    let summary = this.#byKey.get(key);
    if (summary === undefined) {
      summary = new Summary();
      this.#byKey.set(key, summary);
    }
    return summary;
  }

  entries(): Iterable<readonly [key: string, summary: Summary]> {
    return this.#byKey;
  }

  reset(): void {
    for (const summary of this.#byKey.values()) summary.reset();
  }
}

/** How many recent values a summary keeps for percentiles. */
const RESERVOIR = 1024;

/** Makes the metrics a server starts with. */
export function createMetrics() {
  return {
    packetsReceived: new Counter(),
    packetsSent: new Counter(),
    /** Time from taking a request in to its reply, milliseconds. */
    requestLatency: new Summary(),
    readLatency: new Summary(),
    updateLatency: new Summary(),
    fsyncTime: new Summary(),
    /** Flushes that took longer than the config's warning threshold. */
    fsyncThresholdExceeded: new Counter(),
    snapshotTime: new Summary(),
    snapshotErrors: new Counter(),
    syncBatchSize: new Summary(),
    commits: new Counter(),
    connectionRequests: new Counter(),
    connectionRejected: new Counter(),
    connectionDrops: new Counter(),
    connectionRevalidations: new Counter(),
    sessionlessConnectionsExpired: new Counter(),
    staleSessionsExpired: new Counter(),
    bytesReceived: new Counter(),
    responseBytes: new Counter(),
    watchBytes: new Counter(),
    largeRequestsRejected: new Counter(),
    nodeCreatedWatches: new Summary(),
    nodeDeletedWatches: new Summary(),
    nodeChangedWatches: new Summary(),
    nodeChildrenWatches: new Summary(),
    digestMismatches: new Counter(),
    authFailed: new Counter(),
    quotaExceeded: new Counter(),
    unrecoverableErrors: new Counter(),
    lastResponseBytes: new Summary(),
    /** From the leader's making of a transaction to its being applied here, wall clocks. */
    propagationLatency: new Summary(),
    ...createQuorumMetrics(),
  };
}

/** Those of a member of an ensemble; they stay empty where a server stands alone. */
function createQuorumMetrics() {
  return {
    lookingCount: new Counter(),
    electionTime: new Summary(),
    /** From the end of a role, or the start, until clients are served again. */
    unavailableTime: new Summary(),
    leaderUnavailableTime: new Summary(),
    proposals: new Counter(),
    proposalBytes: new Summary(),
    quorumAckLatency: new Summary(),
    ackLatency: new SummarySet(),
    snapSyncs: new Counter(),
    diffSyncs: new Counter(),
    snapSyncsInFlight: new Summary(),
    diffSyncsInFlight: new Summary(),
    revalidations: new Counter(),
    disloyalVoters: new Counter(),
    proposalsReceived: new Counter(),
    commitsReceived: new Counter(),
    proposalLatency: new Summary(),
    commitPropagationLatency: new Summary(),
    proposalAckCreationLatency: new Summary(),
    followerSyncTime: new Summary(),
    observerSyncTime: new Summary(),
  };
}

export type MetricsRegistry = ReturnType<typeof createMetrics>;
