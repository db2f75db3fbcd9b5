import type { ServerSpec } from './servers.js';

/** The servers that serve one tree together, as every one of them is told. */
export interface EnsembleSpec {
  readonly servers: readonly ServerSpec[];
  /** The voters of each group, by the group's number; undefined when there are no groups. */
  readonly groups?: ReadonlyMap<number, readonly number[]>;
  /** What a server's vote weighs; 1 for those that are not named. */
  readonly weights: ReadonlyMap<number, number>;
  /** Grows with each change of the ensemble. */
  readonly version: bigint;
}
