import type { Codec, NodeData } from '@vivarium/core';
import { encoded } from '../shared/format.js';
import { plainBytes } from '../shared/plain-bytes.js';

/**
 * What to store for a value: what the codec makes of it; without one text, bytes or nothing as they
 * are at the moment of the call.
 *
 * @throws ZkError BAD_ARGUMENTS when the codec refuses the value, or it needs one
 */
export function keptBytes<T>(path: string, codec: Codec<T> | undefined, value: T): Uint8Array {
  return codec === undefined
    ? plainBytes(path, value as NodeData | undefined)
    : encoded(path, codec, value);
}
