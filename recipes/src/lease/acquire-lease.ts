/**
 * A hold for a time: it outlives sessions, and the process that got it.
 *
 * Nodes: `path`, a container; `path/clock`, persistent, empty, whose version counts claims and
 * looks at the time; and for the lease that stands `path/lease-<uuid>`, persistent, with the
 * holder's id and the time to live as JSON. Its `mtime` says when it was renewed.
 *
 * Connected, it can be renewed, given back and handed over. Suspended it stays ours until its time
 * is over by our clock. When the session is lost it is still ours: the next session goes on with
 * it.
 */
import type { Acl, Client, SessionInfo, Stat } from '@vivarium/core';
import { isZkError, ZkError } from '@vivarium/core';
import { again } from '../shared/again.js';
import { deskOf } from '../shared/desk.js';
import { isRefused } from '../shared/doubt.js';
import { insist } from '../shared/insist.js';
import { assertNodePath } from '../shared/node-path.js';
import { patienceOf, type WaitOptions, whicheverFirst } from '../shared/patience.js';
import { backOff } from '../shared/pause.js';
import { removeLasting } from '../shared/remove-lasting.js';
import { currentSession } from '../shared/sessions.js';
import type { Lease } from './lease.js';
import { assertLeaseId, LeaseFolder, type LeaseView, type StandingLease } from './lease-folder.js';
import { LeaseTime } from './lease-time.js';
import { assertTtl, type LeaseTtl, ttlOf } from './lease-ttl.js';
import { TimedLease } from './timed-lease.js';

export interface LeaseOptions extends WaitOptions {
  /**
   * How long it lasts unless it is renewed: milliseconds, a whole number from 100; or `forever`:
   * then it ends only when it is given back, or taken under the same id.
   */
  readonly ttlMs: LeaseTtl;
  /**
   * Whose it is; not empty. Who asks under the id of the lease that stands gets it at once, and
   * whoever had it has lost it: a process that was started again goes on with its own. A name that
   * nobody else has when left out.
   */
  readonly id?: string | undefined;
  /**
   * How much longer others wait after its time is over: more than the servers' clocks differ from
   * each other. Everybody decides for himself; a tenth of the time to live, but no less than
   * 500 ms, when left out.
   */
  readonly marginMs?: number | undefined;
  /** Renews it three times within its time; false when left out. */
  readonly autoRenew?: boolean | undefined;
  readonly acl?: readonly Acl[] | undefined;
}

/**
 * Waits for the lease of a path, and takes it as soon as there is none, or its time is over. Who
 * waits does not stand in a queue: one of them gets it.
 *
 * At most one holds it, as long as the clocks of the servers agree within the margin: time is told
 * by the leader, that of this machine does not matter, but for how fast it goes. Whatever the
 * clocks do, writes under `guard` are refused once somebody else has it.
 *
 * @throws RecipeError TIMED_OUT, INVALID_VALUE when a lease's node has other data; ZkError
 *   BAD_ARGUMENTS, NO_AUTH, SESSION_EXPIRED when the client is closed; the reason of
 *   `options.signal`
 */
export async function acquireLease(
  zk: Client,
  path: string,
  options: LeaseOptions,
): Promise<Lease> {
  return (await request(zk, path, options, true)) as Lease;
}

/**
 * Takes the lease of a path if there is none, its time is over, or it is ours; null otherwise.
 *
 * @throws like {@link acquireLease}
 */
export async function tryAcquireLease(
  zk: Client,
  path: string,
  options: LeaseOptions,
): Promise<Lease | null> {
  return (await request(zk, path, options, false)) ?? null;
}

/** What was asked for. */
interface Wish {
  readonly folder: LeaseFolder;
  readonly id: string | undefined;
  readonly ttl: LeaseTtl;
  readonly renews: boolean;
  readonly signal: AbortSignal;
}

