/**
 * A queue of jobs, each of which one consumer at a time has in hand.
 *
 * Nodes:
 *
 *   <path>/jobs/_c_<id>-<priority>-<due>-<attempts>-job-<number>   a job; its data is the payload
 *   <path>/claims/<job>.<guid>     ephemeral: somebody is at work on that job
 *   <path>/takers/_c_<guid>-taker-<number>   ephemeral: a consumer for whom there is no job
 *   <path>/proofs/_p_<id>          ephemeral, for a moment: that a job was put
 *   <path>/dead/<job>              a job that was given up; its child `reason` tells why
 *
 * Connected a claim is held and all promises move. Suspended a claim stays ours until our clock
 * says that the session may have ended; put, take, ack and nack wait for a server. When the
 * session is lost claims are lost for good and their jobs are delivered again; put and take go on
 * in the next session.
 */
import type { Acl, Client, Codec, StandardSchema } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import type { Observable } from 'rxjs';
import { assertCount } from '../shared/counts.js';
import { codecOf, encoded } from '../shared/format.js';
import { patienceOf, type WaitOptions } from '../shared/patience.js';
import type { Claim } from './claim.js';
import { assertDelay } from './delay.js';
import { depthOf, type QueueDepth } from './depth.js';
import { MAX_PRIORITY, USUAL_PRIORITY } from './job-name.js';
import { NodeClaim } from './node-claim.js';
import { putJob } from './put-job.js';
import { siteOf } from './queue-site.js';
import { ServerTime } from './server-time.js';
import { takeJob } from './take-job.js';
import { type JobHandler, work } from './work.js';

export interface WorkQueueOptions {
  /** How often a job is delivered before it is given up; a whole number from 1, 5 if left out. */
  readonly maxAttempts?: number | undefined;
  /**
   * How many jobs there may be when one more is put, those in hand included; a whole number from 1
   * to 10000, the default: not many more fit one answer of a server, and then none could be taken.
   * Each `put` looks before, so that several at a time may exceed it by as many.
   */
  readonly maxDepth?: number | undefined;
  /**
   * Of all nodes of the queue that have to be made; open when left out. Everybody who puts or takes
   * needs all permissions.
   */
  readonly acl?: readonly Acl[] | undefined;
}

export interface PutOptions extends WaitOptions {
  /** The smallest is taken first: a whole number from 0 to 999, 500 when left out. */
  readonly priority?: number | undefined;
  /** Not to be taken before so many milliseconds; at once when left out. At most a year. */
  readonly delayMs?: number | undefined;
}

export interface WorkOptions {
  /** How many jobs at a time: a whole number from 1 to 1000, 1 when left out. */
  readonly concurrency?: number | undefined;
  /** After how many milliseconds a job whose handler has failed is delivered again; 1000. */
  readonly retryAfterMs?: number | undefined;
  /** Stops: no job is taken any more, and the handlers at work are told. */
  readonly signal?: AbortSignal | undefined;
}

/** A queue of jobs. */
export interface WorkQueue<T> {
  /**
   * Puts a job, exactly once also when the answer is lost, and resolves with its id when a server
   * has stored it. Makes the queue's folders when they are missing.
   *
   * Given up by `signal` or `timeoutMs` it is not put, unless it was sent already.
   *
   * @throws ZkError BAD_ARGUMENTS when the format refuses the value or an option is none, NO_AUTH,
   *   SESSION_EXPIRED when the client is closed; RecipeError QUEUE_FULL; UNKNOWN_OUTCOME when the
   *   session ended with the answer outstanding and the job is not there: it may have been done by
   *   now; TIMED_OUT; the reason of `options.signal`
   */
  put(value: T, options?: PutOptions): Promise<string>;
  /**
   * Waits for a job that is due and that nobody is at work on, and claims it: the one of the
   * smallest priority, among equals the one that was put first; where others reach for it at the
   * same moment, perhaps another of the first 64 equals. Jobs that the format refuses, and those
   * delivered too often, go to the dead letters on the way.
   *
   * Goes on from session to session. Given up, it leaves no claim; a delivery may have been
   * counted.
   *
   * @throws RecipeError TIMED_OUT, QUEUE_TOO_LONG, UNREADABLE_PREDECESSOR; ZkError NO_AUTH,
   *   BAD_ARGUMENTS when the client can never be certain of its session, SESSION_EXPIRED when the
   *   client is closed; the reason of `options.signal`
   */
  take(options?: WaitOptions): Promise<Claim<T>>;
  /**
   * Takes jobs and calls `handler` for each, until `options.signal` aborts. A job is confirmed when
   * its handler has ended, given back when it has thrown, and left alone when the handler has done
   * either by itself. The second argument of the handler aborts when it has to end: the claim is
   * lost, or all is to stop.
   *
   * Resolves when it was stopped and all handlers have ended. A lost claim is no error: the job is
   * delivered again.
   *
   * @throws ZkError BAD_ARGUMENTS for an option that is none, NO_AUTH, SESSION_EXPIRED when the
   *   client is closed; RecipeError QUEUE_TOO_LONG, UNREADABLE_PREDECESSOR; each when all handlers
   *   have ended
   */
  work(handler: JobHandler<T>, options?: WorkOptions): Promise<void>;
  /**
   * How many jobs wait, are in hand, and were given up. Cold, over three watches that all
   * subscribers of the same client share. Emits as soon as the three are known, then after each
   * change; they may be of different moments. Silent while disconnected and over a new session,
   * and right again after. Errors when a folder may not be read; completes when the client is
   * closed.
   */
  readonly depth$: Observable<QueueDepth>;
}

