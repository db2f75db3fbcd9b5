/**
 * Watches what one life of a server hears from its clients and tells them.
 *
 * R4: nothing is attested that is not durable, whoever is told and by which frame.
 */
import type { ConnectionId } from '@vivarium/core/internal/base/ids';
import type { Input } from '@vivarium/core/internal/seam/inputs';
import { readConnectRequest, readConnectResponse } from '@vivarium/core/internal/wire/connect';
import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import { demand } from '../violation.js';
import type { Entry } from './entry.js';
import type { SessionWatch } from './session-watch.js';
import type { Subject } from './subject.js';
import type { Witness } from './witness.js';

interface Connection {
  readonly frames: FrameSplitter;
  greeted: boolean;
  welcomed: boolean;
  /** This server is cut off, and says so: what it shows may be old. */
  isCutOff: boolean;
  session: bigint;
  /** When its last word was read. */
  heardAt: number;
}

const LONGEST_FRAME_BYTES = 16 * 1024 * 1024;

export class ClientWatch {
  readonly #subject: Subject;
  readonly #witness: Witness;
  readonly #sessions: SessionWatch;
  readonly #connections = new Map<ConnectionId, Connection>();
  readonly #sent = new FrameSplitter(LONGEST_FRAME_BYTES);

  constructor(subject: Subject, witness: Witness, sessions: SessionWatch) {
    this.#subject = subject;
    this.#witness = witness;
    this.#sessions = sessions;
  }

  sees(input: Input, now: number): void {
    if (input.type === 'connection-opened') {
      this.#connections.set(input.connection, {
        frames: new FrameSplitter(LONGEST_FRAME_BYTES),
        greeted: false,
        welcomed: false,
        isCutOff: false,
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
      this.#sessions.touched(connection.session, now);
      const from = new Reader(frame);
      if (!connection.greeted) {
        connection.greeted = true;
        connection.session = readConnectRequest(from).sessionId;
        continue;
      }
      from.int();
      if (from.int() === opcodes.closeSession) this.#witness.closing.add(connection.session);
    }
  }

  sends(id: ConnectionId, bytes: Uint8Array): void {
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    const frames = this.#sent;
    frames.push(bytes);
    for (let frame = frames.next(); frame; frame = frames.next()) {
      const from = new Reader(frame);
      if (!connection.welcomed) {
        connection.welcomed = true;
        this.#welcomes(id, connection, from);
        continue;
      }
      const xid = from.int();
      const story = () => `the answer to ${xid} on connection ${id}`;
      if (connection.isCutOff) this.#witness.showsOld(this.#subject, from.long(), story);
      else this.#witness.shows(this.#subject, from.long(), story);
    }
    demand(frames.buffered === 0, 'host contract', () => 'a send holds a part of a frame');
  }

  #welcomes(id: ConnectionId, connection: Connection, from: Reader): void {
    const { timeOut: timeoutMs, sessionId, readOnly } = readConnectResponse(from);
    connection.isCutOff = readOnly === true;
    if (timeoutMs <= 0) {
      this.#sessions.refuses(connection.session);
      return;
    }
    if (connection.isCutOff) return;
    if (connection.session !== sessionId) {
      const created = this.#createdAt(sessionId);
      const { hasLocalSessions } = this.#witness;
      demand(created !== undefined || hasLocalSessions, 'R4', () => {
        return `session ${sessionId} is promised, and not logged`;
      });
      const story = () => `the promise of session ${sessionId}`;
      if (created === undefined) this.#witness.beganLocally(sessionId);
      else this.#witness.shows(this.#subject, created, story);
    }
    connection.session = sessionId;
    // A session's time begins with its client's word, not with our answer.
    this.#sessions.attached(sessionId, id, timeoutMs, connection.heardAt);
  }

  #createdAt(session: bigint): bigint | undefined {
    const known = this.#witness.canon.sessions.get(session);
    if (known !== undefined) return known.createdAt;
    const isIt = ({ type, clientId }: Entry) =>
      type === txnTypes.createSession && clientId === session;
    return this.#subject.log.entries.findLast(isIt)?.zxid;
  }
}
