/** A number that grows, or values that are measured. */
interface Meter {
  add(amount: number): void;
}

/**
 * What a member counts of its part in the ensemble; see ZooKeeper's metrics of nearly the same
 * names. Latencies are those of a transaction since the leader made it, by the leader's wall clock:
 * where clocks differ by more than that, they say little.
 */
export interface QuorumMetrics {
  /* Of a leader. */
  readonly proposals: Meter;
  readonly proposalBytes: Meter;
  readonly quorumAckLatency: Meter;
  /** Of each server by its number. */
  readonly ackLatency: { of(key: string): Meter };
  readonly snapSyncs: Meter;
  readonly diffSyncs: Meter;
  /** How many of them are under way, whenever that changes. */
  readonly snapSyncsInFlight: Meter;
  readonly diffSyncsInFlight: Meter;
  readonly revalidations: Meter;
  readonly disloyalVoters: Meter;
  /* Of a learner. */
  readonly proposalsReceived: Meter;
  readonly commitsReceived: Meter;
  readonly proposalLatency: Meter;
  readonly commitPropagationLatency: Meter;
  readonly followerSyncTime: Meter;
  readonly observerSyncTime: Meter;
  /* Of both. */
  readonly proposalAckCreationLatency: Meter;
}

/** Adds a latency, unless the clocks make nonsense of it. */
export function addLatency(meter: Meter, latencyMs: number): void {
  if (latencyMs >= 0) meter.add(latencyMs);
}
