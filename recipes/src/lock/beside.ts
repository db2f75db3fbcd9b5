import type { Acl, Client, MultiOp, NodeData, SessionInfo } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { deskOf } from '../shared/desk.js';
import { isRefused, wasCutOff } from '../shared/doubt.js';
import { childOf, nameOf, parentOf } from '../shared/paths.js';
import type { Standing } from '../shared/protected-create.js';

/** A second node of ours, at a place in a queue that is ours already. */
export interface Beside {
  /** Our node with a label that ends in an underscore; the new one gets its number. */
  readonly path: string;
  readonly label: string;
  readonly data?: NodeData | undefined;
  readonly acl?: readonly Acl[] | undefined;
  /** What has to happen in the same transaction; nothing when left out. */
  readonly together?: readonly MultiOp[] | undefined;
}

/**
 * Creates it, exactly once although answers get lost: the name is of this attempt alone, so that a
 * node that is there when the attempt is repeated is its own.
 *
 * When it rejects, a node that may have been made is being removed.
 *
 * @throws ZkError of whichever operation was refused (`index` 0 is the creation), SESSION_EXPIRED
 *   when the session has ended; the signal's reason
 */
export async function standBeside(
  zk: Client,
  session: SessionInfo,
  { path: old, label, data, acl, together = [] }: Beside,
  signal: AbortSignal,
): Promise<Standing> {
  const { cleanUps, nextGuid } = deskOf(zk);
  const path = childOf(parentOf(old), `_c_${nextGuid(session.id)}-${label}${numberOf(old)}`);
  const options = { session: session.id, signal };
  const create = { op: 'create', path, data, acl, mode: 'ephemeral' } as const;
  let isInDoubt = false;
  try {
    for (;;) {
      try {
        signal.throwIfAborted();
        isInDoubt = true;
        await zk.multi([create, ...together], options);
      } catch (error) {
        if (wasCutOff(error)) continue;
        const hasHappened = isZkError(error, 'NODE_EXISTS') && error.index === 0;
        if (!hasHappened) {
          if (isRefused(error)) isInDoubt = false;
          throw error;
        }
      }
      const stat = await zk.exists(path, options);
      if (stat !== undefined) return { path, czxid: stat.czxid };
    }
  } catch (error) {
    if (isInDoubt) cleanUps.remove(session.id, path).catch(() => {});
    throw error;
  }
}

/** The number of a node, as it stands in its name: the sign is a part of it. */
export function numberOf(path: string): string {
  const name = nameOf(path);
  return name.slice(name.lastIndexOf('__') + 2);
}
