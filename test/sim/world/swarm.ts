/** What a seed decides before the run begins: its size, its speeds, and which faults it has. */
import { type Config, defaultConfig } from '@vivarium/core/internal/config/config';
import type { Random } from '@vivarium/core/internal/local/random';

/** Everything that can go wrong on purpose. */
export const faultKinds = [
  'kill',
  'power',
  'stop',
  'pause',
  'reset',
  'break',
  'stall',
  'isolate',
  'forsake',
  'expire',
  'slow-disk',
  'disk-error',
  'disk-full',
  'wall-jump',
  'pause-client',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Swarm {
  readonly config: Config;
  /** How much slower snapshots are written than the log: the slower, the more happens meanwhile. */
  readonly backgroundSlowness: number;
  readonly clients: number;
  readonly sessionTimeoutMs: readonly number[];
  readonly latencyMicros: readonly [from: number, to: number];
  /** The kinds of this run and how often each comes, by weight. */
  readonly faults: ReadonlyMap<FaultKind, number>;
  /** Mean time between two faults. */
  readonly faultEveryMs: number;
  /** Mean time that a client waits between two rounds of requests. */
  readonly thinkMs: number;
  /** Most requests that a client sends without waiting. */
  readonly depth: number;
  /** Requests that each client makes at most. */
  readonly requests: number;
  /** Which share of the programs uses recipes too. */
  readonly holders: number;
  /** How many keys the registers have. */
  readonly keys: number;
  readonly chaosMs: number;
}

/** @param quiet whether the run has no faults at all */
export function chooseSwarm(random: Random, quiet: boolean): Swarm {
  const tickTime = random.pick([200, 400, 500]);
  const clients = random.between(2, 5);
  const faults = new Map<FaultKind, number>();
  for (const kind of faultKinds) {
    const weight = random.between(1, 10);
    if (random.chance(0.6) && !quiet) faults.set(kind, weight);
  }
  if (faults.size === 0 && !quiet) faults.set('power', 1);
  return {
    config: defaultConfig({
      tickTime,
      extendedTypesEnabled: true,
      minSessionTimeout: tickTime * random.pick([1, 4]),
      maxSessionTimeout: tickTime * random.pick([8, 20]),
      maxClientCnxns: 0,
      preAllocSize: random.pick([0, 2, 8]),
      snapCount: random.pick([4, 20, 100, 100_000]),
      snapshotSliceNodes: random.pick([1, 3, 50]),
      txnLogSizeLimitInKb: random.pick([-1, 2]),
      maxBatchSize: random.pick([1, 5, 1_000]),
      flushDelay: random.pick([0, 0, 3]),
      globalOutstandingLimit: random.pick([5, 1_000]),
      autopurgePurgeInterval: random.pick([0, 500, 2_000]),
      znodeContainerCheckIntervalMs: random.pick([500, 60_000]),
    }),
    backgroundSlowness: random.pick([1, 10, 50]),
    clients,
    sessionTimeoutMs: Array.from({ length: clients }, () => tickTime * random.between(2, 12)),
    latencyMicros: random.pick([
      [20, 200],
      [100, 3_000],
      [500, 30_000],
    ] as const),
    faults,
    faultEveryMs: random.pick([50, 200, 600]),
    thinkMs: random.pick([5, 30, 150]),
    depth: random.pick([1, 3, 10]),
    requests: random.pick([20, 60, 120]),
    holders: random.pick([0, 0.5, 1]),
    keys: random.between(2, 6),
    chaosMs: random.between(3_000, 8_000),
  };
}
