/**
 * The number that servers append to a sequential node: a signed counter of 32 bits, printed with at
 * least ten characters, the sign included. It wraps, and so its texts sort wrongly.
 */
const SEQUENTIAL = /^(.*?)(-\d{9}|(?<=[-_])-[12]\d{9}|\d{10,})$/s;

/** A sequential name, taken apart; undefined for every other name. */
export function sequentialName(
  name: string,
): { readonly stem: string; readonly sequence: number } | undefined {
  const match = SEQUENTIAL.exec(name);
  if (match === null) return undefined;
  return { stem: match[1]!, sequence: Number(match[2]) | 0 };
}

/** Orders by time of creation: negative when `a` was first, right across the wrap. */
export function compareSequences(a: number, b: number): number {
  return (a - b) | 0;
}
