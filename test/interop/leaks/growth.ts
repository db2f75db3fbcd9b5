/** Whether a heap grows with the work that is done, or only settles. */

/** The heap after a forced collection, when so many operations were done. */
export interface HeapSample {
  readonly operations: number;
  readonly bytes: number;
}

export interface Growth {
  /** Bytes that each operation adds, in the first half of the work and in the second. */
  readonly firstSlope: number;
  readonly secondSlope: number;
  readonly isLeak: boolean;
}

/** What an operation may add in the long run: less than any object takes. */
const BYTES_PER_OPERATION = 12;
/** What compiled code and the like may add to a half, whatever is done in it. */
const NOISE_BYTES = 256 * 1024;
/** A leak goes on as it began; what settles has less than this share left in the second half. */
const GOES_ON = 1 / 3;

/**
 * Compares the two halves. A leak grows in the second as it did in the first; caches that fill and
 * code that is compiled grow in the first.
 */
export function growthOf(samples: readonly HeapSample[]): Growth {
  const middle = samples.length >> 1;
  const second = samples.slice(middle);
  const firstSlope = slopeOf(samples.slice(0, middle + 1));
  const secondSlope = slopeOf(second);
  const operations = (second.at(-1)?.operations ?? 0) - (second[0]?.operations ?? 0);
  const isLeak =
    secondSlope > BYTES_PER_OPERATION &&
    secondSlope * operations > NOISE_BYTES &&
    secondSlope > firstSlope * GOES_ON;
  return { firstSlope, secondSlope, isLeak };
}

/** The median of the slopes between all pairs, which one odd sample does not move. */
function slopeOf(samples: readonly HeapSample[]): number {
  const slopes: number[] = [];
  for (const [at, from] of samples.entries()) {
    for (const to of samples.slice(at + 1)) {
      slopes.push((to.bytes - from.bytes) / (to.operations - from.operations));
    }
  }
  slopes.sort((a, b) => a - b);
  const half = (slopes.length - 1) / 2;
  return ((slopes[Math.floor(half)] ?? 0) + (slopes[Math.ceil(half)] ?? 0)) / 2;
}