async function request(
  zk: Client,
  path: string,
  { ttlMs, id, marginMs, autoRenew = false, acl, ...waiting }: LeaseOptions,
  waits: boolean,
): Promise<Lease | undefined> {
  assertNodePath(zk, path, 'acquireLease');
  assertTtl(path, ttlMs);
  if (id !== undefined) assertLeaseId(path, id);
  if (marginMs !== undefined && !(marginMs >= 0)) {
    const reason = `marginMs is ${marginMs}; give a number from 0`;
    throw new ZkError('BAD_ARGUMENTS', { operation: 'acquireLease', path, reason });
  }
  const patience = patienceOf(zk, path, waiting);
  const { signal } = patience;
  const folder = new LeaseFolder(zk, path, acl);
  const wish = { folder, id, ttl: ttlMs, renews: autoRenew, signal };
  const time = new LeaseTime(zk, folder, marginMs, signal);
  try {
    for (let conflicts = 0; ; ) {
      const session = await currentSession(zk, signal);
      try {
        const view = await folder.look(session, signal);
        const other = view.standing.find((each) => each.id !== id);
        const left = other === undefined ? undefined : await time.left(view, other, session);
        if (left === 'look again') continue;
        if (left !== undefined && left.ms > 0) {
          if (!waits) return undefined;
          await change(zk, left.lease, left.ms, signal);
          continue;
        }
        const lease = await take(zk, wish, left?.view ?? view, session);
        if (lease !== undefined) return lease;
        await backOff(zk, session.id, ++conflicts, signal);
      } catch (error) {
        await again(zk, session, error, signal);
      }
    }
  } finally {
    patience.end();
  }
}

/** Resolves when the lease is renewed or goes, or when so much time has passed. */
async function change(
  zk: Client,
  { path, mzxid }: StandingLease,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const stopTimer = zk.clock.setTimer(Math.min(Math.max(1, ms), LONGEST_WAIT_MS), () => {
    over.abort();
  });
  const changed = zk.node$(path).subscribe({
    next: (node) => {
      if (node.kind === 'absent' || node.stat.mzxid !== mzxid) over.abort();
    },
    error: () => {},
    complete: () => over.abort(),
  });
  if (over.signal.aborted) changed.unsubscribe();
  try {
    await whicheverFirst(
      new Promise<void>((resolve) => {
        if (over.signal.aborted) resolve();
        else over.signal.addEventListener('abort', () => resolve(), { once: true });
      }),
      signal,
    );
  } finally {
    stopTimer();
    changed.unsubscribe();
  }
}

/** Claims it; undefined when somebody else was faster. */
async function take(
  zk: Client,
  { folder, id, ttl, renews, signal }: Wish,
  view: LeaseView,
  session: SessionInfo,
): Promise<Lease | undefined> {
  const guid = deskOf(zk).nextGuid(session.id);
  const path = folder.leaseOf(guid);
  const owner = id ?? guid;
  const data = ttl === 'forever' ? { id: owner } : { id: owner, ttlMs: ttl };
  const sentAt = zk.clock.now();
  try {
    if (!(await folder.claim(path, view, data, session, signal))) return undefined;
  } catch (error) {
    if (isRefused(error)) throw error;
    // Given up, or its answer was lost: it may stand.
    if (signal.aborted || !isZkError(error)) {
      void remove(zk, path);
      throw error;
    }
  }
  try {
    const stat = await settled(zk, path, signal);
    if (stat === undefined) return undefined;
    // A request and its end may meet in one turn: then it was given up.
    signal.throwIfAborted();
    if (zk.clock.now() >= sentAt + ttlOf(ttl)) {
      await remove(zk, path);
      return undefined;
    }
    const beginning = { path, id: owner, ttl, sentAt, czxid: stat.czxid, session, renews };
    return new TimedLease(zk, beginning);
  } catch (error) {
    void remove(zk, path);
    throw error;
  }
}

/** The node's Stat, undefined when it is not there, as it is after all that we have sent. */
function settled(zk: Client, path: string, signal: AbortSignal): Promise<Stat | undefined> {
  return insist(zk, signal, async (session) => {
    const options = { session: session.id, signal };
    await zk.sync(path, options);
    return await zk.exists(path, options);
  });
}

function remove(zk: Client, path: string): Promise<void> {
  // When it may not be removed its time is over by itself.
  return removeLasting(zk, path).catch(() => {});
}

/** A timer keeps no more; then it is looked at again. */
const LONGEST_WAIT_MS = 0x7fff_ffff;
