import type { Client, SessionInfo, Stat } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { again } from './again.js';
import type { Marker } from './lane.js';
import { currentSession, sessionEnd } from './sessions.js';
import type { StoredNode } from './stored-node.js';

/**
 * What came of a write with a marker whose answer was lost: the marker's Stat if it happened. Asks
 * as long as it takes; never rejects. A request that is still under way on the old connection is
 * no danger: servers refuse it once the session has moved, or ended.
 *
 * @param before the value before the write
 * @param marker as of before the write
 */
export async function outcomeOf(
  zk: Client,
  path: string,
  before: StoredNode | undefined,
  marker: Marker,
): Promise<Stat | 'not written' | 'unknown'> {
  const { session } = marker;
  const options = { session: session.id };
  const forEver = new AbortController().signal;
  for (;;) {
    const { generation } = zk;
    try {
      // Our server may be behind the one that took the write.
      await zk.sync(path, options);
      const mark = await zk.exists(marker.path, options);
      // Both answers have to be of one connection.
      if (generation !== zk.generation) continue;
      if (mark === undefined) {
        // One that was to be made by the write was not. One that stood was deleted by somebody.
        return before === undefined ? 'not written' : outcomeByNode(zk, path, before);
      }
      return before !== undefined && mark.version === marker.version ? 'not written' : mark;
    } catch (error) {
      if (isZkError(error, 'SESSION_EXPIRED')) {
        await sessionEnd(zk, session, forEver);
        return outcomeByNode(zk, path, before);
      }
      if (!(await isOfUse(zk, session, error))) return 'unknown';
    }
  }
}

/** Without a marker: a node that nobody has touched was not touched by us. Never rejects. */
export async function outcomeByNode(
  zk: Client,
  path: string,
  before: StoredNode | undefined,
): Promise<'not written' | 'unknown'> {
  for (;;) {
    let session: SessionInfo;
    try {
      session = await currentSession(zk, new AbortController().signal);
    } catch {
      // The client is closed.
      return 'unknown';
    }
    try {
      await zk.sync(path, { session: session.id });
      const now = await zk.exists(path, { session: session.id });
      const isSame = now?.czxid === before?.czxid && now?.mzxid === before?.mzxid;
      return isSame ? 'not written' : 'unknown';
    } catch (error) {
      if (!(await isOfUse(zk, session, error))) return 'unknown';
    }
  }
}

/** Waits until it is time to ask again; whether it is of any use. */
async function isOfUse(zk: Client, session: SessionInfo, error: unknown): Promise<boolean> {
  try {
    await again(zk, session, error, new AbortController().signal);
    return true;
  } catch {
    return false;
  }
}
