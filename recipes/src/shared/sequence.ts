/**
 * The numbers that servers append to sequential nodes: a signed counter of 32 bits that begins at
 * 0 with each parent and wraps from 2147483647 to -2147483648, printed with at least ten
 * characters, the sign included. As texts they sort wrongly after the wrap.
 */
const NUMBER = /^(?:-\d{9,}|\d{10,})$/;

/**
 * The number of a name that consists of anything, a label, and a number, as 32 bits; undefined for
 * every other name. Without the label a dash before the number could be a sign.
 */
export function sequenceAfter(label: string, name: string): number | undefined {
  const at = name.lastIndexOf(label);
  if (at < 0) return undefined;
  const digits = name.slice(at + label.length);
  return NUMBER.test(digits) ? Number(digits) | 0 : undefined;
}

/**
 * Orders by time of creation: negative when `a` was first. Right across the wrap, as long as the
 * two are less than 2^31 creations apart.
 */
export function compareSequences(a: number, b: number): number {
  return (a - b) | 0;
}
