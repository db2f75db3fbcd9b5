/** What a proof is: a demand on Vivarium, shown to hold by doing it and counting. */

/** Anything that JSON keeps as it is. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [k: string]: Json };

export interface Proof {
  /** The name of its file, of its page under docs/internals/proofs, and on the command line. */
  readonly name: string;
  /** One sentence: what holds when the proof holds. */
  readonly what: string;
  /** Does the work in slices and judges what came out of all of them. */
  run(context: ProofContext): Promise<Verdict>;
}

export interface Verdict {
  readonly holds: boolean;
  /** What was counted, in the order to print: `{ seeds: 200, differences: 0 }`. */
  readonly counts: Readonly<Record<string, number | string>>;
  /** Versions of the peers that took part: `{ 'Apache ZooKeeper': '3.9.5' }`. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Markdown that follows the counts: tables, what failed, a profile. No heading above level 2. */
  readonly details?: string;
}

export interface ProofContext {
  /** The short form: the same kinds of work, little of each, within a minute or two. */
  readonly short: boolean;
  /** What the command line says after the name and is no option of the frame. */
  readonly args: readonly string[];
  /** Aborted when the run is told to stop; slices that are done are kept. */
  readonly signal: AbortSignal;
  /** Tells a person how far the work is. */
  log(line: string): void;
  /**
   * Does one named piece of work, or returns what an earlier run of the same build got for it.
   * Keep a slice under a minute or so; between slices a run may stop and be resumed.
   *
   * @throws OutOfTime when the time given with `--minutes` is over
   */
  slice<T extends Json>(key: string, work: () => Promise<T>): Promise<T>;
}

/** Ends a run whose time is over; the same command goes on from there. */
export class OutOfTime extends Error {
  constructor() {
    super('the time given for this run is over; the same command goes on with what is left');
    this.name = 'OutOfTime';
  }
}
