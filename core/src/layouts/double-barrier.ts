import { compareSequences, sequentialName } from './sequence.js';
import { isCount, isTexts, objectIn } from './stored-text.js';

/** What the node of our double barrier says, and that of a phaser, which has the same. */
export interface BarrierCohort {
  /** How many it is for; undefined when it does not say. */
  readonly size: number | undefined;
  /** Counts the cohorts, from 1; 0 before the first. */
  readonly generation: number;
  /** Names of those inside; empty between two cohorts. */
  readonly cohort: readonly string[];
  /** Who died inside, of the cohort that was last. */
  readonly lost: readonly string[];
}

/** Somebody at a double barrier of ours. */
export interface BarrierMember {
  readonly name: string;
  /**
   * - `waits`: is there, and the cohort is not complete, or is another one's.
   * - `inside`: came in with the cohort.
   * - `left`: has left, while others are inside.
   * - `died`: was of the cohort, and neither is there nor has left.
   */
  readonly state: 'waits' | 'inside' | 'left' | 'died';
}

const LEFT = 'l-';
const MEMBER = /^_c_.*-m-$/s;

/** The name of the node that Curator's and kazoo's double barriers make when all have come. */
export const READY = 'ready';

/** Reads the data of a double barrier's node; undefined when it is not that. */
export function cohortIn(data: Uint8Array): BarrierCohort | undefined {
  const found = objectIn(data);
  if (found === undefined) return undefined;
  const { size, generation, cohort, lost } = found;
  if (!isCount(generation) || !isTexts(cohort) || !isTexts(lost)) return undefined;
  if (size !== undefined && !isCount(size, 1)) return undefined;
  return { size, generation, cohort, lost };
}

/** Whether a name is that of a member of our double barrier, or says that one has left. */
export function isBarrierMember(name: string): boolean {
  const own = name.startsWith(LEFT) ? name.slice(LEFT.length) : name;
  const parts = sequentialName(own);
  return parts !== undefined && MEMBER.test(parts.stem);
}

/** Everybody at a double barrier: those of the cohort, then who waits, first come first. */
export function barrierMembers(
  names: readonly string[],
  { cohort }: Pick<BarrierCohort, 'cohort'>,
): readonly BarrierMember[] {
  const known = new Set(names);
  const inside = cohort.map((name): BarrierMember => {
    if (known.has(name)) return { name, state: 'inside' };
    return { name, state: known.has(LEFT + name) ? 'left' : 'died' };
  });
  const named = new Set(cohort);
  const waiting = names.filter((name) => {
    return !name.startsWith(LEFT) && isBarrierMember(name) && !named.has(name);
  });
  waiting.sort((a, b) => compareSequences(numberOf(a), numberOf(b)));
  return [...inside, ...waiting.map((name): BarrierMember => ({ name, state: 'waits' }))];
}

function numberOf(name: string): number {
  return sequentialName(name)!.sequence;
}
