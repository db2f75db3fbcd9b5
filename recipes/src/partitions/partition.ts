import { RecipeError } from '../errors.js';
import type { Hold } from '../hold/hold.js';
import type { NodeHold } from '../hold/node-hold.js';

/** One partition that is ours to work on: a hold, which nobody else has at the same time. */
export interface Partition extends Hold {
  readonly name: string;
  /**
   * Aborts when the work has to end: with PARTITION_REVOKED when another member is to have it or we
   * are leaving, with the reason of `signal` when the hold has ended. The hold goes on until it is
   * released: bring to an end what is under way, then call `release`, and the next one begins.
   */
  readonly revoked: AbortSignal;
}

/** A partition, and what its worker does with it. */
export interface OwnPartition {
  readonly partition: Partition;
  /** Whether it was told of as revoked. */
  isRevoked: boolean;
  /** Aborts `revoked`. */
  revoke(): void;
}

/** The partition that a hold on its lock is. */
export function partitionOf(name: string, hold: NodeHold): OwnPartition {
  const revoking = new AbortController();
  const partition: Partition = Object.assign(hold, { name, revoked: revoking.signal });
  const ended = () => revoking.abort(hold.signal.reason);
  if (hold.signal.aborted) ended();
  else hold.signal.addEventListener('abort', ended, { once: true });
  return {
    partition,
    isRevoked: false,
    revoke: () => revoking.abort(new RecipeError('PARTITION_REVOKED', hold.path)),
  };
}
