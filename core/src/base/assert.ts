/**
 * A rule of this program was broken: a defect here, never a caller's mistake. It is not sent to
 * clients and not caught, except by the host that stops the machine it came from.
 */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws {@link InvariantError} unless `condition` holds. Stays on in production. */
export function assert(condition: unknown, rule: string): asserts condition {
  if (!condition) throw new InvariantError(rule);
}

/** Marks a branch that the types exclude; a new union member then fails to compile here. */
export function unreachable(value: never, what: string): never {
  throw new InvariantError(`unexpected ${what}: ${describe(value)}`);
}

function describe(value: unknown): string {
  return JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? `${part}n` : part));
}
