import { InvariantError } from '../base/assert.js';

function soon(): never {
  throw new InvariantError('not built yet');
}

/** A limit that a change would break. */
export interface QuotaProblem {
  /** Path that carries the quota. */
  readonly prefix: string;
  readonly what: 'count' | 'bytes';
  /** Soft limits are only to be logged. */
  readonly hard: boolean;
  readonly limit: number;
  /** What it would be after the change. */
  readonly wanted: number;
}

/** The quotas in force and their counters. */
export class Quotas {
  /** Number of paths with a quota. */
  get size(): number {
    return soon();
  }
}

/** The worst limit that the change would break (hard before soft), if any. */
export function quotaProblem(
  _quotas: Quotas,
  _path: string,
  _countDelta: number,
  _bytesDelta: number,
): QuotaProblem | undefined {
  return soon();
}
