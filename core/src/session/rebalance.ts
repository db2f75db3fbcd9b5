/**
 * Where a client goes whose list of servers has changed, so that a crowd which is told of the same
 * change ends up spread evenly. The rule and its probabilities are those of Apache ZooKeeper's
 * `StaticHostProvider.updateServerList`:
 *
 * - The list has grown and still names our server: move with probability `1 - before / after`, to
 *   one of the servers that were added, and stay otherwise.
 * - It has grown and names our server no more: move to one that was added.
 * - It has not grown and still names our server: stay.
 * - It has not grown and names our server no more: move, to one that was kept with probability
 *   `kept * (before - after) / (after * (before - kept))`, and otherwise to one that was added.
 *
 * `before` and `after` are the lengths of the lists, `kept` counts who is in both.
 */
export interface Move {
  /** Probability that the next server to try is one that was added, if there are any left. */
  readonly toAdded: number;
}

/**
 * @param random uniform in [0, 1)
 * @returns undefined to stay
 */
export function moveOf(
  before: readonly number[],
  after: readonly number[],
  server: number,
  random: () => number,
): Move | undefined {
  const kept = after.filter((each) => before.includes(each)).length;
  const isNamed = after.includes(server);
  if (after.length > before.length) {
    if (isNamed && random() >= 1 - before.length / after.length) return undefined;
    return { toAdded: 1 };
  }
  if (isNamed) return undefined;
  const gone = before.length - kept;
  if (gone === 0) return { toAdded: 0 };
  return { toAdded: 1 - (kept * (before.length - after.length)) / (after.length * gone) };
}

/** The order in which to try the servers of a list that was shuffled before. */
export function orderOf(
  move: Move,
  before: readonly number[],
  after: readonly number[],
  random: () => number,
): number[] {
  const kept = after.filter((each) => before.includes(each));
  const added = after.filter((each) => !before.includes(each));
  const order: number[] = [];
  while (order.length < after.length) {
    const takesAdded = kept.length === 0 || (added.length > 0 && random() < move.toAdded);
    order.push((takesAdded ? added : kept).shift()!);
  }
  return order;
}
