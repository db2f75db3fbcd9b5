/**
 * Counters and distributions of one server, under ZooKeeper's metric names. Machines only add to
 * them; `admin/` renders them.
 */

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

  add(value: number): void {
    if (this.count === 0 || value < this.min) this.min = value;
    if (this.count === 0 || value > this.max) this.max = value;
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
    if (size === 0) return 0;
    const sorted = this.#recent.slice(0, size).sort();
    return sorted[Math.min(size - 1, Math.floor(share * size))]!;
  }

  reset(): void {
    this.count = 0;
    this.sum = 0;
    this.min = 0;
    this.max = 0;
    this.last = 0;
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
  };
}

export type MetricsRegistry = ReturnType<typeof createMetrics>;
