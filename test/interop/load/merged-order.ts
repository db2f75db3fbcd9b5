/**
 * Makes one order of transactions out of the logs of all servers, and judges them by it:
 *
 * - R1: a zxid never denotes two transactions, on whichever server, committed or not.
 * - R2: every server has every committed transaction, in the same order and without a gap, in its
 *   log or in a snapshot that took the place of a part of it; and nothing else, once all are well.
 *   A server may be allowed to log a transaction again that its log holds, the same.
 * - R3: wherever the tree's digest after a transaction is logged, it is the same.
 * - R10: the zxids of an epoch are 1, 2, 3, and so on.
 */
import { equalBytes } from '@vivarium/core/internal/base/bytes';
import { type Txn, type TxnBody, txnTypes } from '@vivarium/core/internal/wire/txns';
import type { TrueOrder } from '../../sim/judges/replay.js';
import { demand } from '../../sim/violation.js';
import { epochOf, follows, type LoggedTxn, type ServerLog, zxidText } from './server-log.js';

export interface Merged extends TrueOrder {
  readonly entries: readonly LoggedTxn[];
  /** Logged somewhere, and given up by the leader that came next. */
  readonly abandoned: number;
  /** Chains that begin behind a snapshot from a leader. */
  readonly snapshotsTaken: number;
  /** What servers that may do so have in their logs again. */
  readonly loggedAgain: number;
}

/** What logs say, now and at earlier looks, whatever has become of them since. */
export interface LogEvidence {
  /** Of every server, at the end, when all had applied the same. */
  readonly now: readonly ServerLog[];
  /** As they were found at times when their servers were down. */
  readonly before: readonly ServerLog[];
}

/**
 * @param mayLogAgain whose logs may hold a transaction again
 * @throws Violation
 */
export function mergeLogs(
  { now, before }: LogEvidence,
  mayLogAgain: ReadonlySet<number> = new Set(),
): Merged {
  const found = new Map<bigint, LoggedTxn>();
  for (const { server, chains, again = [] } of [...before, ...now]) {
    for (const txn of [...chains.flat(), ...again]) agree(found, txn, server);
    demand(again.length === 0 || mayLogAgain.has(server), 'R2', () => {
      return `server ${server} has ${zxidText(again[0]!.zxid)} in its log again`;
    });
  }
  const ends = endsOfEpochs([...before, ...now]);
  const isDead = (zxid: bigint) => {
    const end = ends.get(epochOf(zxid));
    return end !== undefined && zxid > end;
  };
  const entries = [...found.values()]
    .filter(({ zxid }) => !isDead(zxid))
    .sort((a, b) => (a.zxid < b.zxid ? -1 : 1));
  for (const [at, { zxid }] of entries.entries()) {
    const last = entries[at - 1]?.zxid ?? 0n;
    demand(follows(last, zxid), 'R10', () => {
      return `${zxidText(zxid)} follows ${zxidText(last)} in the logs of all servers`;
    });
  }
  const places = new Map(entries.map(({ zxid }, at) => [zxid, at]));
  let snapshotsTaken = 0;
  for (const log of now) {
    judgeServer(log, entries, places);
    snapshotsTaken += log.chains.filter(([first]) => places.get(first!.zxid) !== 0).length;
  }
  const abandoned = found.size - entries.length;
  const loggedAgain = now.reduce((sum, { again = [] }) => sum + again.length, 0);
  const lastZxid = entries.at(-1)?.zxid ?? 0n;
  return { entries, abandoned, snapshotsTaken, loggedAgain, lastZxid };
}

