/**
 * The limit of permits at a path.
 *
 * Nodes: the data of the folder of `permits.ts`.
 *
 * Connected a new limit is in force as soon as it is written. Suspended the change waits; when the
 * session is lost it goes on in the next.
 */

import type { Acl, Client, SessionInfo, Stat } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import { assertCount } from '../shared/counts.js';
import { wasCutOff } from '../shared/doubt.js';
import { ensureFolder } from '../shared/folder.js';
import { assertFolderPath } from '../shared/node-path.js';
import { parentOf } from '../shared/paths.js';
import { patienceOf, type WaitOptions } from '../shared/patience.js';
import { currentSession, sessionEnd } from '../shared/sessions.js';

/** So many that sums of them stay exact. */
export const MAX_PERMITS = 1_000_000_000;

/** What the folder of permits says: `{"limit":5}`, in JSON. */
export interface Limit {
  readonly limit: number;
}

/** The limit in the data of a folder; undefined when there is none yet. @throws INVALID_VALUE */
export function limitIn(data: Uint8Array, path: string): number | undefined {
  if (data.length === 0) return undefined;
  try {
    const { limit } = JSON.parse(new TextDecoder().decode(data)) as Limit;
    if (Number.isSafeInteger(limit) && limit >= 1) return limit;
  } catch {
    // The same as JSON of something else.
  }
  const reason = 'the folder has data that is not the limit of permits: {"limit":5}';
  throw new RecipeError('INVALID_VALUE', path, { reason });
}

export function limitBytes(limit: number): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ limit } satisfies Limit));
}

/** A limit that is in force, and the state of the folder that it was read in. */
export interface Agreed {
  readonly limit: number;
  readonly stat: Stat;
}

/**
 * The limit that is in force: the stored one, which is `fallback` if none was. Makes the folder
 * when it is missing.
 *
 * @throws RecipeError NO_LIMIT without a fallback, INVALID_VALUE; ZkError; the signal's reason
 */
export async function agreedLimit(
  zk: Client,
  path: string,
  fallback: number | undefined,
  acl: readonly Acl[] | undefined,
  signal: AbortSignal,
): Promise<Agreed> {
  for (let isSynced = false; ; ) {
    const session = await currentSession(zk, signal);
    const found = await zk.get(path, { signal }).catch(undefinedIfMissing);
    const limit = found && limitIn(found.data, path);
    if (limit !== undefined) return { limit, stat: found!.stat };
    if (fallback === undefined) {
      if (isSynced) throw new RecipeError('NO_LIMIT', path);
      // Our server may only not know it yet.
      await zk.sync(path, { signal });
      isSynced = true;
      continue;
    }
    const limitToStore = { limit: fallback, version: found?.stat.version, acl };
    await storeLimit(zk, session, path, limitToStore, signal);
  }
}

export interface SetLimitOptions extends WaitOptions {
  /** Of the folders that have to be made; open when left out. */
  readonly acl?: readonly Acl[] | undefined;
}

/**
 * Sets how many permits there are at a path. Those that are out stay out: fewer take effect as they
 * come back, more at once. Makes the folder when it is missing, which goes when it is long empty,
 * and the limit with it.
 *
 * @throws ZkError BAD_ARGUMENTS, NO_AUTH; RecipeError INVALID_VALUE when the node's data is no
 *   limit, TIMED_OUT; the reason of `options.signal`
 */
export async function setPermitLimit(
  zk: Client,
  path: string,
  limit: number,
  options: SetLimitOptions = {},
): Promise<void> {
  assertFolderPath(zk, path, 'setPermitLimit');
  assertCount(path, 'limit', limit, MAX_PERMITS);
  const { acl, ...waiting } = options;
  const patience = patienceOf(zk, path, waiting);
  const { signal } = patience;
  try {
    // What was set before this call must not be taken for what is set now.
    await zk.sync(path, { signal });
    for (;;) {
      const session = await currentSession(zk, signal);
      const found = await zk.get(path, { signal }).catch(undefinedIfMissing);
      if (found !== undefined && limitIn(found.data, path) === limit) return;
      await storeLimit(zk, session, path, { limit, version: found?.stat.version, acl }, signal);
    }
  } finally {
    patience.end();
  }
}

interface NewLimit {
  readonly limit: number;
  /** Of the folder as it was seen; undefined when there was none. */
  readonly version: number | undefined;
  readonly acl: readonly Acl[] | undefined;
}

/** Stores it unless somebody else has, meanwhile; what is there then has to be looked at. */
async function storeLimit(
  zk: Client,
  session: SessionInfo,
  path: string,
  { limit, version, acl }: NewLimit,
  signal: AbortSignal,
): Promise<void> {
  const data = limitBytes(limit);
  try {
    if (version !== undefined) await zk.set(path, data, { version, signal });
    else await createFolder(zk, path, data, acl, signal);
  } catch (error) {
    if (isZkError(error, 'SESSION_EXPIRED')) {
      await sessionEnd(zk, session, signal);
    } else if (isZkError(error, 'NO_NODE') && version === undefined) {
      await ensureFolder(zk, parentOf(path), { signal, acl });
    } else if (!wasCutOff(error) && !isZkError(error, 'NODE_EXISTS', 'BAD_VERSION', 'NO_NODE')) {
      throw error;
    }
  }
}

async function createFolder(
  zk: Client,
  path: string,
  data: Uint8Array,
  acl: readonly Acl[] | undefined,
  signal: AbortSignal,
): Promise<void> {
  try {
    await zk.create(path, data, { mode: 'container', acl, signal });
  } catch (error) {
    if (!isZkError(error, 'UNIMPLEMENTED')) throw error;
    await zk.create(path, data, { acl, signal });
  }
}

function undefinedIfMissing(error: unknown): undefined {
  if (!isZkError(error, 'NO_NODE')) throw error;
  return undefined;
}
