import type { Acl, Client, SessionInfo } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import { NodeHold } from '../hold/node-hold.js';
import { assertCertainty } from '../shared/come-first.js';
import { isPassing, wasCutOff } from '../shared/doubt.js';
import { namesIn } from '../shared/names-in.js';
import { anyChange } from '../shared/next-change.js';
import { childOf, nameOf } from '../shared/paths.js';
import { patienceOf, type WaitOptions } from '../shared/patience.js';
import { pause } from '../shared/pause.js';
import { createProtected } from '../shared/protected-create.js';
import { currentSession, sessionEnd } from '../shared/sessions.js';
import { untilUnsure } from '../shared/until-unsure.js';
import {
  type BarrierView,
  dissolution,
  formation,
  lostOf,
  MEMBER_LABEL,
  makeBarrier,
  membersOf,
  readBarrier,
} from './barrier-node.js';
import { BarrierWatch } from './barrier-watch.js';
import { brokenByUs } from './broken-by-us.js';
import { NodeCohort } from './node-cohort.js';

/** A double barrier and how one who comes deals with it. */
export interface BarrierSettings {
  readonly path: string;
  readonly size: number;
  readonly onLoss: 'wait' | 'break';
  readonly whenFull: 'error' | 'wait';
  readonly acl: readonly Acl[] | undefined;
}

/** One entry: what it was asked for, and which members it has had in all of its sessions. */
interface Entry extends BarrierSettings {
  readonly signal: AbortSignal;
  readonly had: Set<string>;
  /** Enough had come when we looked last, and somebody else was to form the cohort. */
  isLate: boolean;
}

/** As long as whoever is to form a cohort may take, until others do it in its place. */
const FORMING_MS = 100;

/** Enters; the whole contract is at `DoubleBarrier.enter`. */
export async function enterBarrier(
  zk: Client,
  settings: BarrierSettings,
  waiting: WaitOptions,
): Promise<NodeCohort> {
  const patience = patienceOf(zk, settings.path, waiting);
  const entry = { ...settings, signal: patience.signal, had: new Set<string>(), isLate: false };
  try {
    for (;;) {
      const session = await currentSession(zk, entry.signal);
      try {
        const cohort = await enterIn(zk, session, entry);
        if (cohort !== undefined) return cohort;
      } catch (error) {
        if (!isZkError(error, 'SESSION_EXPIRED')) throw error;
        await sessionEnd(zk, session, entry.signal);
      }
    }
  } finally {
    patience.end();
  }
}

/** One try in one session; undefined when our node was taken from us before we were counted. */
async function enterIn(
  zk: Client,
  session: SessionInfo,
  entry: Entry,
): Promise<NodeCohort | undefined> {
  const { path, size, acl, signal } = entry;
  assertCertainty(zk, path);
  const makeParent = () => makeBarrier(zk, path, size, { acl, signal, session: session.id });
  // From here on we may be counted: nobody gives up before a server has said whether we are.
  const word = untilUnsure(zk, session, signal);
  try {
    const node = { parent: path, label: MEMBER_LABEL, acl, makeParent };
    const standing = await createProtected(zk, session, node, word.signal);
    const member = nameOf(standing.path);
    entry.had.add(member);
    const hold = new NodeHold(zk, session, standing);
    hold.prepare(word.signal);
    try {
      const view = await counted(zk, session, entry, hold, word.signal);
      if (view === undefined) return undefined;
      if (!(await beginHold(zk, session, hold, word.signal))) throw brokenByUs(path, member);
      return new NodeCohort(zk, { ...entry, session: session.id, member, hold, view });
    } catch (error) {
      // Not a matter of the next session's: what is in this one goes with it.
      hold.release().catch(() => {});
      throw error;
    }
  } finally {
    word.end();
  }
}

async function beginHold(
  zk: Client,
  session: SessionInfo,
  hold: NodeHold,
  signal: AbortSignal,
): Promise<boolean> {
  let isBegun = false;
  try {
    // Answers may have come too late to be sure of the session: any answer makes us sure again.
    if (!zk.isCertain(session.id)) await zk.sync(hold.path, { session: session.id, signal });
    isBegun = await hold.begin(signal);
  } catch (error) {
    if (!isZkError(error) && !signal.aborted) throw error;
  }
  if (!isBegun) hold.release().catch(() => {});
  return isBegun;
}

/**
 * Looks, and does what is to be done, until the barrier's node names us. Whoever makes the last
 * node that is needed sees all the others, for its own server has applied its creation, and with
 * it those before: it forms the cohort, so that no newcomer has to wake those who wait. All who see
 * enough of them could; they leave it to that one for a while, or a crowd would ask for the same at
 * once. Every write carries the version that was read, and after one that failed or whose answer
 * was lost we look again: nothing is done twice.
 *
 * @returns what names us; undefined when our node is gone and does not count
 */
