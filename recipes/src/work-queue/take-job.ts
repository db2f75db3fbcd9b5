import type { SessionInfo, Stat } from '@vivarium/core';
import type { Hold } from '../hold/hold.js';
import { again } from '../shared/again.js';
import { isSureOf } from '../shared/come-first.js';
import { contend } from '../shared/contend.js';
import { wasCutOff } from '../shared/doubt.js';
import { anyChange } from '../shared/next-change.js';
import { pause } from '../shared/pause.js';
import type { QueueKind } from '../shared/queue.js';
import { currentSession } from '../shared/sessions.js';
import { claimJob } from './claim-job.js';
import { openJobs } from './job-name.js';
import { lists } from './lists.js';
import type { Taken } from './node-claim.js';
import type { QueueSite } from './queue-site.js';
import type { ServerTime } from './server-time.js';

/** The line of consumers for whom there is no job. */
const takerQueue: QueueKind = { label: 'taker-', labels: ['taker-'] };

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
      const { taken } = await takeNow(site, time, session, signal);
      if (taken !== undefined) return taken;
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

/** Claims the first job that is free and due, if there is one. */
async function takeNow<T>(
  site: QueueSite<T>,
  time: ServerTime<T>,
  session: SessionInfo,
  signal: AbortSignal,
): Promise<Look<T>> {
  const { jobs, claims } = await lists(site, session, signal);
  let isStale = !(await isSureOf(site.zk, session, site.path, signal));
  let dueInMs: number | undefined;
  for (const job of isStale ? [] : openJobs(jobs.children, claims.children)) {
    const leftMs = job.dueMs === 0 ? 0 : job.dueMs - (await time.now(signal));
    if (leftMs > 0) {
      dueInMs = Math.min(leftMs, dueInMs ?? leftMs);
      continue;
    }
    const taken = await claimJob(site, session, job, signal);
    if (taken !== undefined) return { taken, isStale, dueInMs, seen: [] };
    isStale = true;
  }
  const seen = [
    { path: site.jobs, stat: jobs.stat },
    { path: site.claims, stat: claims.stat },
  ];
  return { isStale, dueInMs, seen };
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
