import { inspect, types } from 'node:util';

/**
 * Makes an Error of whatever was thrown, one that uvu can print: it must have a name, a message and
 * a stack that are texts, or uvu's own printer throws and the failure is lost.
 */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error || types.isNativeError(thrown)) {
    const { name, message, stack } = thrown as Record<keyof Error, unknown>;
    if ([name, message, stack].every((text) => typeof text === 'string')) return thrown;
  }
  return new Error(`what was thrown is not a proper Error: ${inspect(thrown)}`, { cause: thrown });
}
