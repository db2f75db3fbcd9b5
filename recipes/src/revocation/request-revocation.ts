/**
 * Asks those who hold something to give it back, as Curator's `Revoker` does.
 *
 * Nodes: it makes none. It writes a mark into those of the holders, and may delete them.
 *
 * Connected, holders are told at once. Suspended it waits, and so does the word on its way to a
 * holder that is cut off. When the session is lost it goes on in the next; what was asked for stays
 * asked for.
 */
import type { Client } from '@vivarium/core';
import { isZkError, ZkError } from '@vivarium/core';
import { holdersIn, READERS, WRITERS } from '../lock/lock-queues.js';
import { PERMIT_LABEL } from '../permits/placement.js';
import { insist } from '../shared/insist.js';
import { namesIn } from '../shared/names-in.js';
import { nextChange } from '../shared/next-change.js';
import { assertFolderPath } from '../shared/node-path.js';
import { childOf, nameOf } from '../shared/paths.js';
import { assertTime, patienceOf, type WaitOptions } from '../shared/patience.js';
import { contendersOf, electionQueue } from '../shared/queue.js';
import { REVOKE } from '../shared/revoke-mark.js';
import { currentSession } from '../shared/sessions.js';

export interface RevocationOptions extends WaitOptions {
  /**
   * How long those who were asked have to give back; after that their nodes are deleted. With 0
   * they have no time at all. Nothing is deleted when left out. At most 2147483647.
   */
  readonly forceAfterMs?: number | undefined;
}

/** What came of asking. */
export interface Revocation {
  /** The nodes of those who were asked; none when nobody held. */
  readonly asked: readonly string[];
  /** Those of them that were deleted because they stood too long. */
  readonly forced: readonly string[];
}

/**
 * Asks those who hold a lock to give it back: their `revocation$` emits, their `onRevoke` is
 * called. Whether they do is up to them, unless `forceAfterMs` is given: what stands after that
 * time is deleted, their holds end as `revoked`, and the next in line have the lock. Then only
 * `guard` and fencing tokens keep out what a former holder may still be doing.
 *
 * `what` is the path of a lock or read-write lock; or `{ path }` with the node of one who stands in
 * a queue, such as a hold, a token, or a holder of permits. One who still waits is asked the moment
 * it is granted.
 *
 * Resolves when they were asked; with `forceAfterMs` when all those nodes are gone. While no server
 * answers it waits.
 *
 * @throws ZkError BAD_ARGUMENTS (a node that is none of a queue), NO_AUTH, SESSION_EXPIRED when the
 *   client is closed; RecipeError TIMED_OUT, QUEUE_TOO_LONG; the reason of `options.signal`. Some
 *   may have been asked then
 */
export async function requestRevocation(
  zk: Client,
  what: string | { readonly path: string },
  { forceAfterMs, ...waiting }: RevocationOptions = {},
): Promise<Revocation> {
  const isLock = typeof what === 'string';
  const path = isLock ? what : what.path;
  assertFolderPath(zk, path, 'requestRevocation');
  if (!isLock) assertQueued(path);
  assertTime(path, 'forceAfterMs', forceAfterMs);
  const patience = patienceOf(zk, path, waiting);
  const { signal } = patience;
  try {
    const nodes = isLock ? await holdersOf(zk, path, signal) : [path];
    const asking = nodes.map(async (node) => ((await ask(zk, node, signal)) ? [node] : []));
    const asked = (await Promise.all(asking)).flat();
    if (forceAfterMs === undefined) return { asked, forced: [] };
    const forcing = asked.map(async (node) => {
      if (await isGoneWithin(zk, node, forceAfterMs, signal)) return [];
      return (await remove(zk, node, signal)) ? [node] : [];
    });
    return { asked, forced: (await Promise.all(forcing)).flat() };
  } finally {
    patience.end();
  }
}

/** Nodes of other kinds must not be written over, let alone deleted. */
function assertQueued(path: string): void {
  const labels = [...WRITERS, ...READERS, PERMIT_LABEL, ...electionQueue.labels];
  if (contendersOf(labels, [nameOf(path)]).length > 0) return;
  const reason = 'it is not the node of one who stands in a queue; for a lock, give its path alone';
  throw new ZkError('BAD_ARGUMENTS', { operation: 'requestRevocation', path, reason });
}

async function holdersOf(
  zk: Client,
  path: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names = await insist(zk, signal, async ({ id }) => {
    const options = { session: id, signal };
    // Who holds by now, not who held when our server heard of it.
    await zk.sync(path, options);
    return namesIn(zk, path, options);
  });
  return holdersIn(names).map((name) => childOf(path, name));
}

/** Whether there was somebody to ask. No other node will ever have the name: no version needed. */
function ask(zk: Client, node: string, signal: AbortSignal): Promise<boolean> {
  return insist(zk, signal, ({ id }) => isThere(zk.set(node, REVOKE, { session: id, signal })));
}

function remove(zk: Client, node: string, signal: AbortSignal): Promise<boolean> {
  return insist(zk, signal, ({ id }) => isThere(zk.delete(node, { session: id, signal })));
}

async function isThere(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (isZkError(error, 'NO_NODE')) return false;
    throw error;
  }
}

/** Whether the node goes by itself in that time. */
async function isGoneWithin(
  zk: Client,
  node: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const grace = patienceOf(zk, node, { signal, timeoutMs });
  try {
    while (await stands(zk, node, grace.signal)) {
      const session = await currentSession(zk, grace.signal);
      await nextChange(zk, session, node, grace.signal, { kind: 'children' });
    }
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error !== grace.signal.reason) throw error;
    return false;
  } finally {
    grace.end();
  }
}

function stands(zk: Client, node: string, signal: AbortSignal): Promise<boolean> {
  return insist(zk, signal, async ({ id }) => {
    return (await zk.exists(node, { session: id, signal })) !== undefined;
  });
}
