import type { MultiOp, SessionInfo } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import type { Hold } from '../hold/hold.js';
import { again } from '../shared/again.js';
import { isPassing, isRefused, wasCutOff } from '../shared/doubt.js';
import { FOLDER_TURNS } from '../shared/folder.js';
import { childOf } from '../shared/paths.js';
import { pause } from '../shared/pause.js';
import { currentSession } from '../shared/sessions.js';
import type { Job } from './job-name.js';
import { ensureFolders, type QueueSite } from './queue-site.js';

/** A job in somebody's hands. */
export interface Held {
  readonly job: Job;
  /** Of the job's node since the claim was made. */
  readonly version: number;
  readonly hold: Hold;
  /** The session that the claim is of. */
  readonly session: SessionInfo;
}

/**
 * Ends a claim: removes it and its job, and makes what else is wanted, in one transaction. Each
 * delivery writes to the job's node, so the version says that no other has been since; and the
 * claim's name is no other's. So nobody who has lost the job can end the claim of another.
 *
 * When the answer is lost, what is there tells: as long as the claim stands nothing has happened,
 * and nobody but us can have removed the job before it. Asks as long as it takes.
 *
 * @throws RecipeError HOLD_LOST, HOLD_REVOKED, UNKNOWN_OUTCOME; ZkError
 */
export async function settle<T>(
  site: QueueSite<T>,
  held: Held,
  more: readonly MultiOp[] = [],
): Promise<void> {
  const { zk } = site;
  const forEver = new AbortController().signal;
  const { job, version, hold } = held;
  const { path, session } = hold.token;
  const ops: readonly MultiOp[] = [
    { op: 'delete', path },
    { op: 'delete', path: childOf(site.jobs, job.name), version },
    ...more,
  ];
  for (let missing = 0; ; ) {
    try {
      await zk.multi(ops, { session });
      return;
    } catch (error) {
      if (!isRefused(error) || wasCutOff(error)) {
        if (await isSettled(site, held, error)) return;
        continue;
      }
      const isOfClaim = error.index === undefined || error.index < 2;
      if (isZkError(error, 'SESSION_EXPIRED')) throw lostAs(hold, 'HOLD_LOST', error);
      if (isZkError(error, 'NO_NODE', 'BAD_VERSION') && isOfClaim) {
        throw lostAs(hold, 'HOLD_REVOKED', error);
      }
      if (isZkError(error, 'NO_NODE') && missing++ < FOLDER_TURNS) {
        await ensureFolders(site, held.session, forEver);
      } else if (isPassing(error)) await pause(zk);
      else throw error;
    }
  }
}

/** Whether a transaction whose answer was lost has happened; if not, it is to be sent again. */
async function isSettled<T>(
  { zk, path, jobs }: QueueSite<T>,
  { job, hold }: Held,
  cause: unknown,
): Promise<boolean> {
  const { token } = hold;
  const forEver = new AbortController().signal;
  const inDoubt = () => {
    throw new RecipeError('UNKNOWN_OUTCOME', token.path, { cause });
  };
  for (;;) {
    const session = await currentSession(zk, forEver).catch(inDoubt);
    const { generation } = zk;
    const options = { session: session.id };
    try {
      await zk.sync(path, options);
      const claim = await zk.exists(token.path, options);
      const node = await zk.exists(childOf(jobs, job.name), options);
      // The answers have to be of one connection.
      if (generation !== zk.generation) continue;
      if (claim !== undefined) return false;
      if (node !== undefined) throw lostAs(hold, 'HOLD_REVOKED', cause);
    } catch (error) {
      if (error instanceof RecipeError) throw error;
      await again(zk, session, error, forEver).catch(inDoubt);
      continue;
    }
    // Once the claim may have gone by itself, the job may have gone by another's hand.
    return session.id !== token.session || hold.status === 'lost' ? inDoubt() : true;
  }
}

/** What a claim that does not stand any more was ended by. */
function lostAs(
  { path, status, signal }: Hold,
  name: 'HOLD_LOST' | 'HOLD_REVOKED',
  cause: unknown,
): RecipeError {
  if (status === 'lost' || status === 'revoked') return signal.reason as RecipeError;
  return new RecipeError(name, path, { cause });
}
