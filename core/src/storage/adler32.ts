/** The checksum of no bytes, which every other one goes on from. */
export const ADLER_START = 1;

const BASE = 65_521;
/** After so many bytes the sums are reduced: they stay below 2^31, where arithmetic is fast. */
const BLOCK = 3_800;

/**
 * Adler-32 of `bytes` from `start` to `end`, going on from an earlier checksum. Unsigned.
 *
 * Four bytes a step, so that the two sums wait for each other only once in four.
 */
export function adler32(before: number, bytes: Uint8Array, start: number, end: number): number {
  let a = before & 0xffff;
  let b = before >>> 16;
  let i = start;
  while (i < end) {
    const blockEnd = Math.min(end, i + BLOCK);
    for (; i + 4 <= blockEnd; i += 4) {
      const b0 = bytes[i]!;
      const b1 = bytes[i + 1]!;
      const b2 = bytes[i + 2]!;
      const b3 = bytes[i + 3]!;
      b += 4 * (a + b0) + 3 * b1 + 2 * b2 + b3;
      a += b0 + b1 + b2 + b3;
    }
    for (; i < blockEnd; i++) {
      a += bytes[i]!;
      b += a;
    }
    a %= BASE;
    b %= BASE;
  }
  return ((b << 16) | a) >>> 0;
}
