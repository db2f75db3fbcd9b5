import type { Acl, Client } from '@vivarium/core';
import { isZkError } from '@vivarium/core';

/**
 * Makes sure that the folder of a recipe exists: a container, which the server removes some time
 * after its last child has gone; a plain node on servers that know no containers.
 */
export async function ensureFolder(
  zk: Client,
  path: string,
  options: { readonly signal: AbortSignal; readonly acl?: readonly Acl[] | undefined },
): Promise<void> {
  try {
    await zk.ensure(path, { ...options, mode: 'container' });
  } catch (error) {
    if (!isZkError(error, 'UNIMPLEMENTED')) throw error;
    await zk.ensure(path, options);
  }
}

/** How often a folder may vanish between its making and the creation of a child in it. */
export const FOLDER_TURNS = 20;