function agree(found: Map<bigint, LoggedTxn>, txn: LoggedTxn, server: number): void {
  const known = found.get(txn.zxid);
  if (known === txn) return;
  if (known === undefined) {
    found.set(txn.zxid, txn);
    return;
  }
  const where = () => `${zxidText(txn.zxid)} in the log of server ${server}`;
  const isSame = equalBytes(known.bytes, txn.bytes) || areSameFailure(known.txn, txn.txn);
  demand(isSame, 'R1', () => {
    return `${where()} is another transaction than on another server or before`;
  });
  if (errorsIn(txn.txn.body) < errorsIn(known.txn.body)) found.set(txn.zxid, txn);
  const [a, b] = [known.txn.digest, txn.txn.digest];
  if (a === undefined || b === undefined || a.version !== b.version) return;
  demand(a.treeDigest === b.treeDigest, 'R3', () => `${where()} leads to another tree`);
}

/**
 * Apache ZooKeeper makes errors of all parts of a failed multi when it applies it, in the very
 * object that another thread may be about to log: the bytes of those parts are then nonsense.
 */
function areSameFailure(a: Txn, b: Txn): boolean {
  if (a.body.type !== txnTypes.multi || b.body.type !== txnTypes.multi) return false;
  if (errorsIn(a.body) === 0 || errorsIn(b.body) === 0) return false;
  return (
    a.header.clientId === b.header.clientId &&
    a.header.cxid === b.header.cxid &&
    a.header.time === b.header.time &&
    a.body.txns.length === b.body.txns.length
  );
}

function errorsIn(body: TxnBody): number {
  if (body.type !== txnTypes.multi) return 0;
  return body.txns.filter(({ type }) => type === txnTypes.error).length;
}

/**
 * The last transaction of each epoch, as a log shows it that goes on without a break: what has a
 * greater number was given up, for the first transaction of the next epoch was proposed without it.
 */
function endsOfEpochs(logs: readonly ServerLog[]): ReadonlyMap<bigint, bigint> {
  const ends = new Map<bigint, bigint>();
  for (const { server, chains } of logs) {
    for (const chain of chains) {
      for (const [at, { zxid }] of chain.entries()) {
        const last = chain[at - 1]?.zxid;
        if (last === undefined || epochOf(last) === epochOf(zxid)) continue;
        const known = ends.get(epochOf(last)) ?? last;
        ends.set(epochOf(last), last);
        demand(known === last, 'R2', () => {
          const other = `elsewhere with ${zxidText(known)}`;
          return `on server ${server} an epoch ends with ${zxidText(last)}, ${other}`;
        });
      }
    }
  }
  return ends;
}

function judgeServer(
  { server, chains, snapshots }: ServerLog,
  entries: readonly LoggedTxn[],
  places: ReadonlyMap<bigint, number>,
): void {
  let next = 0;
  for (const [number, chain] of chains.entries()) {
    for (const [at, { zxid }] of chain.entries()) {
      const place = places.get(zxid);
      if (place === undefined) {
        // Given up while a snapshot was on its way that says nothing of it.
        demand(number < chains.length - 1, 'R2', () => {
          return `server ${server} holds ${zxidText(zxid)}, which was given up`;
        });
        continue;
      }
      demand(place >= next, 'R2', () => {
        return `server ${server} has ${zxidText(zxid)} in its log again`;
      });
      if (place !== next) {
        const missed = entries[place - 1]?.zxid ?? 0n;
        const isCovered = at === 0 && snapshots.some((each) => each >= missed && each < zxid);
        demand(isCovered, 'R2', () => {
          const first = entries[next]!.zxid;
          const isLate = chains.flat().some((each) => each.zxid === first);
          const where = isLate ? 'which comes later' : 'which is nowhere';
          const from = `from ${zxidText(first)} on, ${where}`;
          return `server ${server} lacks what comes before ${zxidText(zxid)} in its log, ${from}`;
        });
      }
      next = place + 1;
    }
  }
  const last = entries.at(-1)?.zxid ?? 0n;
  const isWhole = next === entries.length || snapshots.some((zxid) => zxid >= last);
  demand(isWhole, 'R2', () => `the log of server ${server} lacks the end, ${zxidText(last)}`);
}
