/**
 * The judge of a run's history: replays the one true order on the model and compares with it what
 * every client was told.
 *
 * C1 writes are legal where the log has them · C4 reads show the state of their zxid · C7, C8, C9
 * conditions, multis and Stats follow from the replay · C13 what was acknowledged is in the log ·
 * E1 to E3 ephemeral nodes live and die with their sessions.
 */
import { codes } from '@vivarium/core/internal/base/errors';
import { readMultiResponse } from '@vivarium/core/internal/wire/multi';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { Create2Response, PathResponse, StatResponse } from '@vivarium/core/internal/wire/records';
import { type Txn, type TxnBody, txnTypes } from '@vivarium/core/internal/wire/txns';
import { demand } from '../violation.js';
import {
  type ConnectionHistory,
  type HeardReply,
  type History,
  type SentRequest,
  sessionOf,
} from '../world/history.js';
import { EarlyReads } from './early-reads.js';
import type { Leeway } from './leeway.js';
import { type Change, Model, type Outcome, type WriteOp } from './model.js';
import { demandStat, judgeRead } from './reads.js';
import {
  errorOf,
  isAboutSession,
  judgeLateEnd,
  judgeRefused,
  SessionEnds,
} from './session-ends.js';
import { nameOf, writesOf } from './wire-requests.js';

/** The one true order of transactions, wherever it was found. */
export interface TrueOrder {
  readonly entries: readonly { readonly zxid: bigint; readonly txn: Txn }[];
  readonly lastZxid: bigint;
}

/** What the replay leaves for the judges that come after it. */
export interface Replayed {
  /** Changes of each transaction, by zxid; none where it is missing. */
  readonly changes: ReadonlyMap<bigint, readonly Change[]>;
  /** Their zxids, in order. */
  readonly changed: readonly bigint[];
  /** For each request that became a transaction. */
  readonly zxidOf: ReadonlyMap<SentRequest, bigint>;
  /** Those of them that succeeded. */
  readonly applied: ReadonlySet<SentRequest>;
  readonly model: Model;
  /** How much was compared. */
  readonly compared: { writes: number; reads: number; unknown: number };
}

/** Something to look at when the replay has reached a zxid. */
export interface Probe {
  readonly zxid: bigint;
  look(model: Model): void;
}

/** @throws Violation of the first property that does not hold */
export function replay(
  canon: TrueOrder,
  history: History,
  probes: readonly Probe[],
  leeway: Leeway = {},
): Replayed {
  const requests = new Map<string, SentRequest>();
  const endings = new Map<string, SentRequest[]>();
  const looks = new Looks(canon);
  const early = new EarlyReads();
  const model = new Model();
  const compared = { writes: 0, reads: 0, unknown: 0 };
  const moves = new Map<bigint, ConnectionHistory>();
  const seenBefore = new Map<string, bigint>();
  for (const connection of history.connections) {
    const claimed = connection.greeting?.sessionId ?? 0n;
    const before = moves.get(claimed);
    if (before !== undefined && claimed !== 0n) before.hasMoved = true;
    const session = sessionOf(connection);
    moves.set(session, connection);
    if (leeway.hasLocalSessions === true && session !== 0n) model.locals.add(session);
    for (const request of connection.requests) {
      const key = `${session}:${request.xid}`;
      if (writesOf(request) !== undefined) requests.set(key, request);
      else if (request.opcode === opcodes.closeSession) {
        endings.set(key, [...(endings.get(key) ?? []), request]);
      }
    }
    for (const reply of connection.heard) {
      const from = seenBefore.get(connection.client) ?? 0n;
      if (reply.zxid > from) seenBefore.set(connection.client, reply.zxid);
      if (reply.type !== 'reply' || !isJudgedRead(reply)) continue;
      compared.reads++;
      if (leeway.readsEarlier === true) {
        looks.add({ zxid: from, look: (model) => early.begin(model, reply, session) });
        looks.add({ zxid: reply.zxid, look: (model) => early.end(model, reply, session) });
      } else {
        looks.add({ zxid: reply.zxid, look: (model) => judgeRead(model, reply, session) });
      }
    }
  }
  for (const probe of probes) looks.add(probe);
  const changes = new Map<bigint, readonly Change[]>();
  const zxidOf = new Map<SentRequest, bigint>();
  const applied = new Set<SentRequest>();
  const ends = leeway.isEnsemble === true ? new SessionEnds(canon.entries, history) : undefined;
  looks.look(0n, model);
  for (const entry of canon.entries) {
    const request = applyEntry(model, entry, { requests, endings }, ends);
    if (request !== undefined) {
      if (errorOf(entry.txn.body) === 0) applied.add(request);
      zxidOf.set(request, entry.zxid);
      if (request.reply === undefined) compared.unknown++;
      else compared.writes++;
    }
    if (model.changes.length > 0) changes.set(entry.zxid, model.changes);
    early.look(model);
    looks.look(entry.zxid, model);
  }
  for (const zxid of looks.left()) {
    demand(zxid === 0n, 'C13', () => {
      return `a client was told of zxid ${zxid}; the log ends at ${canon.lastZxid}`;
    });
  }
  for (const request of requests.values()) nothingWasInvented(request, zxidOf);
  return { changes, changed: [...changes.keys()], zxidOf, applied, model, compared };
}

