import type { Acl, Client, NodeData, SessionInfo } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import { deskOf } from './desk.js';
import { isRefused, wasCutOff } from './doubt.js';
import { ensureFolder, FOLDER_TURNS } from './folder.js';
import { childOf } from './paths.js';

/** A sequential ephemeral node to create; its name will be `_c_<guid>-<label><number>`. */
export interface ProtectedNode {
  readonly parent: string;
  readonly label: string;
  readonly data?: NodeData | undefined;
  readonly acl?: readonly Acl[] | undefined;
  /** Makes the parent when it is missing; a folder when left out. */
  readonly makeParent?: (() => Promise<void>) | undefined;
}

/** A node of ours that stands. */
export interface Standing {
  readonly path: string;
  /** zxid of its creation. */
  readonly czxid: bigint;
}

/**
 * Creates exactly one node in this session, although answers get lost: each attempt has a name of
 * its own, and when the outcome of a creation is unknown, the node is looked for before another is
 * made. The search comes after a `sync`, for the server that we reach next may be behind the one
 * that took the request; and it belongs to the same session, so that no node is adopted which is
 * about to go with an earlier one. A request that is still under way on the old connection is no
 * danger: servers refuse it once the session has moved.
 *
 * When it rejects, a node that may have been made is being removed.
 *
 * @throws SESSION_EXPIRED when the session has ended: begin again in the next; RecipeError CONFLICT
 *   when the folder is removed again and again; the signal's reason
 */
export async function createProtected(
  zk: Client,
  session: SessionInfo,
  node: ProtectedNode,
  signal: AbortSignal,
): Promise<Standing> {
  signal.throwIfAborted();
  const desk = deskOf(zk);
  const { parent, label, data, acl } = node;
  const { makeParent = () => ensureFolder(zk, parent, { signal, acl }) } = node;
  const mark = `_c_${desk.nextGuid(session.id)}-`;
  const options = { mode: 'ephemeralSequential', acl, session: session.id, signal } as const;
  let isInDoubt = false;
  try {
    for (let missing = 0; ; ) {
      try {
        isInDoubt = true;
        const { path, stat } = await zk.create(childOf(parent, mark + label), data, options);
        return { path, czxid: stat.czxid };
      } catch (error) {
        if (isRefused(error)) isInDoubt = false;
        if (isZkError(error, 'NO_NODE')) {
          if (missing++ === FOLDER_TURNS) throw vanishing(parent, error);
          await makeParent();
        } else if (!wasCutOff(error)) {
          throw error;
        } else {
          const found = await find(zk, session, parent, mark, signal);
          if (found !== undefined) return found;
        }
      }
    }
  } catch (error) {
    if (isInDoubt) desk.cleanUps.abandon(session.id, parent, mark).catch(() => {});
    throw error;
  }
}

function vanishing(parent: string, cause: unknown): RecipeError {
  const reason = `it was removed ${FOLDER_TURNS + 1} times just before a node was made in it`;
  return new RecipeError('CONFLICT', parent, { reason, cause });
}

async function find(
  zk: Client,
  session: SessionInfo,
  parent: string,
  mark: string,
  signal: AbortSignal,
): Promise<Standing | undefined> {
  const options = { session: session.id, signal };
  for (;;) {
    const { generation } = zk;
    try {
      await zk.sync(parent, options);
      const { children } = await zk.children(parent, options);
      const name = children.find((each) => each.startsWith(mark));
      const path = name === undefined ? undefined : childOf(parent, name);
      const stat = path === undefined ? undefined : await zk.exists(path, options);
      // Another server may have answered the later questions: all have to be of one connection.
      if (generation !== zk.generation) continue;
      if (path === undefined || stat?.ephemeralOwner !== session.id) return undefined;
      return { path, czxid: stat.czxid };
    } catch (error) {
      if (isZkError(error, 'NO_NODE')) return undefined;
      if (!wasCutOff(error)) throw error;
    }
  }
}
