import { assert } from '../base/assert.js';
import { compareLongs } from '../base/long.js';

/** A zxid as its halves, the lower one signed. */
export interface ZxidHalves {
  readonly zxidHigh: number;
  readonly zxidLow: number;
}

/** The last committed transactions in memory; see `storage/committed-log.ts`. */
export interface CommittedWindow {
  readonly oldest: ZxidHalves | undefined;
  readonly newest: ZxidHalves | undefined;
  upTo(zxidHigh: number, zxidLow: number): ZxidHalves | undefined;
}

/** Where the logs on disk come by the end of a learner's history; see `storage/log-range.ts`. */
export interface LogBeginning {
  readonly problem: string | undefined;
  readonly isThere: boolean;
  readonly hasPrevious: boolean;
  readonly previousHigh: number;
  readonly previousLow: number;
}

export interface SyncQuestion {
  /** The end of the learner's history; negative when it counts for nothing. */
  readonly peerHigh: number;
  readonly peerLow: number;
  /** The last transaction that the leader has decided. */
  readonly lastHigh: number;
  readonly lastLow: number;
  readonly committed: CommittedWindow;
  /** Asked for by {@link needsLog}; `undefined` when the logs may not be read. */
  readonly log: LogBeginning | undefined;
  /** An operator wants snapshots to be sent in any case. */
  readonly forceSnapshot?: boolean;
}

/** How a learner's history becomes the leader's. */
export type SyncDecision =
  | { readonly kind: 'snap'; readonly why: string }
  | {
      /** `trunc`: what the learner has behind the zxid goes first. */
      readonly kind: 'diff' | 'trunc';
      /** What the packet says. */
      readonly zxidHigh: number;
      readonly zxidLow: number;
      /** The decided transactions after this one follow. */
      readonly afterHigh: number;
      readonly afterLow: number;
      /** They begin in the logs on disk, which go up to the oldest one in memory, it included. */
      readonly fromLog: boolean;
    };

/** Whether the logs on disk are to be asked before {@link planSync} is. */
export function needsLog(question: SyncQuestion): boolean {
  const { peerHigh, peerLow, committed, forceSnapshot = false } = question;
  if (forceSnapshot || isForeign(peerHigh, peerLow)) return false;
  if (isLast(question, peerHigh, peerLow)) return false;
  const { zxidHigh, zxidLow } = committed.oldest ?? lastOf(question);
  return compareLongs(peerHigh, peerLow, zxidHigh, zxidLow) < 0;
}

/**
 * Bytes of log that may be read to spare a snapshot: ZooKeeper's `snapshotSizeFactor`, by which 0
 * bytes stand for no limit, and a negative factor for none at all.
 */
export function logLimitBytes(factor: number, snapshotBytes: number): number {
  if (factor < 0) return 0;
  return Math.floor(factor * snapshotBytes) || Number.POSITIVE_INFINITY;
}

/**
 * Decides what a learner gets, given where its history ends.
 *
 * A zxid of an ensemble never stands for two transactions, so a history that ends with one of the
 * leader's own is the beginning of the leader's. One that ends with another may only be cut within
 * that epoch: the transactions of one epoch come from one leader, in order. Of an earlier epoch it
 * may lack some that the leader has; ZooKeeper cuts there all the same when the learner is ahead of
 * all that was committed, and the learner keeps a transaction that nobody has.
 *
 * A zxid with counter 0 is the end of a history that the leader of that epoch had at its beginning,
 * and a quorum with it: every later leader has it too, whatever transactions it ends with.
 *
 * @see ZooKeeper 3.9 LearnerHandler.syncFollower
 */
export function planSync(question: SyncQuestion): SyncDecision {
  const { peerHigh, peerLow, committed, forceSnapshot = false } = question;
  const last = lastOf(question);
  const { newest } = committed;
  assert(
    newest === undefined || isLast(question, newest.zxidHigh, newest.zxidLow),
    'what is kept of the committed transactions ends with the last one',
  );
  if (forceSnapshot) return snap('snapshots are to be sent');
  if (isForeign(peerHigh, peerLow)) return snap('its own history counts for nothing');
  if (isLast(question, peerHigh, peerLow)) return diff(question, last);
  if (needsLog(question)) return planFromLog(question);
  if (compareLongs(peerHigh, peerLow, last.zxidHigh, last.zxidLow) > 0 && peerLow === 0) {
    return snap('it has come to an epoch of which nothing is committed here');
  }
  const before = committed.upTo(peerHigh, peerLow) ?? last;
  const { zxidHigh, zxidLow } = before;
  const isThere = compareLongs(zxidHigh, zxidLow, peerHigh, peerLow) === 0;
  return isThere || peerLow === 0 ? diff(question, last) : cut(question, before, false);
}

function planFromLog(question: SyncQuestion): SyncDecision {
  const { log, peerLow } = question;
  if (log === undefined) return snap('it is behind what is kept in memory');
  if (log.problem !== undefined) return snap(log.problem);
  if (log.isThere || (peerLow === 0 && log.hasPrevious)) {
    return { ...diff(question, lastOf(question)), fromLog: true };
  }
  const { previousHigh: zxidHigh, previousLow: zxidLow } = log;
  return log.hasPrevious
    ? cut(question, { zxidHigh, zxidLow }, true)
    : snap('the logs do not reach back to where it is');
}

/**
 * Whether a learner's history says nothing: because it says so itself (negative), or because it is
 * that of a server that stood alone. Several may have, each with transactions of its own under the
 * numbers of epoch 0.
 */
function isForeign(peerHigh: number, peerLow: number): boolean {
  return peerHigh < 0 || (peerHigh === 0 && peerLow !== 0);
}

/** All after the end of the learner's history; the packet says where the leader's ends. */
function diff({ peerHigh, peerLow }: SyncQuestion, { zxidHigh, zxidLow }: ZxidHalves) {
  const kind = 'diff' as const;
  return { kind, zxidHigh, zxidLow, afterHigh: peerHigh, afterLow: peerLow, fromLog: false };
}

/** The learner has what the leader lacks; the last transaction before that is given. */
function cut(question: SyncQuestion, before: ZxidHalves, fromLog: boolean): SyncDecision {
  const { zxidHigh, zxidLow } = before;
  if (zxidHigh !== question.peerHigh) return snap('its history parted in an earlier epoch');
  return { kind: 'trunc', zxidHigh, zxidLow, afterHigh: zxidHigh, afterLow: zxidLow, fromLog };
}

function snap(why: string): SyncDecision {
  return { kind: 'snap', why };
}

function lastOf({ lastHigh: zxidHigh, lastLow: zxidLow }: SyncQuestion): ZxidHalves {
  return { zxidHigh, zxidLow };
}

function isLast({ lastHigh, lastLow }: SyncQuestion, zxidHigh: number, zxidLow: number): boolean {
  return zxidHigh === lastHigh && zxidLow >>> 0 === lastLow >>> 0;
}
