import { type NodeData, ZkError } from '@vivarium/core';

const encoder = new TextEncoder();

/**
 * What to store for data that needs no codec: text, bytes or nothing, as they are at the moment of
 * the call.
 *
 * @throws ZkError BAD_ARGUMENTS for anything else
 */
export function plainBytes(path: string, data: NodeData | undefined): Uint8Array {
  if (data === undefined || data === null) return new Uint8Array(0);
  if (typeof data === 'string') return encoder.encode(data);
  if (data instanceof Uint8Array) return data.slice();
  const reason = `the data is ${typeof data}; give bytes, text or null, or a codec`;
  throw new ZkError('BAD_ARGUMENTS', { path, reason });
}
