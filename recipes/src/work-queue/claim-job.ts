import type { SessionInfo } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { NodeHold } from '../hold/node-hold.js';
import { deskOf } from '../shared/desk.js';
import { isRefused, wasCutOff } from '../shared/doubt.js';
import { namesIn } from '../shared/names-in.js';
import { childOf } from '../shared/paths.js';
import type { Standing } from '../shared/protected-create.js';
import { bury } from './bury.js';
import { type Job, jobOfClaim, nameOfClaim } from './job-name.js';
import type { Taken } from './node-claim.js';
import type { QueueSite } from './queue-site.js';

/**
 * Claims a job, and counts the delivery, in one transaction; undefined when somebody was faster,
 * or when the job has just been given up.
 *
 * Claims have names of their own, so it is not the name that keeps two apart. A delivery writes to
 * the job's node and makes the claim together. Who reads the node, and then sees no claim of the
 * job, knows that the one of that version is gone for good; and if the version is still the same
 * when the next one is made, there was none between.
 *
 * @throws ZkError, or the signal's reason; a claim that may have been made is being removed
 */
export async function claimJob<T>(
  site: QueueSite<T>,
  session: SessionInfo,
  job: Job,
  signal: AbortSignal,
): Promise<Taken<T> | undefined> {
  const { zk, jobs, claims, codec, maxAttempts, acl } = site;
  const options = { session: session.id, signal };
  const path = childOf(jobs, job.name);
  // Both are sent at once; the server answers them in this order.
  const reading = zk.get(path, options).catch(undefinedIfMissing);
  const [node, names] = await Promise.all([reading, namesIn(zk, claims, options)]);
  if (node === undefined || names.some((name) => jobOfClaim(name) === job.name)) return undefined;
  const { data: bytes, stat } = node;
  const before = job.attempts + stat.version;
  let value: T;
  try {
    value = codec.decode(bytes);
  } catch (cause) {
    const reason = `the codec ${codec.name} refuses it: ${String(cause)}`;
    await bury(site, session, { job, bytes, reason }, stat.version, signal);
    return undefined;
  }
  if (before >= maxAttempts) {
    const reason = `delivered ${before} times, and never confirmed`;
    await bury(site, session, { job, bytes, reason }, stat.version, signal);
    return undefined;
  }
  const claim = childOf(claims, nameOfClaim(job, deskOf(zk).nextGuid(session.id)));
  const ops = [
    { op: 'create', path: claim, mode: 'ephemeral', acl },
    { op: 'set', path, data: bytes, version: stat.version },
  ] as const;
  let standing: Standing | undefined;
  try {
    // One transaction has one zxid; not all servers tell the Stat of what a multi makes.
    standing = { path: claim, czxid: (await zk.multi(ops, options))[1].mzxid };
  } catch (error) {
    if (isZkError(error, 'NO_NODE', 'BAD_VERSION')) return undefined;
    if (isRefused(error) && !wasCutOff(error)) throw error;
    standing = await standingOf(site, session, claim, error, signal);
  }
  if (standing === undefined) return undefined;
  const hold = new NodeHold(zk, session, standing);
  try {
    if ((await hold.begin(signal)) && hold.isCertain()) {
      signal.throwIfAborted();
      const version = (stat.version + 1) | 0;
      return { job, hold, session, value, bytes, version, attempts: before + 1 };
    }
  } catch (error) {
    hold.release().catch(() => {});
    throw error;
  }
  hold.release().catch(() => {});
  return undefined;
}

/** The claim, if it was made although its answer was lost. */
async function standingOf<T>(
  { zk }: QueueSite<T>,
  session: SessionInfo,
  path: string,
  error: unknown,
  signal: AbortSignal,
): Promise<Standing | undefined> {
  const options = { session: session.id, signal };
  try {
    if (!wasCutOff(error)) throw error;
    for (;;) {
      const { generation } = zk;
      try {
        // Our server may be behind the one that took the write.
        await zk.sync(path, options);
        const stat = await zk.exists(path, options);
        // Both answers have to be of one connection.
        if (generation !== zk.generation) continue;
        return stat === undefined ? undefined : { path, czxid: stat.czxid };
      } catch (cause) {
        if (!wasCutOff(cause)) throw cause;
      }
    }
  } catch (cause) {
    deskOf(zk)
      .cleanUps.remove(session.id, path)
      .catch(() => {});
    throw cause;
  }
}

function undefinedIfMissing(error: unknown): undefined {
  if (!isZkError(error, 'NO_NODE')) throw error;
  return undefined;
}
