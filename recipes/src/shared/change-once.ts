import type { Acl, Client, SessionInfo } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import { again } from './again.js';
import { deskOf } from './desk.js';
import { isRefused, wasCutOff } from './doubt.js';
import { inLane, type Lane, type Marker, removeMarker } from './lane.js';
import { childOf, parentOf } from './paths.js';
import { backOff, pause } from './pause.js';
import { currentSession } from './sessions.js';
import { readNode, type StoredNode, storedNode } from './stored-node.js';
import { outcomeByNode, outcomeOf } from './write-outcome.js';

/** How often a change begins again because others wrote at the same time. */
const MAX_CONFLICTS = 100;

/** A change of a value. */
export interface Change {
  /**
   * Makes what to write of what is stored, undefined being no node; gives undefined when nothing
   * is to be written. Called again whenever somebody else was faster.
   */
  make(now: StoredNode | undefined): Uint8Array | undefined;
  /** Of the node, if it has to be made; open when left out. */
  readonly acl?: readonly Acl[] | undefined;
  /** Gives up. */
  readonly signal: AbortSignal;
  /** Whether to write without a marker where we may not make one; refused when left out. */
  readonly isMarkerOptional?: boolean | undefined;
  /** How long the marker stays when nobody else writes; see {@link inLane}. */
  readonly lingerMs: number;
}

/**
 * Changes the value of a node exactly once, although answers get lost, and makes it with its
 * folders when it is missing. Resolves with what is stored then, or with undefined when `make`
 * wanted nothing written.
 *
 * Each write is one multi with a marker of ours below the node (see {@link Marker}). When its
 * answer does not come, the marker says whether it happened: asked in the same session, after a
 * `sync`. A session that ended took the marker with it; then a node that nobody has touched tells
 * that it did not happen, and any other tells nothing.
 *
 * Where it is optional and we may not make one, the node is written without: then, too, only a node
 * that nobody has touched tells what came of a write whose answer was lost.
 *
 * Also when the signal aborts while a write is under way it is found out whether that happened,
 * and if so this resolves. So it may settle late: callers do not wait for it.
 *
 * @throws RecipeError UNKNOWN_OUTCOME, CONFLICT; ZkError NO_AUTH, NO_CHILDREN_FOR_EPHEMERALS,
 *   SESSION_EXPIRED when the client is closed; what `make` throws; the signal's reason
 */
export function changeOnce(
  zk: Client,
  path: string,
  change: Change,
): Promise<StoredNode | undefined> {
  return inLane(zk, path, change.lingerMs, async (lane) => {
    const { signal } = change;
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; ) {
      signal.throwIfAborted();
      const session = await currentSession(zk, signal);
      const view = await look(zk, lane, session, path, change);
      if (view === 'again') continue;
      const bytes = change.make(view.node);
      if (bytes === undefined) {
        if (view.isFresh) return undefined;
        forgetValue(lane);
        continue;
      }
      const written =
        view.marker === undefined
          ? await writeUnmarked(zk, view, path, bytes, change)
          : await write(zk, lane, view, path, bytes, change);
      if (written === 'again') continue;
      if (written !== 'conflict') {
        // Where others write too, what we know is soon old: then look first.
        if (conflicts > 0) forgetValue(lane);
        return written;
      }
      await backOff(zk, session.id, ++conflicts, signal);
    }
    throw new RecipeError('CONFLICT', path);
  });
}

/** What is known before a write. */
type View = MarkedView | UnmarkedView;

interface MarkedView {
  readonly node: StoredNode | undefined;
  /** It stands if there is a node; if not, it will be made together with it. */
  readonly marker: Marker;
  /** Whether it was asked just now. */
  readonly isFresh: boolean;
}

/** Of a node below which nothing may be made. */
interface UnmarkedView {
  readonly node: StoredNode;
  readonly marker?: undefined;
  readonly session: SessionInfo;
  readonly isFresh: true;
}

async function look(
  zk: Client,
  lane: Lane,
  session: SessionInfo,
  path: string,
  { acl, signal, isMarkerOptional = false }: Change,
): Promise<View | 'again'> {
  const options = { session: session.id, signal };
  if (lane.marker?.session !== session) lane.marker = undefined;
  const { marker } = lane;
  try {
    if (marker?.known !== undefined) return { node: marker.known, marker, isFresh: false };
    if (marker !== undefined) {
      const node = await readNode(zk, path, options);
      if (node !== undefined) return { node, marker, isFresh: true };
      // The marker has gone with it.
      lane.marker = undefined;
      return 'again';
    }
  } catch (error) {
    return await again(zk, session, error, signal);
  }
  const name = `_op_${deskOf(zk).nextGuid(session.id)}`;
  const made = { path: childOf(path, name), session, version: 0, known: undefined };
  // The marker first: from then on the node that we read is the one that we write.
  const making = zk.create(made.path, '', { mode: 'ephemeral', acl, ...options });
  const [creation, reading] = await Promise.allSettled([making, readNode(zk, path, options)]);
  if (creation.status === 'fulfilled') lane.marker = made;
  else if (isZkError(creation.reason, 'NO_NODE')) {
    return { node: undefined, marker: made, isFresh: true };
  } else if (isMarkerOptional && isForbidden(creation.reason) && reading.status === 'fulfilled') {
    const node = reading.value;
    return node === undefined ? 'again' : { node, session, isFresh: true };
  } else {
    if (!isRefused(creation.reason)) removeMarker(zk, made);
    return await again(zk, session, creation.reason, signal);
  }
  if (reading.status === 'rejected') return await again(zk, session, reading.reason, signal);
  if (reading.value !== undefined) return { node: reading.value, marker: made, isFresh: true };
  lane.marker = undefined;
  return 'again';
}

