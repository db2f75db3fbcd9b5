/**
 * The judge of order and time:
 *
 * - C1, C6 (real time): whatever began after a write had been acknowledged comes after that write,
 *   and sees it. Reads of an ensemble need not, unless a sync of their session came before.
 * - C2: a session's writes have growing zxids, and its reads see them.
 * - C3: what a client has seen never becomes unseen, across connections and sessions too.
 * - S7: a session's timeout in the log is the one that its client was told.
 * - unknown outcomes: behind a request that never happened nothing of the same pipeline happened.
 */
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import { demand } from '../violation.js';
import {
  type ConnectionHistory,
  type History,
  type SentRequest,
  sessionOf,
} from '../world/history.js';
import type { Leeway } from './leeway.js';
import type { Replayed, TrueOrder } from './replay.js';
import { nameOf, writesOf } from './wire-requests.js';

/** @throws Violation */
export function judgeOrder(
  history: History,
  canon: TrueOrder,
  replayed: Replayed,
  leeway: Leeway = {},
): void {
  judgeTimeouts(history, canon);
  judgeRealTime(history, replayed, leeway);
  const seen = new Map<string, bigint>();
  const written = new Map<bigint, Written>();
  for (const connection of history.connections) {
    judgeSeen(connection, seen);
    judgePipeline(connection, replayed, written, leeway);
  }
}

/** What a session has written so far, over all its connections. */
interface Written {
  /** The newest of its writes. */
  readonly last: bigint;
  /** The newest that it was told of. */
  readonly told: bigint;
}

function judgeTimeouts({ connections }: History, { entries }: TrueOrder): void {
  // Whoever takes a session up may ask for another timeout, which no transaction tells of.
  const begun = connections.filter(({ greeting }) => greeting?.sessionId === 0n);
  const told = new Map(begun.map(({ welcome }) => [welcome?.sessionId, welcome?.timeOut]));
  for (const { zxid, txn } of entries) {
    const { header, body } = txn;
    if (body.type !== txnTypes.createSession || !told.has(header.clientId)) continue;
    demand(body.timeOut === told.get(header.clientId), 'S7', () => {
      return `${zxid} begins a session of ${body.timeOut} ms: ${told.get(header.clientId)} was told`;
    });
  }
}

function judgeRealTime(history: History, { zxidOf }: Replayed, leeway: Leeway): void {
  const requests = history.connections.flatMap(({ requests }) => requests);
  const acknowledged = requests
    .filter((request) => request.reply !== undefined && zxidOf.has(request))
    .sort((a, b) => a.reply!.at - b.reply!.at);
  const begun = [...requests].sort((a, b) => a.at - b.at);
  const fresh = new Freshness(leeway);
  let known = 0n;
  let next = 0;
  for (const request of begun) {
    for (; next < acknowledged.length && acknowledged[next]!.reply!.at < request.at; next++) {
      const zxid = zxidOf.get(acknowledged[next]!)!;
      if (zxid > known) known = zxid;
    }
    const zxid = zxidOf.get(request) ?? request.reply?.zxid ?? 0n;
    const isWrite = zxidOf.has(request);
    const due = isWrite ? known : fresh.dueFor(request, known);
    if (zxid <= 0n) continue;
    demand(isWrite ? zxid > due : zxid >= due, isWrite ? 'C1' : 'C6', () => {
      const who = `${nameOf(request)} ${request.xid} of ${request.connection.client}`;
      return `${who} began after ${due} was acknowledged and is of ${zxid}`;
    });
  }
}

/** How much a read has to show: all that was acknowledged, or all that its session has synced. */
class Freshness {
  readonly #leeway: Leeway;
  readonly #synced = new Map<bigint, bigint>();

  constructor(leeway: Leeway) {
    this.#leeway = leeway;
  }

  /** Requests are asked about in the order in which they began. */
  dueFor({ connection, opcode, reply }: SentRequest, known: bigint): bigint {
    if (this.#leeway.isEnsemble !== true) return known;
    if (this.#leeway.syncsLoosely === true) return 0n;
    const session = sessionOf(connection);
    if (opcode === opcodes.sync && reply?.err === 0) this.#synced.set(session, known);
    return this.#synced.get(session) ?? 0n;
  }
}

function judgeSeen(
  { client, number, greeting, heard }: ConnectionHistory,
  seen: Map<string, bigint>,
) {
  let highest = seen.get(client) ?? 0n;
  if (greeting !== undefined) {
    demand(greeting.lastZxidSeen <= highest, 'C3', () => `${client} claims what it has not seen`);
  }
  for (const each of heard) {
    // Events that setWatches makes up, and answers to credentials, carry no zxid; all else does.
    if (each.zxid <= 0n) {
      const mayLack = each.type === 'event' || each.request.opcode === opcodes.auth;
      demand(mayLack, 'C3', () => `${client}, connection ${number}: an answer without a zxid`);
      continue;
    }
    demand(each.zxid >= highest, 'C3', () => {
      return `${client}, connection ${number}: zxid ${each.zxid} after ${highest}`;
    });
    highest = each.zxid;
  }
  seen.set(client, highest);
}

function judgePipeline(
  connection: ConnectionHistory,
  { zxidOf }: Replayed,
  written: Map<bigint, Written>,
  { isEnsemble }: Leeway,
): void {
  const session = sessionOf(connection);
  const before = written.get(session) ?? { last: 0n, told: 0n };
  let { last, told } = before;
  // Another server need not have what its client does not know to have happened.
  let shown = isEnsemble === true ? told : last;
  let missing: SentRequest | undefined;
  for (const request of connection.requests) {
    const name = () => `${nameOf(request)} ${request.xid} of ${connection.client}`;
    const zxid = zxidOf.get(request);
    const { reply } = request;
    if (zxid !== undefined) {
      demand(zxid > last, 'C2', () => `${name()} got zxid ${zxid} after ${last}`);
      demand(missing === undefined, 'C2', () => {
        return `${name()} happened and ${missing!.xid}, sent before it, did not`;
      });
      last = zxid;
      shown = zxid;
      if (reply !== undefined) told = zxid;
    } else if (writesOf(request) !== undefined && reply === undefined) {
      missing ??= request;
    }
    if (reply === undefined || reply.zxid <= 0n || request.opcode === opcodes.ping) continue;
    demand(reply.zxid >= shown, 'C2', () => `${name()} saw ${reply.zxid}, before its own ${shown}`);
  }
  written.set(session, { last, told });
}
