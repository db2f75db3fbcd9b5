import { InvariantError } from '../base/assert.js';

function soon(): never {
  throw new InvariantError('not built yet');
}

/** Container and TTL nodes. */
export class Expiring {
  get containerCount(): number {
    return soon();
  }
  get ttlCount(): number {
    return soon();
  }
  /**
   * Paths that may go now: used and empty containers, containers never used for longer than
   * `maxNeverUsedMs` (0: never), TTL nodes without children whose time is over. `wall` is the
   * leader's wall clock.
   */
  candidates(_wall: number, _maxNeverUsedMs: number): string[] {
    return soon();
  }
}
