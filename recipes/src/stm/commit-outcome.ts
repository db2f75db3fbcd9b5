import type { Client } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { again } from '../shared/again.js';
import { sessionEnd } from '../shared/sessions.js';
import type { StoredNode } from '../shared/stored-node.js';
import { outcomeByNode } from '../shared/write-outcome.js';
import type { Ledger } from './ledger.js';

/** Whether a transaction whose answer was lost has happened. */
export type CommitOutcome = 'written' | 'not written' | 'unknown';

/**
 * What came of a commit whose answer was lost. It has written the marker, which had version 0, if
 * and only if it has written everything else. Asks as long as it takes; never rejects.
 */
export async function commitOutcome(
  zk: Client,
  ledger: Ledger,
  marker: string,
): Promise<CommitOutcome> {
  const { session } = ledger;
  const options = { session: session.id };
  const forEver = new AbortController().signal;
  for (;;) {
    const { generation } = zk;
    try {
      // Our server may be behind the one that took the write.
      await zk.sync(marker, options);
      const mark = await zk.exists(marker, options);
      // Both answers have to be of one connection.
      if (generation !== zk.generation) continue;
      // Nobody but us has reason to delete it: then only the nodes can tell.
      if (mark === undefined) return outcomeByNodes(zk, ledger);
      return mark.version === 0 ? 'not written' : 'written';
    } catch (error) {
      if (isZkError(error, 'SESSION_EXPIRED')) {
        await sessionEnd(zk, session, forEver);
        return outcomeByNodes(zk, ledger);
      }
      try {
        await again(zk, session, error, forEver);
      } catch {
        return 'unknown';
      }
    }
  }
}

/**
 * Without the marker: the transaction writes all nodes or none, so one that was there and was not
 * touched tells that nothing was written. If it only makes nodes, none of which is there, then it
 * was not written, or it was undone since, which is the same to whoever does it again.
 */
async function outcomeByNodes(
  zk: Client,
  { writes, reads }: Ledger,
): Promise<'not written' | 'unknown'> {
  const isPresent = async (path: string, before: StoredNode | undefined) => ({
    wasThere: before !== undefined,
    outcome: await outcomeByNode(zk, path, before),
  });
  const found = await Promise.all(
    [...writes.keys()].map((path) => isPresent(path, reads.get(path))),
  );
  const old = found.filter(({ wasThere }) => wasThere);
  const isUntouched =
    old.length > 0
      ? old.some(({ outcome }) => outcome === 'not written')
      : found.every(({ outcome }) => outcome === 'not written');
  return isUntouched ? 'not written' : 'unknown';
}
