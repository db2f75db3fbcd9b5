/**
 * A configuration of which the last versions are kept, to look at and to go back to.
 *
 * Nodes: `path`, persistent, the value in force, as that of any configuration; `path/_history`,
 * persistent, a JSON list of the versions that are kept, oldest first; `path/_history/<version>`,
 * persistent, what was stored when the node had this version. They are children of the node, not
 * siblings, since versions begin anew when a node is made again: it cannot be deleted without what
 * is kept of it, so a number never means two values. And what lists a folder of configurations
 * lists nothing else.
 *
 * Nothing is held. Connected, each write is one multi with what it keeps; suspended it waits; when
 * the session is lost it goes on in the next, unless an answer was outstanding that nobody can
 * know any more.
 */

import type { Client, Codec } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import type { ConfigFormat, UpdateOptions } from '../config.js';
import { RecipeError } from '../errors.js';
import { assertCount } from '../shared/counts.js';
import { codecOf, encoded } from '../shared/format.js';
import { assertNodePath } from '../shared/node-path.js';
import type { WaitOptions } from '../shared/patience.js';
import type { StoredNode } from '../shared/stored-node.js';
import { transact } from '../stm/transact.js';
import { entryOf, keptVersions, writeKept } from './kept-versions.js';

export interface KeepOptions extends UpdateOptions {
  /** How many versions are kept besides the one in force: from 1 to 1000; 10 when left out. */
  readonly keep?: number | undefined;
}

/** A value that is in force, or was. */
export interface ConfigVersion<T> {
  /** Version of the node while it was in force. */
  readonly version: number;
  /** Undefined when the format refuses what is kept. */
  readonly value: T | undefined;
  /** Why the format refuses it. */
  readonly error: unknown;
  /** zxid of the write that replaced it; undefined for the one in force. */
  readonly replacedBy: bigint | undefined;
}

const MAX_KEPT = 1_000;
const DEFAULT_KEPT = 10;

/**
 * Changes a configuration as `updateConfig` does, and keeps the value that it replaces, all in one
 * multi; versions beyond the last `keep` go with it. A value that was written in any other way is
 * kept too when this replaces it; one that was replaced in another way is not.
 *
 * The new value is what is stored when this resolves, and `change` has been applied exactly once,
 * also when the answer was lost; it may run several times. It is a transaction, with the markers
 * and permissions of one; see the function `stm`.
 *
 * @throws ZkError BAD_ARGUMENTS when the format refuses the new value, or for a `keep` that is no
 *   such number, NO_AUTH, SESSION_EXPIRED when the client is closed; RecipeError UNKNOWN_OUTCOME
 *   when the session ended with the answer outstanding and the node was written since, CONFLICT
 *   after a hundred turns, INVALID_VALUE when the list of what is kept is none, TIMED_OUT; the
 *   reason of `options.signal`; what `change` throws
 */
export async function updateConfigWithHistory<T>(
  zk: Client,
  path: string,
  format: ConfigFormat<T>,
  change: (value: T | undefined) => T,
  options: KeepOptions = {},
): Promise<T> {
  const { keep = DEFAULT_KEPT, ...others } = options;
  assertNodePath(zk, path, 'updateConfigWithHistory');
  assertCount(path, 'keep', keep, MAX_KEPT);
  const codec = codecOf(format);
  return await transact(
    zk,
    path,
    async (tx) => {
      const next = change(decoded(await tx.read(path), codec).value);
      await writeKept(tx, path, encoded(path, codec, next), keep);
      return next;
    },
    others,
  );
}

/**
 * What is in force and what is kept, newest first, as stored together at one moment after the
 * call; empty when there is no node. Values that the format refuses are told with the `error`.
 *
 * @throws ZkError BAD_ARGUMENTS, NO_AUTH, SESSION_EXPIRED when the client is closed; RecipeError
 *   CONFLICT when it changed during each of a hundred turns, INVALID_VALUE when the list of what
 *   is kept is none, TIMED_OUT; the reason of `options.signal`
 */
export async function configHistory<T>(
  zk: Client,
  path: string,
  format: ConfigFormat<T>,
  options: WaitOptions = {},
): Promise<readonly ConfigVersion<T>[]> {
  const codec = codecOf(format);
  return await transact(
    zk,
    path,
    async (tx) => {
      const now = await tx.read(path);
      if (now === undefined) return [];
      const all = [{ version: now.version, ...decoded(now, codec), replacedBy: undefined }];
      const kept: ConfigVersion<T>[] = [];
      for (const version of await keptVersions(tx, path)) {
        const entry = await tx.read(entryOf(path, version));
        // One that somebody has deleted by hand is no more.
        if (entry === undefined) continue;
        kept.push({ version, ...decoded(entry, codec), replacedBy: entry.czxid });
      }
      return [...all, ...kept.reverse()];
    },
    options,
  );
}

/**
 * Writes an old version again, byte by byte, as a new change: what is in force now is kept, and no
 * version goes but those beyond the last `keep`. Nothing is written when the version is the one
 * in force. Resolves with the value, which is then what is stored; exactly once, like
 * {@link updateConfigWithHistory}.
 *
 * @throws RecipeError NO_SUCH_VERSION when it is not kept, INVALID_VALUE when the format refuses
 *   what is; ZkError BAD_ARGUMENTS for a version that is no whole number; and like
 *   {@link updateConfigWithHistory}
 */
export async function rollbackConfig<T>(
  zk: Client,
  path: string,
  format: ConfigFormat<T>,
  version: number,
  options: KeepOptions = {},
): Promise<T> {
  const { keep = DEFAULT_KEPT, ...others } = options;
  assertNodePath(zk, path, 'rollbackConfig');
  assertCount(path, 'keep', keep, MAX_KEPT);
  if (!Number.isInteger(version)) {
    const reason = `version is ${version}; give a whole number`;
    throw new ZkError('BAD_ARGUMENTS', { path, reason });
  }
  const codec = codecOf(format);
  return await transact(
    zk,
    path,
    async (tx) => {
      const now = await tx.read(path);
      const isInForce = now?.version === version;
      const old = isInForce ? now : await tx.read(entryOf(path, version));
      if (now === undefined || old === undefined) {
        const reason = `version ${version} is not kept`;
        throw new RecipeError('NO_SUCH_VERSION', path, { reason });
      }
      const { value, error } = decoded(old, codec);
      if (error !== undefined) throw new RecipeError('INVALID_VALUE', path, { cause: error });
      if (!isInForce) await writeKept(tx, path, old.bytes, keep);
      return value as T;
    },
    others,
  );
}

/** No value when there is no node; the error when the format refuses it. */
function decoded<T>(
  node: StoredNode | undefined,
  codec: Codec<T>,
): Pick<ConfigVersion<T>, 'value' | 'error'> {
  if (node === undefined) return { value: undefined, error: undefined };
  try {
    return { value: codec.decode(node.bytes), error: undefined };
  } catch (error) {
    return { value: undefined, error: error ?? 'it was refused' };
  }
}
