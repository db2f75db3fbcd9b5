import { type Codec, type NodeData, text } from '@vivarium/core';
import { encoded } from '../shared/format.js';

/**
 * What to store for a value: what the codec makes of it; without one text, bytes or nothing as they
 * are at the moment of the call.
 *
 * @throws ZkError BAD_ARGUMENTS when the codec refuses the value
 */
export function keptBytes<T>(path: string, codec: Codec<T> | undefined, value: T): Uint8Array {
  return codec === undefined
    ? encoded(path, plain, value as NodeData | undefined)
    : encoded(path, codec, value);
}

/** For values that need no codec. Nothing is read by it. */
const plain = {
  name: 'plain',
  encode(value: NodeData | undefined): Uint8Array {
    if (value === undefined || value === null) return new Uint8Array(0);
    if (typeof value === 'string') return text.encode(value);
    if (value instanceof Uint8Array) return value.slice();
    throw new TypeError(`data is ${typeof value}; give bytes, a string or null, or a codec`);
  },
  decode: (stored: Uint8Array): NodeData => stored,
};
