/** How many servers a run has, who of them votes, and how each is set up. */
import { type Config, defaultConfig } from '@vivarium/core/internal/config/config';
import type { EnsembleSpec } from '@vivarium/core/internal/config/ensemble';
import type { Random } from '@vivarium/core/internal/local/random';

/** How often sessions are known to one server alone, at first. */
const LOCAL = 0.15;
/** How often servers that find no leader answer reads. */
const READ_ONLY = 0.15;
/** Share of the runs in which epochs have little room. */
const SHORT_EPOCHS = 0.1;

export function chooseConfigs(
  random: Random,
  tickTime: number,
  servers: number | undefined,
): readonly Config[] {
  const common = {
    tickTime,
    initLimit: random.between(5, 10),
    syncLimit: random.between(2, 5),
    minSessionTimeout: tickTime * random.pick([1, 4]),
    maxSessionTimeout: tickTime * random.pick([8, 20]),
    globalOutstandingLimit: random.pick([5, 1_000]),
    localSessionsEnabled: random.chance(LOCAL),
    localSessionsUpgradingEnabled: random.chance(0.7),
    readOnlyModeEnabled: random.chance(READ_ONLY),
    ...(random.chance(SHORT_EPOCHS) && { transactionsPerEpoch: random.between(15, 60) }),
  };
  const count = servers ?? chooseCount(random);
  const own = () => defaultConfig({ ...common, ...chooseOwn(random) });
  if (count === 0) return [own()];
  const ensemble = chooseEnsemble(random, count);
  // Operators make mistakes: where each server has a patience of its own, a leader may last longer
  // than its followers.
  const isUneven = random.chance(0.2);
  return ensemble.servers.map(({ serverId }) => ({
    ...own(),
    ...(isUneven && { syncLimit: random.pick([2, 8]) }),
    serverId,
    ensemble,
  }));
}

/** 0 for a server that stands alone. */
function chooseCount(random: Random): number {
  if (random.chance(0.7)) return 3;
  return random.pick([0, 0, 1, 2, 4, 5, 5, 6, 7]);
}

/** What each server may have in its own way. */
function chooseOwn(random: Random) {
  return {
    extendedTypesEnabled: true,
    maxClientCnxns: 0,
    preAllocSize: random.pick([0, 2, 8]),
    snapCount: random.pick([4, 20, 100, 100_000]),
    snapshotSliceNodes: random.pick([1, 3, 50]),
    txnLogSizeLimitInKb: random.pick([-1, 2]),
    maxBatchSize: random.pick([1, 5, 1_000]),
    flushDelay: random.pick([0, 0, 3]),
    commitLogCount: random.pick([1, 5, 500]),
    snapshotSizeFactor: random.pick([-1, 0, 0.33]),
    autopurgePurgeInterval: random.pick([0, 500, 2_000]),
    znodeContainerCheckIntervalMs: random.pick([500, 60_000]),
    ...chooseOdd(random),
  };
}

/** Sizes that nobody would choose: what else takes hours to come about comes about at once. */
function chooseOdd(random: Random) {
  const seldom = <T>(odd: T, usual: T) => (random.chance(0.2) ? odd : usual);
  return {
    snapshotSliceBytes: seldom(random.pick([64, 400]), 1_048_576),
    snapSizeLimitInKb: seldom(1, 4_194_304),
    forceSnapshotSync: random.chance(0.05),
    maxConcurrentSnapSyncs: seldom(1, 10),
    maxConcurrentDiffSyncs: seldom(1, 100),
    fsyncWarningThresholdMs: seldom(20, 1_000),
    maxTimeToWaitForEpoch: seldom(random.pick([1, 50]), 500),
  };
}

function chooseEnsemble(random: Random, voters: number): EnsembleSpec {
  const observers = random.chance(0.2) ? random.between(1, 2) : 0;
  const ids = Array.from({ length: voters + observers }, (_, at) => at + 1);
  const servers = ids.map((serverId) => {
    return {
      serverId,
      addresses: [{ host: `s${serverId}`, quorumPort: 2888, electionPort: 3888 }],
      role: serverId > voters ? ('observer' as const) : ('participant' as const),
      client: { port: 2181 },
    };
  });
  const weights = new Map<number, number>();
  if (voters < 3 || !random.chance(0.1)) return { servers, weights, version: 0n };
  // Groups in which most decide, of which most decide; somebody without a vote's weight.
  const groups = new Map<number, number[]>();
  for (const id of ids.slice(0, voters)) {
    const group = ((id - 1) % 3) + 1;
    groups.set(group, [...(groups.get(group) ?? []), id]);
  }
  if (voters > 4) weights.set(random.between(1, voters), random.pick([0, 2]));
  return { servers, groups, weights, version: 0n };
}
