import { InvariantError } from '../base/assert.js';

function soon(): never {
  throw new InvariantError('not built yet');
}

/** Version of the digest's definition, as it stands in transactions and snapshots. */
export const DIGEST_VERSION = 2;

/**
 * Hash of a node, for states not yet applied: 0 below /zookeeper/.
 *
 * @param words the 15 words of StatPersisted in wire order, high half first
 */
export function nodeHashOf(_path: string, _data: Uint8Array | null, _words: Int32Array): number {
  return soon();
}
