import type { CallOptions, Client, Stat } from '@vivarium/core';
import { isZkError } from '@vivarium/core';

/** A node as it was read or written: its data, and what tells two states of it apart. */
export interface StoredNode {
  /** Empty when there is no data. */
  readonly bytes: Uint8Array;
  readonly version: number;
  /** zxid of its creation. Versions begin anew with each creation; this never comes again. */
  readonly czxid: bigint;
  /** zxid of its last write. */
  readonly mzxid: bigint;
}

/** The node that a Stat is about. */
export function storedNode(bytes: Uint8Array, { version, czxid, mzxid }: Stat): StoredNode {
  return { bytes, version, czxid, mzxid };
}

/**
 * Reads a node as it is for all clients at the moment, not only for our server; undefined when
 * there is none.
 *
 * @throws NO_AUTH, SESSION_EXPIRED; the signal's reason
 */
export async function readNode(
  zk: Client,
  path: string,
  options: CallOptions,
): Promise<StoredNode | undefined> {
  // Both are sent at once; the server answers them in this order.
  const [, node] = await Promise.all([zk.sync(path, options), get(zk, path, options)]);
  return node;
}

async function get(
  zk: Client,
  path: string,
  options: CallOptions,
): Promise<StoredNode | undefined> {
  try {
    const { data, stat } = await zk.get(path, options);
    return storedNode(data, stat);
  } catch (error) {
    if (isZkError(error, 'NO_NODE')) return undefined;
    throw error;
  }
}
