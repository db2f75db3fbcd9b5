import type { Acl, CallOptions, Client, SessionInfo } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import { again } from '../shared/again.js';
import { ensureFolder, FOLDER_TURNS } from '../shared/folder.js';
import { childOf, parentOf } from '../shared/paths.js';
import { currentSession } from '../shared/sessions.js';

/** A container that lasts as long as a node below it is touched. */
export interface TouchedNode {
  readonly path: string;
  readonly ttlMs: number;
  readonly acl: readonly Acl[] | undefined;
}

/** Name of the node that is touched, as Curator has it. */
export const TOUCH = 'touch';

/** What is to be done when the touch is missing. */
export interface Making {
  /** Told before anything is made. */
  missing(): void;
  /** The data of the container, should it have to be made. */
  data(): Uint8Array;
}

/**
 * Touches a node, or makes it when it has gone. Resolves when a server has confirmed either, with
 * whether the container was made with our data; tries as long as it takes. Done twice it does no
 * harm, so an answer that was lost is asked for again.
 *
 * @throws RecipeError NO_TTL_NODES; ZkError; the signal's reason
 */
export async function touch(
  zk: Client,
  node: TouchedNode,
  making: Making,
  signal: AbortSignal,
): Promise<boolean> {
  let isMissing = false;
  let folders = 0;
  for (;;) {
    const session = await currentSession(zk, signal);
    const options = { session: session.id, signal };
    try {
      if (!isMissing) {
        await zk.set(childOf(node.path, TOUCH), '', options);
        return false;
      }
      making.missing();
      return await make(zk, node, making.data(), options);
    } catch (error) {
      if (isZkError(error, 'NO_NODE')) {
        // Where the touch was, or where it was to be made: then the parent of the container.
        if (isMissing && folders++ >= FOLDER_TURNS) throw error;
        if (isMissing) await makeFolder(zk, session, node, signal);
        isMissing = true;
      } else if (isZkError(error, 'UNIMPLEMENTED')) {
        throw new RecipeError('NO_TTL_NODES', node.path, { cause: error });
      } else await again(zk, session, error, signal);
    }
  }
}

/** Makes both nodes, or the touch alone where the container stands; whether both were made. */
async function make(
  zk: Client,
  { path, ttlMs, acl }: TouchedNode,
  data: Uint8Array,
  options: CallOptions,
): Promise<boolean> {
  const below = { path: childOf(path, TOUCH), mode: 'persistentTtl', ttlMs, acl } as const;
  const container = { op: 'create', path, data, mode: 'container', acl } as const;
  try {
    // A container that never had a child is never removed, so it must not be there without one.
    await zk.multi([container, { op: 'create', ...below }], options);
    return true;
  } catch (error) {
    if (!isZkError(error, 'NODE_EXISTS')) throw error;
  }
  try {
    await zk.create(below.path, '', { mode: below.mode, ttlMs, acl, ...options });
  } catch (error) {
    // Somebody else keeps it too, or our own answer was lost.
    if (!isZkError(error, 'NODE_EXISTS')) throw error;
  }
  return false;
}

async function makeFolder(
  zk: Client,
  session: SessionInfo,
  { path, acl }: TouchedNode,
  signal: AbortSignal,
): Promise<void> {
  try {
    await ensureFolder(zk, parentOf(path), { signal, acl });
  } catch (error) {
    await again(zk, session, error, signal);
  }
}
