/** What a node is known to be: the kind of its recipe, whose names it has, and how sure that is. */

export const recipeKinds = [
  'lock',
  'readWriteLock',
  'election',
  'permits',
  'lease',
  'members',
  'service',
  'barrier',
  'doubleBarrier',
  'latch',
  'queue',
  'counter',
  'ttlNode',
] as const;
export type RecipeKind = (typeof recipeKinds)[number];

/**
 * How its nodes lie.
 *
 * - `flat`: who takes part are its children.
 * - `alone`: the node itself says all; children, if any, are marks for a moment.
 * - the others keep what they are about in folders: see {@link foldersOf}.
 */
export type Arrangement = 'flat' | 'alone' | 'jobs' | 'leases' | 'entries';

/** A node recognised. */
export interface Recognised {
  readonly kind: RecipeKind;
  readonly arrangement: Arrangement;
  /**
   * - `sure`: nothing else looks like it.
   * - `likely`: little else does.
   * - `possible`: much else does; not to be shown as this unless somebody asks.
   */
  readonly sure: 'sure' | 'likely' | 'possible';
  /** What it was recognised by. */
  readonly by: 'names' | 'data' | 'stat';
  /** The same in words, with an example: the end of a sentence. */
  readonly why: string;
}

const folders: Readonly<Record<Arrangement, readonly string[]>> = {
  flat: [],
  alone: [],
  jobs: ['jobs', 'claims', 'takers', 'dead'],
  leases: ['leases', 'locks'],
  entries: ['entries', 'taken'],
};

/** The folders below the node of a recipe that have to be listed to show it. */
export function foldersOf({ arrangement }: Pick<Recognised, 'arrangement'>): readonly string[] {
  return folders[arrangement];
}
