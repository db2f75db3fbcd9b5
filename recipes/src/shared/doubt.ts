import { isZkError, type ZkError } from '@vivarium/core';

/**
 * Whether a request ended because its connection did: it may have taken effect, and whatever is
 * asked next waits for another connection.
 */
export function wasCutOff(error: unknown): boolean {
  return isZkError(error, 'CONNECTION_LOSS', 'SESSION_MOVED');
}

/** Whether an error passes by itself, though it may come again at once. */
export function isPassing(error: unknown): boolean {
  if (!isZkError(error)) return false;
  return error.outcome === 'unknown' || isZkError(error, 'THROTTLED_OP', 'NOT_READ_ONLY');
}

/** Whether the server has said, or it is certain without its word, that nothing has happened. */
export function isRefused(error: unknown): error is ZkError {
  return isZkError(error) && error.outcome === 'refused';
}
