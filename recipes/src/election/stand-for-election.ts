import type { Acl, Client, NodeData } from '@vivarium/core';
import { contend } from '../shared/contend.js';
import { isPassing } from '../shared/doubt.js';
import { pause } from '../shared/pause.js';
import { electionQueue } from '../shared/queue.js';
import { type Term, termOf } from './term.js';

/** One candidacy, until it is won. */
export interface Candidacy {
  readonly path: string;
  readonly id: NodeData;
  readonly acl: readonly Acl[] | undefined;
  /** Withdraws. */
  readonly signal: AbortSignal;
  /** Told of each place but the first: how many are ahead. */
  readonly placed?: ((ahead: number) => void) | undefined;
}

/**
 * Resolves with our term when all who came before us are gone. A server in trouble is asked again
 * after a while.
 *
 * @throws what makes a candidacy impossible, such as NO_AUTH; the signal's reason
 */
export async function standForElection(
  zk: Client,
  { path, id, acl, signal, placed }: Candidacy,
): Promise<Term> {
  for (;;) {
    try {
      const contest = { queue: electionQueue, parent: path, data: id, acl, signal, placed };
      const hold = await contend(zk, contest);
      // Only a contest that does not wait ends without a hold.
      if (hold !== undefined) return termOf(zk, hold);
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
      await pause(zk, signal);
    }
  }
}
