import type { Acl, Client, SessionInfo, Stat } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import { deskOf } from '../shared/desk.js';
import { wasCutOff } from '../shared/doubt.js';
import { ensureFolder, FOLDER_TURNS } from '../shared/folder.js';
import { nextChange } from '../shared/next-change.js';
import { parentOf } from '../shared/paths.js';

/** A node with a name that others may want too. */
export interface NamedNode {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly acl: readonly Acl[] | undefined;
}

/** What to do about a node of somebody else that stands where ours should. */
export type Rivalry = 'error' | 'wait' | 'replace';

/**
 * Sees to it that the node exists and is this session's. A node that is there already counts only
 * if it is ours: one of an earlier session of this client is about to go, and is replaced.
 *
 * When it resolves, the node stands; one that stood before may have other data than wanted.
 *
 * @throws SESSION_EXPIRED when the session has ended; DUPLICATE_MEMBER by the rule `error`; the
 *   signal's reason
 */
export async function stand(
  zk: Client,
  session: SessionInfo,
  node: NamedNode,
  rivalry: Rivalry,
  signal: AbortSignal,
  displaced: () => void = () => {},
): Promise<void> {
  const { path, bytes, acl } = node;
  const options = { session: session.id, signal };
  for (let missing = 0; ; ) {
    try {
      await zk.create(path, bytes, { ...options, mode: 'ephemeral', acl });
      return;
    } catch (error) {
      if (isZkError(error, 'NO_NODE') && missing++ < FOLDER_TURNS) {
        await ensureFolder(zk, parentOf(path), { signal, acl });
        continue;
      }
      // If it has happened, the next try finds the node there, and ours.
      if (wasCutOff(error)) continue;
      if (!isZkError(error, 'NODE_EXISTS')) throw error;
    }
    const found = await zk.exists(path, options);
    if (found?.ephemeralOwner === session.id) return;
    if (found === undefined) continue;
    if (deskOf(zk).sessions.has(found.ephemeralOwner) || rivalry === 'replace') {
      await remove(zk, path, found, options);
    } else if (rivalry === 'error') {
      throw new RecipeError('DUPLICATE_MEMBER', path);
    } else {
      displaced();
      await nextChange(zk, session, path, signal);
    }
  }
}

async function remove(
  zk: Client,
  path: string,
  { version }: Stat,
  options: { readonly session: bigint; readonly signal: AbortSignal },
): Promise<void> {
  try {
    await zk.delete(path, { ...options, version });
  } catch (error) {
    // Whatever is there by now is looked at again.
    if (!wasCutOff(error) && !isZkError(error, 'NO_NODE', 'BAD_VERSION')) throw error;
  }
}
