import type { CallOptions, Client } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';

/**
 * All names in a folder; none when there is no such folder.
 *
 * @throws QUEUE_TOO_LONG when they do not fit one answer; ZkError, or the signal's reason
 */
export async function namesIn(
  zk: Client,
  path: string,
  options: CallOptions,
): Promise<readonly string[]> {
  try {
    return (await zk.children(path, options)).children;
  } catch (cause) {
    if (isZkError(cause, 'NO_NODE')) return [];
    if (isZkError(cause, 'MARSHALLING_ERROR')) {
      throw new RecipeError('QUEUE_TOO_LONG', path, { cause });
    }
    throw cause;
  }
}