/** Of names of this length, with those of claims, so many fit one answer. */
const MAX_DEPTH = 10_000;

const MAX_ATTEMPTS = 1_000_000;

/**
 * The queue of jobs at a path, written and checked by a schema over JSON or by any codec. Each job
 * is done at least once: a consumer that dies has it delivered again, so a handler must bear to be
 * called twice, and `token` tells whatever it writes to which delivery is the newest. Nothing is
 * asked of a server before one of its functions is called.
 *
 * @throws ZkError BAD_ARGUMENTS for a path or an option that is none
 */
export function workQueue<T>(
  zk: Client,
  path: string,
  format: StandardSchema<T> | Codec<T>,
  options: WorkQueueOptions = {},
): WorkQueue<T> {
  const { maxAttempts = 5, maxDepth = MAX_DEPTH, acl } = options;
  const codec = codecOf(format);
  const site = siteOf(zk, path, { codec, acl, maxAttempts, maxDepth });
  assertCount(path, 'maxAttempts', maxAttempts, MAX_ATTEMPTS);
  assertCount(path, 'maxDepth', maxDepth, MAX_DEPTH);
  const time = new ServerTime(site);

  const take = async (waiting: WaitOptions): Promise<NodeClaim<T>> => {
    const patience = patienceOf(zk, path, waiting);
    try {
      const claim = new NodeClaim(site, time, await takeJob(site, time, patience.signal));
      // Whoever has given up by now must not get what nobody will confirm.
      if (patience.signal.aborted) claim.nack().catch(() => {});
      patience.signal.throwIfAborted();
      return claim;
    } finally {
      patience.end();
    }
  };

  return {
    async put(value, { priority = USUAL_PRIORITY, delayMs = 0, ...waiting } = {}) {
      assertPriority(path, priority);
      assertDelay(path, delayMs);
      const bytes = encoded(path, codec, value);
      const patience = patienceOf(zk, path, waiting);
      const { signal } = patience;
      try {
        const dueMs = delayMs === 0 ? 0 : (await time.stamp(signal)) + delayMs;
        return await putJob(site, { bytes, priority, dueMs }, signal);
      } finally {
        patience.end();
      }
    },
    take: (waiting = {}) => take(waiting),
    async work(handler, { concurrency = 1, retryAfterMs = 1_000, signal } = {}) {
      assertCount(path, 'concurrency', concurrency, 1_000);
      assertDelay(path, retryAfterMs, 'retryAfterMs');
      const workplace = { zk, path, concurrency, retryAfterMs };
      const takeUntil = (stop: AbortSignal) => take({ signal: stop });
      await work({ ...workplace, take: takeUntil }, handler, signal);
    },
    depth$: depthOf(site),
  };
}

function assertPriority(path: string, priority: number): void {
  if (Number.isInteger(priority) && priority >= 0 && priority <= MAX_PRIORITY) return;
  const reason = `priority is ${priority}; give a whole number from 0 to ${MAX_PRIORITY}`;
  throw new ZkError('BAD_ARGUMENTS', { path, reason });
}