async function write(
  zk: Client,
  lane: Lane,
  view: MarkedView,
  path: string,
  bytes: Uint8Array,
  change: Change,
): Promise<StoredNode | 'conflict' | 'again'> {
  const { node, marker } = view;
  const { acl, signal } = change;
  const { session } = marker;
  const options = { session: session.id, signal };
  const mark = { op: 'set', path: marker.path, data: '', version: marker.version } as const;
  const done = (written: StoredNode, version: number) => {
    lane.marker = { ...marker, version, known: written };
    return written;
  };
  try {
    if (node === undefined) {
      const ops = [
        { op: 'create', path, data: bytes, acl },
        { op: 'create', path: marker.path, mode: 'ephemeral', acl },
        mark,
      ] as const;
      // Some servers tell no Stat of what a multi creates: the marker's has the zxid of it all.
      const { mzxid, version } = (await zk.multi(ops, options))[2];
      return done({ bytes, version: 0, czxid: mzxid, mzxid }, version);
    }
    const value = { op: 'set', path, data: bytes, version: node.version } as const;
    const [stat, { version }] = await zk.multi([value, mark], options);
    return done(storedNode(bytes, stat), version);
  } catch (error) {
    if (isRefused(error)) return await refused(zk, lane, path, view, error, change);
    const outcome = await outcomeOf(zk, path, node, marker);
    if (outcome === 'unknown') throw new RecipeError('UNKNOWN_OUTCOME', path, { cause: error });
    if (outcome === 'not written') return await notWritten(zk, error, signal);
    const { mzxid, version } = outcome;
    const [next, czxid] = node === undefined ? [0, mzxid] : [(node.version + 1) | 0, node.czxid];
    return done({ bytes, version: next, czxid, mzxid }, version);
  }
}

async function writeUnmarked(
  zk: Client,
  { node, session }: UnmarkedView,
  path: string,
  bytes: Uint8Array,
  { signal }: Change,
): Promise<StoredNode | 'conflict' | 'again'> {
  try {
    const { version } = node;
    return storedNode(bytes, await zk.set(path, bytes, { version, session: session.id, signal }));
  } catch (error) {
    if (isZkError(error, 'BAD_VERSION', 'NO_NODE')) return 'conflict';
    if (isRefused(error)) return await again(zk, session, error, signal);
    const outcome = await outcomeByNode(zk, path, node);
    if (outcome === 'unknown') throw new RecipeError('UNKNOWN_OUTCOME', path, { cause: error });
    return await notWritten(zk, error, signal);
  }
}

async function notWritten(zk: Client, error: unknown, signal: AbortSignal): Promise<'again'> {
  if (isZkError(error) && !wasCutOff(error)) await pause(zk, signal);
  return 'again';
}

/** Whether nothing can be made below a node that is there. */
function isForbidden(error: unknown): boolean {
  return isZkError(error, 'NO_AUTH', 'NO_CHILDREN_FOR_EPHEMERALS');
}

/** After a write of which nothing has happened. */
async function refused(
  zk: Client,
  lane: Lane,
  path: string,
  { node, marker }: MarkedView,
  error: unknown,
  { acl, signal }: Change,
): Promise<'conflict' | 'again'> {
  if (!isZkError(error, 'BAD_VERSION', 'NO_NODE', 'NODE_EXISTS')) {
    return again(zk, marker.session, error, signal);
  }
  if (node !== undefined) {
    forgetValue(lane);
    if (error.index === 0 && error.name === 'BAD_VERSION') return 'conflict';
    // The value is gone, or somebody has been at our marker: no more can be proven by it.
    lane.marker = undefined;
    removeMarker(zk, marker);
  } else if (error.name === 'NO_NODE') {
    try {
      // Plain folders: a container may go with what somebody keeps in it.
      await zk.ensure(parentOf(path), { signal, acl });
    } catch (cause) {
      return again(zk, marker.session, cause, signal);
    }
  }
  return 'conflict';
}

function forgetValue(lane: Lane): void {
  if (lane.marker !== undefined) lane.marker = { ...lane.marker, known: undefined };
}
