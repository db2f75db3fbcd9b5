/**
 * A gate that opens once so many have done their part, and stays open.
 *
 * Nodes: `path`, persistent, the number as JSON, and later that it is open; `path/<id>`,
 * persistent, for each who has counted down, until it opens.
 *
 * Connected, whoever waits passes as soon as the last has counted down. Suspended both wait. When
 * the session is lost nothing is lost: what was counted stays counted, and the same id counts
 * once.
 */

import type { Acl, Client, Stat } from '@vivarium/core';
import { isZkError, text, ZkError } from '@vivarium/core';
import { combineLatest, distinctUntilChanged, map, type Observable, scan } from 'rxjs';
import { RecipeError } from './errors.js';
import { assertCount } from './shared/counts.js';
import { deskOf } from './shared/desk.js';
import { wasCutOff } from './shared/doubt.js';
import { firstThat } from './shared/first-that.js';
import { ensureFolder, FOLDER_TURNS } from './shared/folder.js';
import { assertNodePath } from './shared/node-path.js';
import { childOf, parentOf } from './shared/paths.js';
import { patienceOf, type WaitOptions } from './shared/patience.js';
import { currentSession, sessionEnd } from './shared/sessions.js';

export interface LatchOptions {
  /**
   * Who we are: each name counts once, however often and by whomever it is counted down. So a
   * program that starts again counts no second time. The name of a node, so without a slash; when
   * left out, one that only this latch object has.
   */
  readonly id?: string | undefined;
  /** Of the latch's nodes, and of its folders if they have to be made; open when left out. */
  readonly acl?: readonly Acl[] | undefined;
}

/** Opens once and for good, when so many participants have said so. */
export interface CountDownLatch {
  /**
   * Counts us. Resolves when a server has confirmed it. Idempotent: we count once, also when it is
   * called again, when an answer was lost, and when our session has ended in between. Nothing
   * happens when the latch is open.
   *
   * @throws RecipeError TIMED_OUT, SIZE_MISMATCH when others have made it for another count,
   *   INVALID_VALUE when the path holds data of something else; ZkError NO_AUTH, SESSION_EXPIRED
   *   when the client is closed; the reason of `options.signal`: we may have been counted
   */
  countDown(options?: WaitOptions): Promise<void>;
  /**
   * Resolves when the latch is open; at once if it is. Goes on from session to session.
   *
   * @throws like {@link countDown}
   */
  wait(options?: WaitOptions): Promise<void>;
  /**
   * How many are still to come. Hot: all subscribers share the watches. Begins with the present
   * number as soon as it is known; never grows, unless somebody deletes the latch; 0 when it is
   * open, and before anybody came the whole count. Silent while disconnected; errors with
   * SIZE_MISMATCH or INVALID_VALUE, or when it may not be read; completes when the client is
   * closed.
   */
  readonly remaining$: Observable<number>;
}

/** So many that one transaction can remove all their nodes. */
const MAX_COUNT = 1_000;

/** What the latch's own node says. */
interface LatchState {
  readonly count: number;
  /** That it is open, whether or not the participants' nodes are still there. */
  readonly isOpen: boolean;
}

/**
 * The latch of a path: shut until `count` participants have counted down. Nothing is asked of a
 * server before one of its functions is called.
 *
 * @throws ZkError BAD_ARGUMENTS for a count that is none (from 1 to 1000), or an id that is no name
 */
