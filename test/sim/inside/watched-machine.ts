/**
 * A server's machine with an observer around it, who sees every input and effect and knows what the
 * disk holds. It judges what only an insider can see:
 *
 * - R4: nothing is attested that is not durable, whoever is told and by which frame.
 * - R10: transactions are proposed with contiguous zxids, and never twice.
 * - S1, S2: no session is expired before its time, nor while a word of it waits unread.
 * - S5: no session is refused to its owner before its end was decided.
 */
import type { ConnectionId } from '@vivarium/core/internal/base/ids';
import type { LocalMachine } from '@vivarium/core/internal/local/machine';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import type { Batch, Input } from '@vivarium/core/internal/seam/inputs';
import { readConnectRequest, readConnectResponse } from '@vivarium/core/internal/wire/connect';
import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { type Txn, txnTypes } from '@vivarium/core/internal/wire/txns';
import { demand, Violation } from '../violation.js';
import type { Canon } from './canon.js';
import { FILE_HEADER_BYTES, recordsIn } from './log-records.js';

export interface Observed {
  readonly canon: Canon;
  /** Highest zxid that any client was ever told of. */
  attested: bigint;
  /** When the first unread byte of a connection came, in milliseconds. */
  readonly unreadSince: (connection: ConnectionId) => number | undefined;
  /** Told of every transaction that the machine wants written. */
  readonly proposed: (txn: Txn) => void;
}

interface Connection {
  readonly frames: FrameSplitter;
  greeted: boolean;
  welcomed: boolean;
  session: bigint;
  /** When its last word was read. */
  heardAt: number;
}

interface Session {
  connection: ConnectionId;
  timeoutMs: number;
  touchedAt: number;
}

const LONGEST_FRAME_BYTES = 16 * 1024 * 1024;
/** Bytes that came this late before an expiry may be on their way to the machine. */
const RACE_MS = 1;

export class WatchedMachine implements LocalMachine {
  readonly #inner: LocalMachine;
  readonly #observed: Observed;
  readonly #connections = new Map<ConnectionId, Connection>();
  readonly #sessions = new Map<bigint, Session>();
  /** Sessions of which somebody has asked for the end. */
  readonly #closing = new Set<bigint>();
  /** Sessions whose end this life has put into the log. */
  readonly #ended = new Set<bigint>();
  /** Refused to their owners: their end must be in whatever the log is given next. */
  readonly #refused = new Set<bigint>();
  readonly #bornAt: number;
  #lastProposed: bigint | undefined;

  constructor(inner: LocalMachine, observed: Observed, now: number) {
    this.#inner = inner;
    this.#observed = observed;
    this.#bornAt = now;
  }

  get wakeAt(): number {
    return this.#inner.wakeAt;
  }

  get view() {
    return this.#inner.view;
  }

  get stopped(): boolean {
    return this.#inner.stopped;
  }

  step(batch: Batch, out: Effect[]): void {
    const from = out.length;
    for (const input of batch.inputs) this.#sees(input, batch.now);
    this.#inner.step(batch, out);
    const canon = this.#observed.canon;
    let looked = false;
    for (let at = from; at < out.length; at++) {
      const effect = out[at]!;
      if (effect.type === 'disk' && effect.lane === 'log') this.#proposes(effect, batch.now);
      if (effect.type !== 'send') continue;
      if (!looked) canon.look();
      looked = true;
      this.#attests(effect.connection, effect.bytes);
    }
  }

