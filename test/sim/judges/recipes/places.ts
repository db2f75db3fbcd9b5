/** Where the recipes of a run are played, and which there are. */

/** Every recipe that programs play; a run has some of them. */
export const games = [
  'lock',
  'rw-lock',
  'election',
  'permits',
  'group',
  'double-barrier',
  'counter',
  'config',
  'work-queue',
  'partitions',
] as const;

export type Game = (typeof games)[number];

/** The path that a recipe is given. */
export function placeOf(game: Game): string {
  return `/sim/${game}`;
}

/** The folder of the nodes that are written under guard: one for each thing that can be held. */
export const GUARDED = '/sim/guarded';
