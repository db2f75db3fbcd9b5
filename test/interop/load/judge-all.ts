/**
 * Judges all that a load has recorded beside the logs of all servers, by the properties that can be
 * seen from outside: C1 to C4, C6 to C10, C13, E1 to E3, R1 to R3, R10, S5 to S7.
 */

import type { Model } from '../../sim/judges/model.js';
import { judgeOrder } from '../../sim/judges/order.js';
import { sameAcl } from '../../sim/judges/permissions.js';
import { demandStat } from '../../sim/judges/reads.js';
import { type Probe, replay } from '../../sim/judges/replay.js';
import { nameOf } from '../../sim/judges/wire-requests.js';
import { demand } from '../../sim/violation.js';
import type { ConnectionHistory, History } from '../../sim/world/history.js';
import type { DumpedNode } from '../tree-dump.js';
import { judgeSessions } from './judge-sessions.js';
import { type LogEvidence, mergeLogs } from './merged-order.js';

export interface LoadEvidence {
  readonly history: History;
  readonly logs: LogEvidence;
  /** What each server shows of its tree at the end, by its id. */
  readonly dumps: ReadonlyMap<number, ReadonlyMap<string, DumpedNode>>;
}

/** What is overlooked when Apache ZooKeeper takes part. */
export interface Tolerance {
  /** An answer may show an earlier state than its zxid says. */
  readonly readsEarlier?: boolean;
  /** A sync may promise nothing, as when a leader answers that does not know it was replaced. */
  readonly syncsLoosely?: boolean;
  /** Servers whose logs may hold a transaction again, the same. */
  readonly mayLogAgain?: ReadonlySet<number>;
}

/** How much was compared. */
export interface JudgedLoad {
  readonly transactions: number;
  readonly writes: number;
  readonly reads: number;
  /** Writes that were never answered and happened. */
  readonly unknownKept: number;
  readonly abandoned: number;
  readonly snapshotsTaken: number;
  readonly loggedAgain: number;
  /** Sessions that were ended by the servers. */
  readonly expired: number;
}

/** @throws Violation of the first property that does not hold */
export function judgeLoad(
  { history, logs, dumps }: LoadEvidence,
  { readsEarlier = false, syncsLoosely = false, mayLogAgain }: Tolerance,
): JudgedLoad {
  const order = mergeLogs(logs, mayLogAgain);
  for (const connection of history.connections) judgeFifo(connection);
  const probes: readonly Probe[] = [...dumps].map(([server, dump]) => ({
    zxid: order.lastZxid,
    look: (model) => judgeDump(server, dump, model),
  }));
  const replayed = replay(order, history, probes, { isEnsemble: true, readsEarlier });
  judgeOrder(history, order, replayed, false, syncsLoosely);
  const { writes, reads, unknown } = replayed.compared;
  return {
    transactions: order.entries.length,
    ...{ writes, reads, unknownKept: unknown },
    ...{ abandoned: order.abandoned, snapshotsTaken: order.snapshotsTaken },
    loggedAgain: order.loggedAgain,
    expired: judgeSessions(history, order),
  };
}

/** C2: answers come in the order of the requests, none is left out, and none comes twice. */
function judgeFifo({ client, number, requests, heard }: ConnectionHistory): void {
  let next = 0;
  for (const each of heard) {
    if (each.type !== 'reply' || each.request.xid < 0) continue;
    const due = requests[next++];
    demand(each.request === due, 'C2', () => {
      const got = `${nameOf(each.request)} ${each.request.xid}`;
      return `${client}, connection ${number}: ${got} was answered where ${due?.xid} was due`;
    });
  }
}

/** C13, C9, E2, E3: a server shows in the end what the log makes, to the last Stat. */
function judgeDump(server: number, dump: ReadonlyMap<string, DumpedNode>, model: Model): void {
  const own = (path: string) => path !== '/' && !/^\/zookeeper(\/|$)/.test(path);
  for (const [path, node] of model.nodes) {
    if (!own(path)) continue;
    const told = `server ${server} in the end, ${path}`;
    const shown = dump.get(path);
    const property = node.owner === 0n ? 'C13' : 'E3';
    demand(shown !== undefined, property, () => `${told}: is not there`);
    demand(sameData(shown.data, node.data), 'C13', () => `${told}: has other data`);
    demandStat(shown.stat, model.statOf(path), told);
    demand(sameAcl(shown.acl, node.acl), 'C11', () => `${told}: has another access list`);
  }
  for (const [path, { stat }] of dump) {
    if (!own(path)) continue;
    demand(model.nodes.has(path), stat.ephemeralOwner === 0n ? 'C13' : 'E2', () => {
      return `server ${server} in the end: shows ${path}, which is not there`;
    });
  }
}

function sameData(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