  #sees(input: Input, now: number): void {
    if (input.type === 'connection-opened') {
      this.#connections.set(input.connection, {
        frames: new FrameSplitter(LONGEST_FRAME_BYTES),
        greeted: false,
        welcomed: false,
        session: 0n,
        heardAt: now,
      });
    }
    if (input.type !== 'connection-bytes') return;
    const connection = this.#connections.get(input.connection);
    if (connection === undefined) return;
    connection.frames.push(input.bytes.slice());
    for (let frame = connection.frames.next(); frame; frame = connection.frames.next()) {
      connection.heardAt = now;
      this.#touch(connection.session, now);
      const from = new Reader(frame);
      if (!connection.greeted) {
        connection.greeted = true;
        connection.session = readConnectRequest(from).sessionId;
        continue;
      }
      from.int();
      if (from.int() === opcodes.closeSession) this.#closing.add(connection.session);
    }
  }

  #touch(id: bigint, now: number): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) session.touchedAt = now;
  }

  #attests(id: ConnectionId, bytes: Uint8Array): void {
    const connection = this.#connections.get(id);
    const frames = new FrameSplitter(LONGEST_FRAME_BYTES);
    frames.push(bytes);
    for (let frame = frames.next(); frame; frame = frames.next()) {
      const from = new Reader(frame);
      if (connection?.welcomed === false) {
        connection.welcomed = true;
        this.#welcomes(id, connection, from);
        continue;
      }
      const xid = from.int();
      this.#isDurable(from.long(), `the answer to ${xid} on connection ${id}`);
    }
    demand(frames.buffered === 0, 'host contract', () => `a send holds a part of a frame`);
  }

  #welcomes(id: ConnectionId, connection: Connection, from: Reader): void {
    const { timeOut: timeoutMs, sessionId } = readConnectResponse(from);
    const { canon } = this.#observed;
    if (timeoutMs <= 0) {
      this.#refuses(connection.session);
      return;
    }
    if (connection.session !== sessionId) {
      const created = canon.entries.find(({ txn: { header } }) => {
        return header.type === txnTypes.createSession && header.clientId === sessionId;
      });
      const isDurable = created !== undefined && created.zxid <= canon.durableZxid;
      demand(isDurable, 'R4', () => `session ${sessionId} is promised before it is durable`);
    }
    connection.session = sessionId;
    // A session's time begins with its client's word, not with our answer.
    this.#sessions.set(sessionId, { connection: id, timeoutMs, touchedAt: connection.heardAt });
  }

  #refuses(id: bigint): void {
    if (this.#ended.has(id)) return;
    const own = this.#observed.canon.entries.filter(({ txn }) => txn.header.clientId === id);
    const has = (type: number) => own.some(({ txn }) => txn.header.type === type);
    // A client may also ask for a session that never was, to see who answers.
    if (has(txnTypes.createSession) && !has(txnTypes.closeSession)) this.#refused.add(id);
  }

  #isDurable(zxid: bigint, what: string): void {
    const { canon } = this.#observed;
    if (zxid > this.#observed.attested) this.#observed.attested = zxid;
    demand(zxid <= canon.durableZxid, 'R4', () => {
      return `${what} tells of zxid ${zxid}; durable is ${canon.durableZxid}`;
    });
  }

  #proposes(effect: Effect & { type: 'disk' }, now: number): void {
    for (const step of effect.steps) {
      if (step.step !== 'write' || !/^logs\/log\.[0-9a-f]+$/.test(step.file)) continue;
      const from = step.position === 0 ? FILE_HEADER_BYTES : 0;
      for (const { txn } of recordsIn(step.bytes, from)) this.#proposal(txn, now);
    }
    for (const id of this.#refused) {
      throw new Violation('S5', `session ${id} was refused to its owner, and it has not ended`);
    }
  }

  #proposal(txn: Txn, now: number): void {
    const { zxid, type, clientId } = txn.header;
    const last = this.#lastProposed ?? this.#observed.canon.lastZxid;
    demand(zxid === last + 1n, 'R10', () => `zxid ${zxid} is proposed after ${last}`);
    this.#lastProposed = zxid;
    if (type === txnTypes.closeSession) this.#ends(clientId, now);
    this.#observed.proposed(txn);
  }

  #ends(id: bigint, now: number): void {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    this.#ended.add(id);
    this.#refused.delete(id);
    if (this.#closing.has(id)) return;
    const heardAt = session?.touchedAt ?? this.#bornAt;
    const timeoutMs = session?.timeoutMs ?? 0;
    demand(now - heardAt >= timeoutMs, 'S1', () => {
      return `session ${id} is expired ${now - heardAt} ms after its last word, not ${timeoutMs}`;
    });
    if (session === undefined) return;
    const unread = this.#observed.unreadSince(session.connection);
    demand(unread === undefined || unread > now - RACE_MS, 'S2', () => {
      return `session ${id} is expired while its words wait unread since ${unread} (now ${now})`;
    });
  }
}
