import type { Hold } from '../hold/hold.js';

/**
 * A hold that lasts for a time, not for a session: it outlives lost connections, sessions, and the
 * process that got it. Its `status` is never `suspect`, since nobody's silence ends it: `held`
 * until its time is over (`lost`), its node is gone (`revoked`) or it is given back (`released`).
 *
 * When its client is closed it is lost to this program, but stays in the tree for the rest of its
 * time: whoever comes under the same id goes on with it.
 */
export interface Lease extends Omit<Hold, 'revocation$'> {
  /** Whose it is. */
  readonly id: string;
  /** Milliseconds that are certainly left of it; infinite when it has no end, 0 when it is over. */
  readonly remainingMs: number;
  /**
   * Begins its time anew, from now. Resolves when the servers have it; waits for a connection, but
   * no longer than the lease lasts.
   *
   * @param ttlMs  as with `acquireLease`; the same as before when left out
   * @throws RecipeError HOLD_LOST, HOLD_REVOKED or RELEASED when it has ended; ZkError
   *   BAD_ARGUMENTS
   */
  renew(ttlMs?: number | 'forever'): Promise<void>;
  /**
   * Makes it somebody else's: from the call on it is not ours, and whoever asks under that id gets
   * it at once. Its time begins anew. Resolves when the servers have it.
   *
   * @throws RecipeError HOLD_LOST, HOLD_REVOKED or RELEASED when it has ended; ZkError
   *   BAD_ARGUMENTS
   */
  handOver(id: string): Promise<void>;
}
