import { ZkError } from '@vivarium/core';

/** How long a lease lasts unless it is renewed: milliseconds, or without an end. */
export type LeaseTtl = number | 'forever';

/** Shorter ones would be over before the word of them has come. */
const SHORTEST_MS = 100;

/** The same in milliseconds. */
export function ttlOf(ttl: LeaseTtl): number {
  return ttl === 'forever' ? Number.POSITIVE_INFINITY : ttl;
}

/** @throws ZkError BAD_ARGUMENTS */
export function assertTtl(path: string, ttl: LeaseTtl): void {
  if (ttl === 'forever') return;
  if (Number.isSafeInteger(ttl) && ttl >= SHORTEST_MS) return;
  const reason = `ttlMs is ${ttl}; give a whole number from ${SHORTEST_MS}, or 'forever'`;
  throw new ZkError('BAD_ARGUMENTS', { operation: 'acquireLease', path, reason });
}
