/**
 * The candidate that a misspelt word most likely meant: the same but for case, or within a few
 * letters; `undefined` when nothing is close.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const folded = word.toLowerCase();
  const farthest = Math.max(1, Math.floor(word.length / 4));
  let best: string | undefined;
  let bestDistance = farthest + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(folded, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Letters to insert, remove, replace, or swap with the next to make one word of the other. */
function editDistance(from: string, to: string): number {
  let twoAbove: readonly number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let row = 1; row <= from.length; row++) {
    const line = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = above[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
      const least = Math.min(replaced, above[column]! + 1, line[column - 1]! + 1);
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      line.push(isSwap && row > 1 ? Math.min(least, twoAbove[column - 2]! + 1) : least);
    }
    twoAbove = above;
    above = line;
  }
  return above[to.length]!;
}
