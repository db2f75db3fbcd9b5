import { ZkError } from '@vivarium/core';

/** A year. */
const MAX_DELAY_MS = 31_536_000_000;

/** @throws ZkError BAD_ARGUMENTS unless the value is a whole number from 0 to a year */
export function assertDelay(path: string, delayMs: number, name = 'delayMs'): void {
  if (Number.isInteger(delayMs) && delayMs >= 0 && delayMs <= MAX_DELAY_MS) return;
  const reason = `${name} is ${delayMs}; give a whole number from 0 to ${MAX_DELAY_MS}`;
  throw new ZkError('BAD_ARGUMENTS', { path, reason });
}
