import type { Zxid } from '../base/ids.js';
import { NO_ZXID, NOBODY } from '../wire/election.js';

/** A server and the history that makes it fit to lead. */
export interface Candidate {
  readonly leader: number;
  /** Its last zxid, durable there. */
  readonly zxid: Zxid;
  /** Its current epoch; of somebody who leads, the epoch it leads in. */
  readonly peerEpoch: number;
}

/** A candidate in a round of an election. */
export interface Vote extends Candidate {
  readonly round: number;
}

/** What those who are no candidates propose; everybody else is better. */
export const NO_CANDIDATE: Candidate = { leader: NOBODY, zxid: NO_ZXID, peerEpoch: NOBODY };

/** Whether a leader has begun its epoch, as what it tells shows: its zxid is from before that. */
export function hasBegun({ zxid, peerEpoch }: Candidate): boolean {
  return zxid >> 32n < BigInt(peerEpoch);
}

/** Order of two histories: negative when the first knows less than the second. */
export function compareHistories(a: Candidate, b: Candidate): number {
  if (a.peerEpoch !== b.peerEpoch) return a.peerEpoch < b.peerEpoch ? -1 : 1;
  return a.zxid === b.zxid ? 0 : a.zxid < b.zxid ? -1 : 1;
}

/** The total order of candidates: epoch, then zxid, then server id; 0 only for the same. */
export function compareCandidates(a: Candidate, b: Candidate): number {
  return compareHistories(a, b) || a.leader - b.leader;
}

/** Whether two votes of looking servers are one: only such are counted together. */
export function isSameVote(a: Vote, b: Vote): boolean {
  return a.round === b.round && compareCandidates(a, b) === 0;
}

/**
 * Whether two servers that are not looking any more follow, or are, the same leader. Their zxids
 * and rounds may differ, since each may have found that leader in its own way; an epoch has one
 * leader only.
 *
 * Servers before 3.4.6 (version 0) go on telling the epoch from before their leader's: between one
 * of them and one that does not, the leader alone is compared.
 *
 * @see ZooKeeper 3.9 Vote.equals; ZOOKEEPER-1732, ZOOKEEPER-1805
 */
export function isSameLeadership(
  a: Candidate & { readonly version: number },
  b: Candidate & { readonly version: number },
): boolean {
  if (a.leader !== b.leader) return false;
  return (a.version === 0) !== (b.version === 0) || a.peerEpoch === b.peerEpoch;
}
