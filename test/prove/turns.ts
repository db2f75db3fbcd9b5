import { Random } from '../interop/back-to-back/random.js';

const DAY_MS = 86_400_000;

/** So many of `all`, every day others. */
export function turnOfToday<T>(all: readonly T[], count: number): readonly T[] {
  return turnOf(Math.floor(Date.now() / DAY_MS), all, count);
}

/**
 * The turn of a day: where it begins is drawn by lot, for who asks on every fourth day only would
 * get the same few again and again if turns followed each other.
 */
export function turnOf<T>(day: number, all: readonly T[], count: number): readonly T[] {
  const first = new Random(day).below(all.length);
  return Array.from({ length: count }, (_, at) => all[(first + at) % all.length]!);
}
