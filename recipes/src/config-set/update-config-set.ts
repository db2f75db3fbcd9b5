/**
 * Changes several documents of configuration together.
 *
 * Nodes: those of `config-set.ts`, and for the time of the change an ephemeral marker.
 *
 * Connected all documents are written in one multi. Suspended the change waits. When the session is
 * lost it begins again in the next, unless an answer was outstanding that nobody can know any more.
 */
import type { Client } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import type { UpdateOptions } from '../config.js';
import { isRecipeError } from '../errors.js';
import { encoded } from '../shared/format.js';
import { transact } from '../stm/transact.js';
import type { Transaction } from '../stm/transaction.js';
import { type ConfigDocument, type ConfigSetFormats, documentsOf } from './documents.js';

/**
 * Changes the documents of a set together: reads all, lets `change` make the new ones, checks them,
 * and writes those that differ in one multi; all again when somebody else has written one of them
 * in between, whether it was to be written or not. `change` is not given the documents that are
 * absent or invalid, gives all of them, and may run several times. Makes nodes and folders that are
 * missing.
 *
 * The new set is what is stored when this resolves, and `change` has been applied exactly once,
 * also when the answer was lost. Given up by `signal` or `timeoutMs` it is not applied, unless it
 * was sent already. It is a transaction, with the markers and permissions of one; see the function
 * `stm`.
 *
 * @throws ZkError BAD_ARGUMENTS for a folder or names that are none, or when a format refuses a new
 *   document or one was not given, NO_AUTH, SESSION_EXPIRED when the client is closed; RecipeError
 *   UNKNOWN_OUTCOME when the session ended with the answer outstanding and all that was to be
 *   written has changed since, CONFLICT after a hundred turns, TIMED_OUT; the reason of
 *   `options.signal`; what `change` throws
 */
export async function updateConfigSet<T extends object>(
  zk: Client,
  folder: string,
  formats: ConfigSetFormats<T>,
  change: (value: Partial<NoInfer<T>>) => NoInfer<T>,
  options: UpdateOptions = {},
): Promise<T> {
  const documents = documentsOf(zk, folder, formats);
  const update = async (tx: Transaction): Promise<T> => {
    const before = await Promise.all(documents.map(({ path }) => tx.get(path)));
    const now: Partial<T> = {};
    for (const document of documents) {
      const value = await validValue(tx, document);
      if (value !== undefined) now[document.name] = value.value;
    }
    const next = change(now);
    const bytes = documents.map(({ name, path, codec }) => {
      if (Object.hasOwn(next, name)) return encoded(path, codec, next[name]);
      throw new ZkError('BAD_ARGUMENTS', { path, reason: 'the new set has no such document' });
    });
    for (const [at, { path }] of documents.entries()) {
      if (!isSame(before[at], bytes[at]!)) tx.set(path, bytes[at]!);
    }
    return next;
  };
  return await transact(zk, folder, update, options);
}

/** Undefined when it is absent, or its format refuses it. */
async function validValue<T>(
  tx: Transaction,
  { path, codec }: ConfigDocument<T>,
): Promise<{ readonly value: T[keyof T & string] } | undefined> {
  if ((await tx.get(path)) === undefined) return undefined;
  try {
    return { value: (await tx.get(path, codec)) as T[keyof T & string] };
  } catch (error) {
    if (isRecipeError(error, 'INVALID_VALUE')) return undefined;
    throw error;
  }
}

function isSame(before: Uint8Array | undefined, bytes: Uint8Array): boolean {
  return before?.length === bytes.length && before.every((byte, at) => byte === bytes[at]);
}
