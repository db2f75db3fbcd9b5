import { contendersOf } from '../shared/queue.js';

/** What stands before the number in the names of those who have permits or ask for some. */
export const PERMIT_LABEL = '-permit-';

/** The label of a node that asks for so many: whoever lists the names knows what each one takes. */
export function permitLabel(permits: number): string {
  return `${permits}${PERMIT_LABEL}`;
}

/** Where one request stands. */
export interface Placement {
  /** Permits of all who came before, whether they have them or still wait. */
  readonly before: number;
  /** Whoever came directly before; undefined when nobody did. */
  readonly nearest: string | undefined;
}

/**
 * Where the node `ours` stands; undefined when it is not in the list. It has its permits when they
 * and those of all before it are no more than the limit: first come first served, so that a request
 * for many is not overtaken by requests for few.
 */
export function placementOf(names: readonly string[], ours: string): Placement | undefined {
  let before = 0;
  let nearest: string | undefined;
  for (const { name } of contendersOf([PERMIT_LABEL], names)) {
    if (name === ours) return { before, nearest };
    before += permitsOf(name);
    nearest = name;
  }
  return undefined;
}

/** Permits of all who have some or wait for some. */
export function permitsAskedFor(names: readonly string[]): number {
  return contendersOf([PERMIT_LABEL], names).reduce((sum, { name }) => sum + permitsOf(name), 0);
}

const PERMITS = /-(\d+)-permit--?\d+$/;

/** A name without a count, which is none of ours, takes one. */
function permitsOf(name: string): number {
  return Number(PERMITS.exec(name)?.[1] ?? 1);
}