function isJudgedRead({ request, zxid }: HeardReply): boolean {
  if (request.opcode === opcodes.closeSession || zxid <= 0n) return false;
  return writesOf(request) === undefined;
}

/** What there is to look at, by the state to look at. */
class Looks {
  readonly #canon: TrueOrder;
  readonly #places = new Map<bigint, Probe[]>();

  constructor(canon: TrueOrder) {
    this.#canon = canon;
  }

  add(probe: Probe): void {
    const place = this.#placeOf(probe.zxid);
    const there = this.#places.get(place);
    if (there === undefined) this.#places.set(place, [probe]);
    else there.push(probe);
  }

  look(zxid: bigint, model: Model): void {
    const there = this.#places.get(zxid);
    if (there === undefined) return;
    this.#places.delete(zxid);
    for (const probe of there) probe.look(model);
  }

  /** Where nobody came by. */
  left(): Iterable<bigint> {
    return this.#places.keys();
  }

  /** A new leader counts from 0: that is no transaction, and its state is the one before. */
  #placeOf(zxid: bigint): bigint {
    if (zxid === 0n || (zxid & 0xffff_ffffn) !== 0n) return zxid;
    const { entries } = this.#canon;
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (entries[middle]!.zxid < zxid) low = middle + 1;
      else high = middle;
    }
    return entries[low - 1]?.zxid ?? 0n;
  }
}

/** The requests that may become transactions, by session and xid. */
interface Asked {
  readonly requests: Map<string, SentRequest>;
  readonly endings: ReadonlyMap<string, readonly SentRequest[]>;
}

function applyEntry(
  model: Model,
  entry: TrueOrder['entries'][number],
  { requests, endings }: Asked,
  ends: SessionEnds | undefined,
): SentRequest | undefined {
  const { header, body } = entry.txn;
  const { zxid } = entry;
  const server = { zxid, time: header.time, session: header.clientId };
  switch (body.type) {
    case txnTypes.createSession:
      demand(!model.sessions.has(header.clientId), 'S5', () => `${zxid}: a session id is reused`);
      model.createSession(header.clientId, body.timeOut);
      return undefined;
    case txnTypes.closeSession: {
      const listed = body.paths2Delete ?? [];
      model.closeSession(header.clientId, server, listed);
      const went = model.changes.map(({ path }) => path);
      demand(went.join() === listed.join(), 'E2', () => {
        return `${zxid} ends a session that owns ${went.join()} and lists ${listed.join()}`;
      });
      return undefined;
    }
    case txnTypes.deleteContainer:
      demand(model.deleteContainer(body.path, server), 'C12', () => {
        return `${zxid} removes ${body.path}, which is neither an empty container nor old`;
      });
      return undefined;
    default:
      break;
  }
  const key = `${header.clientId}:${header.cxid}`;
  const request = requests.get(key);
  const late = endings.get(key);
  if (request === undefined && late !== undefined && isAboutSession(errorOf(body))) {
    judgeLateEnd(model, late, entry);
    return undefined;
  }
  demand(request !== undefined, 'C1', () => {
    return `${zxid} is a transaction that nobody asked for, or asked for once (${key})`;
  });
  requests.delete(key);
  const told = `zxid ${zxid}, ${nameOf(request)} of ${request.connection.client}`;
  if (ends === undefined && isAboutSession(errorOf(body))) {
    judgeRefused(model, request, entry, told);
    return undefined;
  }
  const ops = writesOf(request)!;
  const logged = errorOf(body);
  if (ends?.mayTurnAway(logged, request, header.clientId, model) === true) {
    model.changes = [];
    const { reply } = request;
    demand(reply === undefined || reply.err === logged, 'S6', () => {
      return `${told} is logged with ${logged} and was answered with ${reply!.err}`;
    });
    return undefined;
  }
  const outcomes = model.apply(ops, { ...server, isKnown: request.isKnown });
  const failure = outcomes.find(({ err }) => err !== 0)?.err ?? 0;
  demand(logged === failure, blame(ops, logged, failure), () => {
    return `${told} is logged with ${logged}, not ${failure}`;
  });
  if (isCreation(body)) {
    const path = outcomes[0]?.path;
    demand(body.path === path, 'C10', () => `${told} made ${body.path}, not ${path}`);
  }
  if (request.reply !== undefined) judgeWrite(request, request.reply, outcomes, zxid, told);
  return request;
}

