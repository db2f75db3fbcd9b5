import type { SessionInfo } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import { again } from '../shared/again.js';
import { deskOf } from '../shared/desk.js';
import { isRefused } from '../shared/doubt.js';
import { FOLDER_TURNS } from '../shared/folder.js';
import { removeMarker } from '../shared/lane.js';
import { namesIn } from '../shared/names-in.js';
import { childOf } from '../shared/paths.js';
import { currentSession, sessionEnd } from '../shared/sessions.js';
import { jobIn, nameOfJob } from './job-name.js';
import { ensureFolders, type QueueSite } from './queue-site.js';

/** A job to put. */
export interface NewJob {
  readonly bytes: Uint8Array;
  readonly priority: number;
  readonly dueMs: number;
}

/**
 * Puts a job exactly once, although answers get lost, and resolves with its id.
 *
 * That the job is not there proves nothing: somebody may have done it already. So it is made
 * together with a proof, an ephemeral node of our own. When the answer does not come, the proof
 * says whether it happened, asked in the same session, after a `sync`. A session that ended took
 * the proof with it; then only a job that is still there tells.
 *
 * When it rejects, the proof is being removed.
 *
 * @throws RecipeError QUEUE_FULL, UNKNOWN_OUTCOME; ZkError; the signal's reason
 */
export async function putJob<T>(
  site: QueueSite<T>,
  job: NewJob,
  signal: AbortSignal,
): Promise<string> {
  const { zk } = site;
  for (let missing = 0; ; ) {
    const session = await currentSession(zk, signal);
    try {
      await assertRoom(site, session, signal);
      const id = await putIn(site, session, job, signal);
      if (id !== undefined) return id;
    } catch (error) {
      if (isZkError(error, 'NO_NODE') && missing++ < FOLDER_TURNS) {
        await ensureFolders(site, session, signal);
      } else await again(zk, session, error, signal);
    }
  }
}

/** A list that fits no answer could not be worked on any more. */
async function assertRoom<T>(
  { zk, path, jobs, maxDepth }: QueueSite<T>,
  session: SessionInfo,
  signal: AbortSignal,
): Promise<void> {
  const stat = await zk.exists(jobs, { session: session.id, signal });
  if (stat === undefined || stat.numChildren < maxDepth) return;
  const reason = `it has ${stat.numChildren} jobs, and may have ${maxDepth}`;
  throw new RecipeError('QUEUE_FULL', path, { reason });
}

/** @returns the job's id; undefined when nothing has happened, and it is to be tried again */
async function putIn<T>(
  site: QueueSite<T>,
  session: SessionInfo,
  { bytes, priority, dueMs }: NewJob,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { zk, jobs, proofs, acl } = site;
  const id = deskOf(zk).nextGuid(session.id);
  const name = nameOfJob({ id, priority, dueMs, attempts: 0 });
  const proof = { path: childOf(proofs, `_p_${id}`), session };
  const ops = [
    { op: 'create', path: childOf(jobs, name), data: bytes, acl, mode: 'persistentSequential' },
    { op: 'create', path: proof.path, mode: 'ephemeral', acl },
  ] as const;
  try {
    await zk.multi(ops, { session: session.id, signal });
  } catch (error) {
    if (isRefused(error)) throw error;
    let isPut = false;
    try {
      signal.throwIfAborted();
      isPut = await hasHappened(site, id, proof, signal);
    } finally {
      removeMarker(zk, proof);
    }
    return isPut ? id : undefined;
  }
  removeMarker(zk, proof);
  return id;
}

interface Proof {
  readonly path: string;
  readonly session: SessionInfo;
}

/** What came of a put whose answer was lost. */
async function hasHappened<T>(
  site: QueueSite<T>,
  id: string,
  { path, session }: Proof,
  signal: AbortSignal,
): Promise<boolean> {
  const { zk } = site;
  const options = { session: session.id, signal };
  for (;;) {
    const { generation } = zk;
    try {
      await zk.sync(path, options);
      const stat = await zk.exists(path, options);
      // Both answers have to be of one connection.
      if (generation === zk.generation) return stat !== undefined;
    } catch (error) {
      if (!isZkError(error, 'SESSION_EXPIRED')) await again(zk, session, error, signal);
      else {
        await sessionEnd(zk, session, signal);
        return isStillThere(site, id, error, signal);
      }
    }
  }
}

/** Without the proof: a job that is there was put; one that is not may have been done already. */
async function isStillThere<T>(
  { zk, path, jobs, dead }: QueueSite<T>,
  id: string,
  cause: unknown,
  signal: AbortSignal,
): Promise<true> {
  const inDoubt = () => new RecipeError('UNKNOWN_OUTCOME', path, { cause });
  for (;;) {
    const session = await currentSession(zk, signal).catch((error: unknown) => {
      throw isZkError(error, 'SESSION_EXPIRED') ? inDoubt() : error;
    });
    const options = { session: session.id, signal };
    try {
      await zk.sync(path, options);
      // In this order: a job that is given up meanwhile is in one of the two.
      const names = [...(await namesIn(zk, jobs, options)), ...(await namesIn(zk, dead, options))];
      if (names.some((name) => jobIn(name)?.id === id)) return true;
    } catch (error) {
      await again(zk, session, error, signal);
      continue;
    }
    throw inDoubt();
  }
}
