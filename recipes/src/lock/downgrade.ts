import type { Acl, Client, NodeData } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import type { Hold } from '../hold/hold.js';
import { NodeHold } from '../hold/node-hold.js';
import { standBeside } from './beside.js';
import { readQueue } from './lock-queues.js';

/** What the nodes of one participant show. */
export interface NodeLook {
  readonly data: NodeData | undefined;
  readonly acl: readonly Acl[] | undefined;
}

/**
 * Makes a reader of a writer: its second node, which reads, takes the same place in the queue
 * before the first goes. Whoever waits to write behind that place waits for both.
 */
export async function downgrade(zk: Client, writer: NodeHold, look: NodeLook): Promise<Hold> {
  writer.throwIfLost();
  const session = zk.session!;
  const { signal, path } = writer;
  const { label } = readQueue;
  const standing = await standBeside(zk, session, { path, label, ...look }, signal).catch(
    (error: unknown) => {
      throw isZkError(error, 'SESSION_EXPIRED') ? new RecipeError('HOLD_LOST', path) : error;
    },
  );
  const reader = new NodeHold(zk, session, { ...standing, czxid: writer.token.zxid });
  try {
    const isThere = await reader.begin(signal);
    // As long as this one holds, nobody else has come in between.
    writer.throwIfLost();
    if (!isThere) throw new RecipeError('HOLD_REVOKED', reader.path);
    await writer.release();
    return reader;
  } catch (error) {
    reader.release().catch(() => {});
    throw error;
  }
}
