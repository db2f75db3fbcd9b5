/**
 * The value below which `share` (0 to 1) of the values lie; `undefined` when there are none.
 *
 * @param sorted from the least to the greatest
 */
export function percentileOf(sorted: ArrayLike<number>, share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
