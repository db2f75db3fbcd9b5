import { hasOnly, isCount, objectIn } from './stored-text.js';

/** What the node of a count-down latch says. */
export interface Latch {
  /** How many have to count down. */
  readonly count: number;
  /** Open for good: the nodes of those who counted down are gone by then. */
  readonly isOpen: boolean;
}

/** Reads the data of a count-down latch; undefined when it is not that. */
export function latchIn(data: Uint8Array): Latch | undefined {
  const found = objectIn(data);
  if (found === undefined || !hasOnly(found, ['count', 'isOpen'])) return undefined;
  const { count, isOpen } = found;
  if (!isCount(count, 1) || (isOpen !== undefined && typeof isOpen !== 'boolean')) {
    return undefined;
  }
  return { count, isOpen: isOpen === true };
}
