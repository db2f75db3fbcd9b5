/** Situations that can be seen in what clients said and heard. */
import { codes } from '@vivarium/core/internal/base/errors';
import { eventTypes } from '@vivarium/core/internal/wire/events';
import { opcodes, specialXids } from '@vivarium/core/internal/wire/operations';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import type { Canon } from '../inside/canon.js';
import { epochOf } from '../inside/entry.js';
import type { Mark, Marks } from '../marks.js';
import type { ConnectionHistory, History, SentRequest } from '../world/history.js';
import type { Replayed } from './replay.js';
import { writesOf } from './wire-requests.js';

const MEANWHILE: Readonly<Record<number, Mark>> = {
  [eventTypes.nodeCreated]: 'created-meanwhile',
  [eventTypes.nodeDeleted]: 'deleted-meanwhile',
  [eventTypes.nodeDataChanged]: 'changed-meanwhile',
  [eventTypes.nodeChildrenChanged]: 'children-meanwhile',
};
/** How long a sync may be thought of as waiting whose answer was lost. */
const LOST_SYNC_MS = 1_000;
const LATE_PING_MS = 500;

interface Times {
  /** When leaders were established, in virtual milliseconds. */
  readonly established: readonly number[];
  /** When servers went on that had been stopped, in microseconds. */
  readonly resumed: readonly { readonly server: string; readonly at: number }[];
}

export function markClients(
  marks: Marks,
  { connections }: History,
  canon: Canon,
  replayed: Replayed,
  times: Times,
): void {
  const servers = new Map<bigint, string>();
  const epochs = new Map<bigint, bigint>();
  for (const connection of connections) {
    const session = connection.welcome?.sessionId ?? 0n;
    markSession(marks, connection, servers, epochs);
    markReturn(marks, connection, canon);
    for (const each of connection.heard) {
      if (each.type === 'event') {
        if (each.zxid <= 0n) marks.hit(MEANWHILE[each.eventType] ?? 'changed-meanwhile');
        else if (connection.requests.some(({ opcode }) => setsAgain(opcode))) {
          marks.hit('watch-carried-over');
        }
      }
      if (each.zxid > 0n && session !== 0n) epochs.set(session, epochOf(each.zxid));
    }
    for (const request of connection.requests) {
      markRequest(marks, request, canon, replayed, times);
    }
  }
  for (const { type, txn } of canon.entries) {
    if (type === txnTypes.deleteContainer) marks.hit('removed-by-server');
    const isMoved = txn.body.type === txnTypes.error && txn.body.err === codes.SESSION_MOVED;
    if (isMoved) marks.hit('moved-request-refused');
  }
}

function setsAgain(opcode: number): boolean {
  return opcode === opcodes.setWatches || opcode === opcodes.setWatches2;
}

function markSession(
  marks: Marks,
  { greeting, welcome, server, heard }: ConnectionHistory,
  servers: Map<bigint, string>,
  epochs: ReadonlyMap<bigint, bigint>,
): void {
  const claimed = greeting?.sessionId ?? 0n;
  if (claimed !== 0n && welcome !== undefined && welcome.timeOut <= 0) marks.hit('session-refused');
  if (welcome === undefined || welcome.timeOut <= 0) return;
  const { sessionId } = welcome;
  const before = servers.get(sessionId);
  if (before !== undefined && before !== server) marks.hit('session-moved');
  servers.set(sessionId, server);
  const epoch = epochs.get(sessionId);
  const later = heard.some(({ zxid }) => epoch !== undefined && epochOf(zxid) > epoch);
  if (later) marks.hit('session-survives-leader');
}

/** Whether a session ended between the handshake for it and the answer. */
function markReturn(marks: Marks, { greeting, welcome }: ConnectionHistory, canon: Canon): void {
  const closedAt = canon.sessions.get(greeting?.sessionId ?? 0n)?.closedAt;
  if (closedAt === undefined || greeting === undefined || welcome === undefined) return;
  const endedAt = canon.committedAt(closedAt)! / 1_000;
  if (endedAt > greeting.at && endedAt < welcome.at) marks.hit('ended-on-the-way-back');
}

function markRequest(
  marks: Marks,
  request: SentRequest,
  canon: Canon,
  { zxidOf, applied }: Replayed,
  { established, resumed }: Times,
): void {
  const { opcode, reply, at, xid } = request;
  const isWrite = writesOf(request) !== undefined;
  if (isWrite && reply === undefined) {
    marks.hit(zxidOf.has(request) ? 'unknown-happened' : 'unknown-lost');
  }
  if (opcode === opcodes.multi && reply !== undefined && !applied.has(request)) {
    marks.hit('multi-refused');
  }
  if (xid === specialXids.ping && reply !== undefined && reply.at - at > LATE_PING_MS) {
    marks.hit('ping-late');
  }
  if (xid === specialXids.ping && reply !== undefined) {
    const { server: own } = request.connection;
    const isIt = (each: { readonly server: string; readonly at: number }) =>
      each.server === own && each.at > at * 1_000 && each.at < reply.at * 1_000;
    if (resumed.some(isIt)) marks.hit('ping-after-pause');
  }
  if (opcode === opcodes.sync) {
    const until = reply?.at ?? at + LOST_SYNC_MS;
    if (established.some((time) => time > at && time < until)) marks.hit('sync-over-election');
  }
  if (isWrite || reply === undefined || reply.zxid <= 0n) return;
  const missed = canon.after(reply.zxid);
  if (missed !== undefined && canon.committedAt(missed.zxid)! < at * 1_000)
    marks.hit('read-behind');
}
