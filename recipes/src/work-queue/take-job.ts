import type { SessionInfo, Stat } from '@vivarium/core';
import type { Hold } from '../hold/hold.js';
import { again } from '../shared/again.js';
import { isSureOf } from '../shared/come-first.js';
import { contend } from '../shared/contend.js';
import { deskOf } from '../shared/desk.js';
import { wasCutOff } from '../shared/doubt.js';
import { fractionOf } from '../shared/fraction-of.js';
import { anyChange } from '../shared/next-change.js';
import { pause } from '../shared/pause.js';
import type { QueueKind } from '../shared/queue.js';
import { currentSession } from '../shared/sessions.js';
import { claimJob } from './claim-job.js';
import { type Job, openJobs } from './job-name.js';
import { lists } from './lists.js';
import type { Taken } from './node-claim.js';
import type { QueueSite } from './queue-site.js';
import type { ServerTime } from './server-time.js';

/** The line of consumers for whom there is no job. */
const takerQueue: QueueKind = { label: 'taker-', labels: ['taker-'] };

/** The greatest number of jobs that consumers spread over. */
const MAX_SPAN = 64;

/** The longest time to sleep for a job that is due later. */
const MAX_SLEEP_MS = 3_600_000;

/**
 * Waits for a job and claims it. Who finds none stands in line, and only the first in line watches
 * the lists: it alone is woken by what happens in the queue, and when it leaves with a job it wakes
 * the next. Whoever comes while there are jobs takes one without standing in line.
 *
 * @throws RecipeError QUEUE_TOO_LONG, UNREADABLE_PREDECESSOR; ZkError; the signal's reason
 */
export async function takeJob<T>(
  site: QueueSite<T>,
  time: ServerTime<T>,
  signal: AbortSignal,
): Promise<Taken<T>> {
  const { zk, takers, acl } = site;
  for (;;) {
    const session = await currentSession(zk, signal);
    try {
      const { taken, isStale } = await takeNow(site, time, session, signal);
      if (taken !== undefined) return taken;
      if (isStale) continue;
      const hold = await contend(zk, { queue: takerQueue, parent: takers, acl, signal });
      try {
        const found = await takeAsFirst(site, time, hold!, signal);
        if (found !== undefined) return found;
      } finally {
        hold!.release().catch(() => {});
      }
    } catch (error) {
      await again(zk, session, error, signal);
    }
  }
}

/** What one look at the queue has found. */
interface Look<T> {
  readonly taken?: Taken<T> | undefined;
  /** Whether somebody was faster: then there may be more than was seen. */
  readonly isStale: boolean;
  /** When the next of the delayed jobs is due; undefined when there are none. */
  readonly dueInMs: number | undefined;
  /** The lists that it has seen. */
  readonly seen: readonly { readonly path: string; readonly stat: Stat }[];
}

/**
 * Claims the first job that is free and due, if there is one. Where consumers have been beaten of
 * late they spread over the first jobs of the same priority: if all went from one to the next, all
 * but one would be beaten each time.
 */
async function takeNow<T>(
  site: QueueSite<T>,
  time: ServerTime<T>,
  session: SessionInfo,
  signal: AbortSignal,
): Promise<Look<T>> {
  const { zk, rush } = site;
  const { jobs, claims } = await lists(site, session, signal);
  const isSure = await isSureOf(zk, session, site.path, signal);
  const open = isSure ? openJobs(jobs.children, claims.children) : [];
  const aside = (at: number) => {
    const count = equalsAt(open, at, rush.span);
    return Math.floor(count * fractionOf(deskOf(zk).nextGuid(session.id)));
  };
  const first = rush.span === 1 ? 0 : aside(0);
  let isStale = !isSure || first > 0;
  let dueInMs: number | undefined;
  for (let at = first; at < open.length; at++) {
    const job = open[at]!;
    const leftMs = job.dueMs === 0 ? 0 : job.dueMs - (await time.now(signal));
    if (leftMs > 0) {
      dueInMs = Math.min(leftMs, dueInMs ?? leftMs);
      continue;
    }
    isStale = true;
    if (rush.reached.has(job.name)) continue;
    const taken = await reach(site, session, job, signal);
    if (taken !== undefined) {
      rush.span = Math.max(1, rush.span >> 1);
      return { taken, isStale, dueInMs, seen: [] };
    }
    rush.span = Math.min(MAX_SPAN, rush.span << 1);
    at += aside(at + 1);
  }
  // Whoever has begun at another place than the first has not seen all.
  if (first > 0) rush.span = 1;
  const seen = [
    { path: site.jobs, stat: jobs.stat },
    { path: site.claims, stat: claims.stat },
  ];
  return { isStale, dueInMs, seen };
}

/** Claims a job while no other consumer of the same object tries to. */
async function reach<T>(
  site: QueueSite<T>,
  session: SessionInfo,
  job: Job,
  signal: AbortSignal,
): Promise<Taken<T> | undefined> {
  site.rush.reached.add(job.name);
  try {
    return await claimJob(site, session, job, signal);
  } finally {
    site.rush.reached.delete(job.name);
  }
}

/** How many jobs from a place on have the same priority; no more than `most`. */
function equalsAt(jobs: readonly Job[], at: number, most: number): number {
  let count = 0;
  while (count < most && at + count < jobs.length) {
    if (jobs[at + count]!.priority !== jobs[at]!.priority) break;
    count++;
  }
  return count;
}

/** Waits as the first in line; undefined when it is that no more. */
async function takeAsFirst<T>(
  site: QueueSite<T>,
  time: ServerTime<T>,
  hold: Hold,
  signal: AbortSignal,
): Promise<Taken<T> | undefined> {
  const session = await currentSession(site.zk, signal);
  if (session.id !== hold.token.session) return undefined;
  while (hold.isCertain()) {
    try {
      const look = await takeNow(site, time, session, signal);
      if (look.taken !== undefined) return look.taken;
      if (!look.isStale) await change(site, session, look, signal);
    } catch (error) {
      if (!wasCutOff(error)) throw error;
    }
  }
  return undefined;
}

/** Resolves when the queue is not as it was any more, or a job is due. */
async function change<T>(
  { zk }: QueueSite<T>,
  session: SessionInfo,
  { seen, dueInMs }: Look<T>,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const end = () => over.abort(signal.reason);
  if (signal.aborted) end();
  else signal.addEventListener('abort', end);
  const known = seen.map(({ path, stat }) => ({
    ...{ path, kind: 'children' as const },
    isSame: ({ czxid, pzxid }: Stat) => czxid === stat.czxid && pzxid === stat.pzxid,
  }));
  const waits: Promise<void>[] = [anyChange(zk, session, known, over.signal)];
  if (dueInMs !== undefined) {
    waits.push(pause(zk, over.signal, Math.min(dueInMs, MAX_SLEEP_MS)));
  }
  try {
    await Promise.race(waits);
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', end);
    over.abort();
  }
}