export function countDownLatch(
  zk: Client,
  path: string,
  count: number,
  { id, acl }: LatchOptions = {},
): CountDownLatch {
  assertNodePath(zk, path, 'countDownLatch');
  assertCount(path, 'count', count, MAX_COUNT);
  if (id !== undefined && (id === '' || id.includes('/'))) {
    const reason = `the id ${JSON.stringify(id)} is no name for a node`;
    throw new ZkError('BAD_ARGUMENTS', { path, reason });
  }
  let ours = id;
  const remaining$ = remainingOf(zk, path, count);

  /** Makes the latch's node, if it is missing, and says what is in it. */
  const look = async (signal: AbortSignal): Promise<LatchState & { readonly stat: Stat }> => {
    for (let missing = 0; ; missing++) {
      try {
        const { data, stat } = await zk.get(path, { codec: text, signal });
        return { ...stateIn(path, data, count), stat };
      } catch (error) {
        if (!isZkError(error, 'NO_NODE') || missing >= FOLDER_TURNS) throw error;
      }
      try {
        await zk.create(path, JSON.stringify({ count }), { acl, signal });
      } catch (error) {
        if (isZkError(error, 'NO_NODE')) await ensureFolder(zk, parentOf(path), { signal, acl });
        else if (isZkError(error, 'NODE_EXISTS')) await zk.sync(path, { signal });
        else throw error;
      }
    }
  };

  /** Writes down that it is open when all have come, so that their nodes can go with that. */
  const openIfDue = async (signal: AbortSignal): Promise<void> => {
    const { isOpen, stat } = await look(signal);
    const { children } = await zk.children(path, { signal });
    if (!isOpen && children.length < count) return;
    const removals = children.map((name) => ({ op: 'delete', path: childOf(path, name) }) as const);
    const data = JSON.stringify({ count, isOpen: true });
    // By one who came too late there may be a node though it is open.
    if (isOpen && removals.length === 0) return;
    await zk.multi([{ op: 'set', path, data, version: stat.version }, ...removals], { signal });
  };

  /** Repeats what does no harm when it is done twice, until an answer comes. */
  const insist = async (options: WaitOptions, work: (signal: AbortSignal) => Promise<void>) => {
    const patience = patienceOf(zk, path, options);
    const { signal } = patience;
    try {
      for (;;) {
        const session = await currentSession(zk, signal);
        try {
          await work(signal);
          return;
        } catch (error) {
          if (isZkError(error, 'SESSION_EXPIRED')) await sessionEnd(zk, session, signal);
          else if (isZkError(error, 'BAD_VERSION', 'NO_NODE') || wasCutOff(error)) {
            await zk.sync(path, { signal }).catch(throwUnlessCutOff);
          } else throw error;
        }
      }
    } finally {
      patience.end();
    }
  };

  return {
    countDown: (options = {}) =>
      insist(options, async (signal) => {
        if (!(await look(signal)).isOpen) {
          const session = await currentSession(zk, signal);
          ours ??= deskOf(zk).nextGuid(session.id);
          try {
            await zk.create(childOf(path, ours), undefined, { acl, signal });
          } catch (error) {
            if (!isZkError(error, 'NODE_EXISTS')) throw error;
          }
        }
        await openIfDue(signal);
      }),
    wait: (options = {}) =>
      insist(options, async (signal) => {
        // An opening that was told of before this call must be seen.
        await zk.sync(path, { signal });
        await look(signal);
        await firstThat(remaining$, (remaining) => remaining === 0, signal);
        try {
          await openIfDue(signal);
        } catch (error) {
          // It is open, whether or not we may write that down.
          if (!isZkError(error, 'NO_AUTH')) throw error;
        }
      }),
    remaining$,
  };
}

function remainingOf(zk: Client, path: string, count: number): Observable<number> {
  const node$ = zk.node$(path, { codec: text, whileStale: 'wait' });
  const list$ = zk.children$(path, { whileStale: 'wait' });
  return combineLatest([node$, list$]).pipe(
    map(([node, list]) => {
      if (node.kind !== 'present') return { of: undefined, remaining: count };
      const { isOpen } = stateIn(path, node.data, count);
      const come = list.kind === 'present' ? list.children.length : 0;
      const remaining = isOpen ? 0 : Math.max(0, count - come);
      return { of: node.stat.czxid, remaining };
    }),
    // The nodes go when it opens, and the two streams do not tell of it in the same moment.
    scan((before, now) =>
      before.of === now.of && before.remaining < now.remaining ? before : now,
    ),
    map(({ remaining }) => remaining),
    distinctUntilChanged(),
  );
}

/** @throws SIZE_MISMATCH, INVALID_VALUE */
function stateIn(path: string, data: string, count: number): LatchState {
  let found: Partial<LatchState> | null = null;
  try {
    found = JSON.parse(data) as Partial<LatchState> | null;
  } catch {
    // Not JSON: refused below.
  }
  if (!Number.isSafeInteger(found?.count)) {
    const reason = `the data ${JSON.stringify(data.slice(0, 60))} is not that of a latch`;
    throw new RecipeError('INVALID_VALUE', path, { reason });
  }
  if (found!.count !== count) {
    const reason = `it is for ${found!.count}, not for ${count}: delete its node to change that`;
    throw new RecipeError('SIZE_MISMATCH', path, { reason });
  }
  return { count, isOpen: found!.isOpen === true };
}

function throwUnlessCutOff(error: unknown): void {
  if (!wasCutOff(error) && !isZkError(error, 'SESSION_EXPIRED')) throw error;
}