async function counted(
  zk: Client,
  session: SessionInfo,
  entry: Entry,
  hold: NodeHold,
  word: AbortSignal,
): Promise<BarrierView | undefined> {
  const { path, signal } = entry;
  const own = hold.path;
  const member = nameOf(own);
  const options = { session: session.id, signal: word };
  let watch: BarrierWatch | undefined;
  try {
    for (let isInDoubt = false; ; ) {
      let refusal: { readonly error: unknown } | undefined;
      try {
        if (isInDoubt) await zk.sync(path, options);
        isInDoubt = false;
        // A change is most often the last: that we are counted. It is looked at without a watch.
        const isTold = watch?.isSpent === true;
        const isWatched = watch !== undefined;
        watch ??= new BarrierWatch(zk, path, session, hold.signal);
        // The list comes second: a cohort none of whom is in it has gone, whoever comes meanwhile.
        const view = await (isWatched ? readBarrier(zk, path, options) : watch.read(word));
        if (view?.cohort.includes(member) === true) return view;
        if (isTold) {
          watch.stop();
          watch = undefined;
          continue;
        }
        const names = await namesIn(zk, path, options);
        const known = new Set(names);
        const present = view?.cohort.filter((each) => known.has(each)) ?? [];
        refusal = refusalOf(entry, view, present);
        if (view === undefined || !known.has(member)) {
          if (refusal !== undefined) throw refusal.error;
          return undefined;
        }
        if (refusal !== undefined) {
          const { version } = view;
          await zk.multi(
            [
              { op: 'check', path, version },
              { op: 'delete', path: own },
            ],
            options,
          );
          throw refusal.error;
        }
        await advance(zk, session, entry, { view, names, present, own, watch }, options);
      } catch (error) {
        if (word.aborted || (refusal !== undefined && error === refusal.error)) throw error;
        // A wait that was given up: the next look takes our node back, or finds us counted.
        if (signal.aborted && error === signal.reason) continue;
        if (isZkError(error, 'BAD_VERSION', 'NO_NODE') || wasCutOff(error)) {
          isInDoubt = true;
        } else if (isPassing(error)) {
          isInDoubt = true;
          await pause(zk, word);
        } else throw error;
      }
    }
  } finally {
    watch?.stop();
  }
}

/** Why this entry is not to go on, if so. */
function refusalOf(
  { path, size, whenFull, signal, had }: Entry,
  view: BarrierView | undefined,
  present: readonly string[],
): { readonly error: unknown } | undefined {
  const earlier = view?.cohort.find((each) => had.has(each));
  if (earlier !== undefined) return { error: brokenByUs(path, earlier) };
  if (signal.aborted) return { error: signal.reason };
  if (view?.size !== undefined && view.size !== size) {
    const reason = `it is for ${view.size}, not for ${size}: delete its node to change that`;
    return { error: new RecipeError('SIZE_MISMATCH', path, { reason }) };
  }
  if (present.length > 0 && whenFull === 'error') {
    const reason = `${present.length} of cohort ${view!.generation} are inside`;
    return { error: new RecipeError('BARRIER_FULL', path, { reason }) };
  }
  return undefined;
}

/** What an entry has seen, and where it stands. */
interface Sight {
  readonly view: BarrierView;
  readonly names: readonly string[];
  /** Members of the present cohort that are still inside. */
  readonly present: readonly string[];
  /** Path of our node. */
  readonly own: string;
  /** Tells of changes since the view, and of the end of our node. */
  readonly watch: BarrierWatch;
}

/** Does the one thing that can be done now, or waits for what would change that. */
async function advance(
  zk: Client,
  session: SessionInfo,
  entry: Entry,
  { view, names, present, own, watch }: Sight,
  options: { readonly session: bigint; readonly signal: AbortSignal },
): Promise<void> {
  const { path, size, signal } = entry;
  if (present.length > 0) {
    // The first of a cohort is the last to leave.
    const nearest = childOf(path, present[0]!);
    try {
      // Our node is watched too, or nobody would ever tell that somebody has deleted it.
      await anyChange(zk, session, [{ path: nearest }, { path: own }], signal);
    } catch (cause) {
      if (!isZkError(cause, 'NO_AUTH')) throw cause;
      throw new RecipeError('UNREADABLE_PREDECESSOR', nearest, { cause });
    }
    return;
  }
  if (view.cohort.length > 0) {
    const lost = lostOf(view.cohort, names);
    await zk.multi(dissolution(path, view, names, lost, { op: 'check', path: own }), options);
    return;
  }
  const members = membersOf(names);
  const areEnough = members.length >= size;
  if (areEnough && (entry.isLate || members[size - 1] === nameOf(own))) {
    entry.isLate = true;
    await zk.multi(formation(path, size, view, members.slice(0, size)), options);
    return;
  }
  entry.isLate = areEnough;
  if (!areEnough) {
    await watch.change(signal);
    return;
  }
  const limit = patienceOf(zk, path, { signal, timeoutMs: FORMING_MS });
  try {
    await watch.change(limit.signal);
  } catch (error) {
    if (signal.aborted || error !== limit.signal.reason) throw error;
  } finally {
    limit.end();
  }
}
