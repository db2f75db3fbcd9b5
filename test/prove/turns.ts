const DAY_MS = 86_400_000;

/** So many of `all`, every day the next ones, so that all have their turn. */
export function turnOfToday<T>(all: readonly T[], count: number): readonly T[] {
  const first = Math.floor(Date.now() / DAY_MS) * count;
  return Array.from({ length: count }, (_, at) => all[(first + at) % all.length]!);
}
