/**
 * A meeting point for rounds that follow each other: a double barrier whose members leave at once.
 *
 * Nodes: those of a double barrier at `path`.
 *
 * Connected, a round ends when all have arrived. Suspended who has arrived waits, and counts as
 * long as its session lives. When the session is lost before the round was complete it arrives
 * again in the next.
 */

import type { Acl, Client } from '@vivarium/core';
import { MAX_SIZE } from './double-barrier/double-barrier.js';
import { enterBarrier } from './double-barrier/enter.js';
import { assertCount } from './shared/counts.js';
import { assertNodePath } from './shared/node-path.js';
import type { WaitOptions } from './shared/patience.js';

export interface PhaserOptions {
  /** How many meet in each round: a whole number from 1 to 1000, the same for all who come. */
  readonly size: number;
  /** Of its nodes, and of its folders if they have to be made; open when left out. */
  readonly acl?: readonly Acl[] | undefined;
}

/** A meeting point for rounds that follow each other. */
export interface Phaser {
  /**
   * Arrives, waits until as many as it is for have arrived, and resolves with the number of the
   * round: one more from round to round, as long as nobody deletes the phaser's node. Nobody is
   * counted in two places of one round, unless one program arrives twice at the same time. Giving
   * up is as for `DoubleBarrier.enter`: either it rejects and was not counted, or it was.
   *
   * @throws RecipeError TIMED_OUT, SIZE_MISMATCH, BROKEN_BARRIER when our session ended just when
   *   the round was complete with us, INVALID_VALUE, QUEUE_TOO_LONG, UNREADABLE_PREDECESSOR;
   *   ZkError NO_AUTH, BAD_ARGUMENTS, SESSION_EXPIRED when the client is closed; the reason of
   *   `options.signal`
   */
  arriveAndWait(options?: WaitOptions): Promise<number>;
}

/**
 * The phaser of a path: rounds in which a fixed number of processes wait for each other, again and
 * again. Nothing is asked of a server before its function is called. Its nodes are those of a
 * double barrier.
 *
 * @throws ZkError BAD_ARGUMENTS for a size that is none
 */
export function phaser(zk: Client, path: string, { size, acl }: PhaserOptions): Phaser {
  assertNodePath(zk, path, 'phaser');
  assertCount(path, 'size', size, MAX_SIZE);
  const settings = { path, size, onLoss: 'wait', whenFull: 'wait', acl } as const;
  return {
    arriveAndWait: async (waiting = {}) => {
      const cohort = await enterBarrier(zk, settings, waiting);
      // Who comes to the next round waits until all of this one have done so.
      await cohort.depart();
      return cohort.generation;
    },
  };
}