function isSequential(request: SentRequest): boolean {
  return writesOf(request)!.some((op) => op.op === 'create' && op.sequential);
}

/** The property that an outcome other than due is against. */
function blame(ops: readonly WriteOp[], got: number, due: number): string {
  const either = (code: number) => got === code || due === code;
  if (either(codes.SESSION_EXPIRED) && ops.some((op) => op.op === 'create' && op.ephemeral)) {
    return 'E1';
  }
  if (either(codes.BAD_VERSION)) return 'C7';
  return ops.length > 1 ? 'C8' : 'C1';
}

function isCreation(body: TxnBody): body is TxnBody & { readonly path: string } {
  const { create, create2, createContainer, createTtl } = txnTypes;
  return [create, create2, createContainer, createTtl].some((type) => type === body.type);
}

function judgeWrite(
  request: SentRequest,
  reply: HeardReply,
  outcomes: readonly Outcome[],
  zxid: bigint,
  told: string,
): void {
  const { err, body } = reply;
  demand(reply.zxid >= zxid, 'C2', () => `${told} was answered from state ${reply.zxid}`);
  if (request.opcode === opcodes.multi) {
    judgeMulti(reply, outcomes, told, writesOf(request)!.length);
    return;
  }
  const outcome = outcomes[0]!;
  demand(err === outcome.err, blame(writesOf(request)!, err, outcome.err), () => {
    return `${told} was answered with ${err}, not ${outcome.err}`;
  });
  if (outcome.err !== 0) return;
  const from = new Reader(body);
  switch (request.opcode) {
    case opcodes.create: {
      const { path } = PathResponse.read(from);
      demand(path === outcome.path, isSequential(request) ? 'C10' : 'C1', () => {
        return `${told} was told of ${path}, not ${outcome.path}`;
      });
      return;
    }
    case opcodes.create2:
    case opcodes.createContainer:
    case opcodes.createTtl: {
      const { path, stat } = Create2Response.read(from);
      demand(path === outcome.path, isSequential(request) ? 'C10' : 'C1', () => {
        return `${told} was told of ${path}, not ${outcome.path}`;
      });
      demandStat(stat, outcome.stat, told);
      return;
    }
    case opcodes.setAcl:
    case opcodes.setData:
      demandStat(StatResponse.read(from).stat, outcome.stat, told);
  }
}

function judgeMulti(
  { err, body }: HeardReply,
  outcomes: readonly Outcome[],
  told: string,
  count: number,
): void {
  demand(err === 0, 'C8', () => `${told}: a multi was answered with ${err}`);
  const results = readMultiResponse(new Reader(body));
  demand(results.length === count, 'C8', () => `${told}: ${results.length} results for ${count}`);
  const failedAt = outcomes.findIndex((outcome) => outcome.err !== 0);
  for (const [at, result] of results.entries()) {
    const got = result.type === 'error' ? result.err : 0;
    const rest = at > failedAt ? codes.RUNTIME_INCONSISTENCY : 0;
    const due = failedAt < 0 ? 0 : at === failedAt ? outcomes[at]!.err : rest;
    demand(got === due, 'C8', () => `${told}: result ${at} is ${got}, not ${due}`);
    if (failedAt >= 0 || result.type === 'error') continue;
    const outcome = outcomes[at]!;
    if (result.type === 'create' || result.type === 'create2') {
      demand(result.path === outcome.path, 'C8', () => `${told}: made ${result.path}`);
    }
    if (result.type === 'setData') demandStat(result.stat, outcome.stat, `${told}, ${at}`, 'C8');
  }
}

/** What was not logged must not have been said to be done, nor refused as if it had been tried. */
function nothingWasInvented(request: SentRequest, zxidOf: Map<SentRequest, bigint>): void {
  const { reply } = request;
  if (reply === undefined || zxidOf.has(request)) return;
  demand(isAboutSession(reply.err), 'C13', () => {
    const who = request.connection.client;
    return `${nameOf(request)} ${request.xid} of ${who} was answered with ${reply.err} and is lost`;
  });
}
