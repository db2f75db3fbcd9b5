/**
 * The judge of order and time:
 *
 * - C1, C6 (real time): whatever began after a write had been acknowledged comes after that write,
 *   and sees it.
 * - C2: a session's writes have growing zxids, and its reads see them.
 * - C3: what a client has seen never becomes unseen, across connections and sessions too.
 * - S6: what a session has left behind at another server is not carried out behind a later sync.
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
import type { Replayed, TrueOrder } from './replay.js';
import { nameOf, writesOf } from './wire-requests.js';

/**
 * @param isAlone whether one server answers everything
 * @param syncsLoosely whether a sync may promise nothing, as when a leader answers that does not
 *   know that it was replaced
 * @throws Violation
 */
export function judgeOrder(
  history: History,
  canon: TrueOrder,
  replayed: Replayed,
  isAlone: boolean,
  syncsLoosely = false,
): void {
  judgeTimeouts(history, canon);
  judgeRealTime(history, replayed, isAlone, syncsLoosely);
  const seen = new Map<string, bigint>();
  const written = new Map<bigint, bigint>();
  for (const connection of history.connections) {
    judgeSeen(connection, seen);
    judgePipeline(connection, replayed, written, { isAlone, syncsLoosely });
  }
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

/** What had been acknowledged to anybody at some time, asked in the order of time. */
class Acknowledged {
  readonly #requests: readonly SentRequest[];
  readonly #zxidOf: Replayed['zxidOf'];
  #next = 0;
  #known = 0n;

  constructor(requests: readonly SentRequest[], zxidOf: Replayed['zxidOf']) {
    this.#zxidOf = zxidOf;
    this.#requests = requests
      .filter((request) => request.reply !== undefined && zxidOf.has(request))
      .sort((a, b) => a.reply!.at - b.reply!.at);
  }

  before(time: number): bigint {
    for (; ; this.#next++) {
      const request = this.#requests[this.#next];
      if (request === undefined || request.reply!.at >= time) return this.#known;
      const zxid = this.#zxidOf.get(request)!;
      if (zxid > this.#known) this.#known = zxid;
    }
  }
}

function judgeRealTime(
  history: History,
  { zxidOf }: Replayed,
  isAlone: boolean,
  syncsLoosely: boolean,
): void {
  const requests = history.connections.flatMap(({ requests }) => requests);
  const acknowledged = new Acknowledged(requests, zxidOf);
  const synced = new Map<SentRequest, bigint>();
  for (const request of [...requests].sort((a, b) => a.at - b.at)) {
    const known = acknowledged.before(request.at);
    const isWrite = zxidOf.has(request);
    if (!isWrite && !isAlone) {
      if (request.opcode === opcodes.sync && request.reply?.err === 0) synced.set(request, known);
      continue;
    }
    const zxid = zxidOf.get(request) ?? request.reply?.zxid ?? 0n;
    if (zxid <= 0n) continue;
    demand(isWrite ? zxid > known : zxid >= known, isWrite ? 'C1' : 'C6', () => {
      return `${nameOfOne(request)} began after ${known} was acknowledged and is of ${zxid}`;
    });
  }
  if (!isAlone && !syncsLoosely) judgeSyncs(history, synced);
}

/**
 * C6: the answer to a sync, and whatever its client asks behind it, shows what anybody was told of
 * before it asked for the sync.
 */
function judgeSyncs(history: History, synced: ReadonlyMap<SentRequest, bigint>): void {
  const due = new Map<string, bigint>();
  for (const { client, requests } of history.connections) {
    for (const request of requests) {
      const known = synced.get(request) ?? 0n;
      if (known > (due.get(client) ?? 0n)) due.set(client, known);
      const least = due.get(client) ?? 0n;
      const { reply } = request;
      const isPassedOver = request.opcode === opcodes.ping || reply === undefined;
      demand(isPassedOver || reply.zxid <= 0n || reply.zxid >= least, 'C6', () => {
        return `${nameOfOne(request)} shows ${reply?.zxid} behind a sync, and ${least} was known`;
      });
    }
  }
}

function nameOfOne(request: SentRequest): string {
  return `${nameOf(request)} ${request.xid} of ${request.connection.client}`;
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
      // Before the first transaction of all, whoever has a local session is shown the state 0.
      const isFirst = each.zxid === 0n && highest === 0n;
      const mayLack = isFirst || each.type === 'event' || each.request.opcode === opcodes.auth;
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

/**
 * Reads of a later connection see all writes of earlier ones, even those whose answers were lost:
 * at once where one server is all there is, and else behind a sync (S6), since whatever the session
 * has left on its way through another server is not carried out any more.
 *
 * @param written highest zxid of each session's writes, in the order of its requests
 */
function judgePipeline(
  connection: ConnectionHistory,
  { zxidOf }: Replayed,
  written: Map<bigint, bigint>,
  { isAlone, syncsLoosely }: { readonly isAlone: boolean; readonly syncsLoosely: boolean },
): void {
  const session = sessionOf(connection);
  let last = written.get(session) ?? 0n;
  let visible = isAlone ? last : 0n;
  let missing: SentRequest | undefined;
  for (const request of connection.requests) {
    const told = () => nameOfOne(request);
    const zxid = zxidOf.get(request);
    if (zxid !== undefined) {
      demand(zxid > last, 'C2', () => `${told()} got zxid ${zxid} after ${last}`);
      demand(missing === undefined, 'C2', () => {
        return `${told()} happened and ${missing!.xid}, sent before it, did not`;
      });
      last = zxid;
      visible = zxid;
    } else if (writesOf(request) !== undefined && request.reply === undefined) {
      missing ??= request;
    }
    const { reply } = request;
    if (reply === undefined || reply.zxid <= 0n || request.opcode === opcodes.ping) continue;
    if (request.opcode === opcodes.sync && reply.err === 0 && !syncsLoosely) {
      demand(reply.zxid >= last, 'S6', () => {
        return `${told()} shows ${reply.zxid}, and ${last} of its session was carried out later`;
      });
      visible = last;
    }
    demand(reply.zxid >= visible, 'C2', () => {
      return `${told()} saw ${reply.zxid}, before its own ${visible}`;
    });
  }
  written.set(session, last);
}
