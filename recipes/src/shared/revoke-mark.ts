import type { NodeData } from '@vivarium/core';
import { ZkError } from '@vivarium/core';

/**
 * The data that asks whoever stands by a node to give it up. It is Curator's, byte for byte, so
 * that each can ask the other.
 */
export const REVOKE = '__REVOKE__';

/** Whether data is that request. */
export function isRevokeMark(data: NodeData | undefined): boolean {
  return (data instanceof Uint8Array ? new TextDecoder().decode(data) : data) === REVOKE;
}

/** @throws ZkError BAD_ARGUMENTS when a node of ours would ask ourselves to give it up */
export function assertNoRevokeMark(path: string, data: NodeData | undefined): void {
  if (!isRevokeMark(data)) return;
  const reason = `the data ${REVOKE} asks whoever holds to give it back: give another`;
  throw new ZkError('BAD_ARGUMENTS', { path, reason });
}
