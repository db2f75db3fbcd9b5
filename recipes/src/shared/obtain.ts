import type { Client, SessionInfo } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { NodeHold } from '../hold/node-hold.js';
import { whicheverFirst } from './patience.js';
import { createProtected, type ProtectedNode, type Standing } from './protected-create.js';
import { currentSession, sessionEnd } from './sessions.js';

/**
 * What has come of a wait: it is our turn; it is not, and the caller did not want to wait; our node
 * is no more there, or the session has ended.
 */
export type Place = 'first' | 'taken' | 'gone';

/** Waits for our turn, which the node at `path` stands for. */
export type Turn = (session: SessionInfo, path: string) => Promise<Place>;

/** Told that our place is lost, and that we begin again; what it throws is nobody's to catch. */
export type Requeued = () => void;

/**
 * Creates a node, waits for its turn, and resolves with the hold; with undefined when it is
 * `taken`. When the session ends meanwhile, or somebody deletes the node, it begins again, and says
 * so by `requeued`.
 *
 * When it rejects, the node is being removed.
 *
 * @throws what `turn` throws, ZkError, or the signal's reason
 */
export async function obtain(
  zk: Client,
  node: ProtectedNode,
  turn: Turn,
  signal: AbortSignal,
  requeued?: Requeued,
): Promise<NodeHold | undefined> {
  for (let attempt = 0; ; attempt++) {
    const session = await currentSession(zk, signal);
    if (attempt > 0 && requeued !== undefined) void Promise.resolve().then(requeued);
    const standing = await standUp(zk, session, node, signal);
    if (standing === undefined) {
      await sessionEnd(zk, session, signal);
      continue;
    }
    const hold = new NodeHold(zk, session, standing);
    hold.prepare(signal);
    try {
      const place = await turn(session, standing.path);
      if (place === 'taken') {
        await whicheverFirst(hold.release(), signal);
        return undefined;
      }
      if (place === 'first' && (await hold.begin(signal))) {
        // A request and its end may meet in one turn: then it was given up.
        signal.throwIfAborted();
        if (hold.isCertain()) return hold;
      }
      hold.release().catch(() => {});
    } catch (error) {
      hold.release().catch(() => {});
      throw error;
    }
  }
}

/** Our node; undefined when the session has ended. */
async function standUp(
  zk: Client,
  session: SessionInfo,
  node: ProtectedNode,
  signal: AbortSignal,
): Promise<Standing | undefined> {
  try {
    return await createProtected(zk, session, node, signal);
  } catch (error) {
    if (isZkError(error, 'SESSION_EXPIRED')) return undefined;
    throw error;
  }
}
