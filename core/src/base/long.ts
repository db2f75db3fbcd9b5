/**
 * 64-bit integers as two 32-bit halves.
 *
 * Public values (zxid, session id) are `bigint`. On the hot path a bigint costs an allocation and a
 * slow store, so rows, headers and comparisons use the two halves: `high` signed, `low` compared
 * unsigned. For a zxid they have names of their own: high is the epoch, low the counter.
 */

const LOW_MASK = 0xffff_ffffn;

/** The signed 64-bit value of two halves. */
export function longOf(high: number, low: number): bigint {
  return (BigInt(high | 0) << 32n) | BigInt(low >>> 0);
}

/** The upper half, signed. */
export function highOf(value: bigint): number {
  return Number(BigInt.asIntN(32, value >> 32n));
}

/** The lower half, as a signed 32-bit number (use `>>> 0` to compare). */
export function lowOf(value: bigint): number {
  return Number(BigInt.asIntN(32, value & LOW_MASK));
}

/** Order of two longs given as halves: negative, zero or positive. */
export function compareLongs(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  return aHigh !== bHigh ? (aHigh | 0) - (bHigh | 0) : (aLow >>> 0) - (bLow >>> 0);
}

/** Upper half of a non-negative integer that a double holds exactly (times in milliseconds). */
export function highOfNumber(value: number): number {
  return Math.floor(value / 0x1_0000_0000) | 0;
}

/** Lower half of an integer that a double holds exactly. */
export function lowOfNumber(value: number): number {
  return (value % 0x1_0000_0000) | 0;
}

/** The number made of two halves; exact up to 2^53. */
export function numberOf(high: number, low: number): number {
  return high * 0x1_0000_0000 + (low >>> 0);
}

/**
 * `0x` and lower-case hexadecimal, two's complement for negative values, as ZooKeeper prints ids.
 */
export function hexLong(value: bigint): string {
  return `0x${BigInt.asUintN(64, value).toString(16)}`;
}
