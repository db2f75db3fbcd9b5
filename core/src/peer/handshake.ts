import type { Host } from '../base/host.js';
import type { ConnectionId } from '../base/ids.js';
import { hexLong } from '../base/long.js';
import type { Config } from '../config/config.js';
import type { Turn } from '../seam/turn.js';
import type { Database } from '../tree/database.js';
import { type Handshake, readConnectRequest, writeConnectResponse } from '../wire/connect.js';
import { Reader } from '../wire/reader.js';
import type { Authority, SessionClaim } from './authority.js';
import type { Connection } from './connection.js';
import type { MetricsRegistry } from './metrics.js';
import { NO_PASSWORD, type Passwords } from './passwords.js';
import type { Replies } from './replies.js';
import type { PendingWrite, WaitingRequest } from './request.js';
import type { Session, Sessions } from './sessions.js';

export interface GreeterParts {
  readonly config: Config;
  readonly host: Host;
  readonly turn: Turn;
  readonly database: Database;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly replies: Replies;
  readonly metrics: MetricsRegistry;
  readonly connections: ReadonlyMap<ConnectionId, Connection>;
  readonly authority: Authority;
  readonly close: (connection: Connection, reason: string) => void;
}

/** Opens sessions for connections, new ones and those that come back. */
export class Greeter {
  readonly #parts: GreeterParts;
  /** Whether the client of a session on its way to the disk knows the readOnly byte. */
  readonly #knowsReadOnly = new WeakMap<Connection, boolean>();

  constructor(parts: GreeterParts) {
    this.#parts = parts;
  }

  /**
   * Takes the first frame of a connection.
   *
   * @throws MalformedError when it is no connect request
   */
  greet(connection: Connection, frame: Uint8Array): void {
    const { database, host, metrics, authority, close } = this.#parts;
    const request = readConnectRequest(new Reader(frame));
    metrics.connectionRequests.add();
    this.#knowsReadOnly.set(connection, request.readOnly !== undefined);
    if (authority.cutOff !== undefined && request.readOnly !== true) {
      close(connection, 'this server answers reads only, which its client does not accept');
    } else if (request.lastZxidSeen > database.lastZxid) {
      const seen = hexLong(request.lastZxidSeen);
      const own = hexLong(database.lastZxid);
      host.log({
        level: 'warn',
        event: 'session.ahead',
        message:
          `a client at ${connection.address} has seen zxid ${seen}, which this server (at ${own}) ` +
          'has not: it must ask another server',
      });
      close(connection, `the client has seen ${seen}, this server is at ${own}`);
    } else if (request.sessionId === 0n) {
      this.#begin(connection, request);
    } else {
      this.#resume(connection, request);
    }
  }

  /** The session is durable: its client may use it. */
  began(write: PendingWrite): void {
    const { request, session } = write;
    const connection = request!.connection;
    if (connection.phase !== 'opening') return;
    connection.phase = 'open';
    this.#welcome(connection, session!);
  }

  /**
   * All that a session had on its way is applied: a client that came back meanwhile is greeted.
   * Were it greeted before, it would read a state without the last writes of its former connection,
   * and see them happen later though it was told that their outcome is unknown.
   *
   * @returns its handshake, if it was still waiting, which is answered now
   */
  settled(session: Session): WaitingRequest | undefined {
    const request = session.comingBack;
    session.comingBack = undefined;
    if (request === undefined || request.connection.phase !== 'opening') return undefined;
    const { connection } = request;
    if (session.closing) {
      this.#refuse(connection);
      return undefined;
    }
    connection.phase = 'open';
    this.#welcome(connection, session);
    return request;
  }

  #begin(connection: Connection, request: Handshake): void {
    const { sessions, turn, authority } = this.#parts;
    const timeoutMs = this.#negotiate(request.timeOut);
    const isLocal = authority.sessionsAreLocal;
    const session = sessions.add(sessions.newId(), timeoutMs, turn.now, isLocal);
    connection.session = session;
    session.connection = connection.id;
    if (isLocal) {
      connection.phase = 'open';
      this.#welcome(connection, session);
      return;
    }
    connection.phase = 'opening';
    authority.createSession(session, this.#wait(connection));
  }

  /** Who cannot prove that the session is its own learns nothing and disturbs nobody. */
  #resume(connection: Connection, request: Handshake): void {
    const { passwords, authority, connections, metrics, close } = this.#parts;
    metrics.connectionRevalidations.add();
    const isOwner = passwords.isRight(request.sessionId, request.passwd);
    const session = isOwner ? authority.findSession(request.sessionId) : undefined;
    if (session === undefined || (session.closing && authority.endsFor(session))) {
      this.#afterEnd(session, connection, () => {
        this.#turnAway(connection, request.sessionId, isOwner);
      });
      return;
    }
    session.closing = false;
    const older =
      session.connection === undefined ? undefined : connections.get(session.connection);
    /* In this order: a session whose last connection goes may be forgotten. */
    session.connection = connection.id;
    connection.session = session;
    if (older !== undefined) close(older, 'its client came back on another connection');
    connection.password = request.passwd ?? undefined;
    const claim = { session, connection, timeoutMs: this.#negotiate(request.timeOut) };
    const verdict = authority.claimSession(claim);
    if (verdict === undefined || (verdict && session.unapplied > 0)) {
      connection.phase = 'opening';
      this.#wait(connection);
    }
    if (verdict !== undefined) this.#decided(claim, verdict);
  }

  /** An end that is not durable may not come: whoever asks is told of it when it is applied. */
  #afterEnd(session: Session | undefined, connection: Connection, run: () => void): void {
    if (session === undefined || session.unapplied === 0) {
      run();
      return;
    }
    connection.phase = 'opening';
    this.#wait(connection);
    session.whenSettled(() => {
      if (connection.phase === 'opening') run();
    });
  }

  /**
   * It is decided, later than it was asked, whether a client may go on with its session.
   *
   * @returns the handshake, if it is answered now
   */
  claimed(claim: SessionClaim, isValid: boolean): WaitingRequest | undefined {
    const { session, connection } = claim;
    if (connection.phase !== 'opening' || connection.session !== session) return undefined;
    const request = connection.next!;
    return this.#decided(claim, isValid) ? request : undefined;
  }

  /** True when the client was let in. */
  #decided({ session, connection, timeoutMs }: SessionClaim, isValid: boolean): boolean {
    if (!isValid || session.closing) {
      this.#refuse(connection);
      return false;
    }
    session.timeoutMs = timeoutMs;
    this.#parts.sessions.touch(session, this.#parts.turn.now);
    if (session.unapplied > 0) {
      session.comingBack = connection.next;
      return false;
    }
    connection.phase = 'open';
    this.#welcome(connection, session);
    return true;
  }

  /** Puts the handshake before whatever else the connection asks for. */
  #wait(connection: Connection): WaitingRequest {
    const waiting: WaitingRequest = {
      connection,
      operation: 'createSession',
      xid: 0,
      receivedAt: this.#parts.turn.now,
      identities: connection.identities,
      frame: undefined,
      audited: undefined,
    };
    connection.wait(waiting);
    return waiting;
  }

  #negotiate(wantedMs: number): number {
    const { minSessionTimeout, maxSessionTimeout } = this.#parts.config;
    return Math.min(maxSessionTimeout, Math.max(minSessionTimeout, wantedMs));
  }

  /** A client keeps the password that it has proved itself with: every server knows that one. */
  #welcome(connection: Connection, { id, timeoutMs }: Session): void {
    const password = connection.password ?? this.#parts.passwords.of(id);
    this.#respond(connection, timeoutMs, id, password);
  }

  /** Of the sessions of others, a server that is cut off does not say that they have ended. */
  #turnAway(connection: Connection, session: bigint, isOwner: boolean): void {
    const { authority, close, host } = this.#parts;
    const { cutOff } = authority;
    const id = hexLong(session);
    if (cutOff !== undefined && !(isOwner && cutOff.hasEnded(session))) {
      close(connection, `this server is cut off and cannot say whether session ${id} lives`);
      return;
    }
    const why = isOwner ? 'has ended' : 'was asked for with a wrong password';
    host.log({
      level: isOwner ? 'info' : 'warn',
      event: 'session.refused',
      message: `session ${id}, which ${connection.address} asked for, ${why}`,
    });
    this.#refuse(connection);
  }

  #refuse(connection: Connection): void {
    this.#respond(connection, 0, 0n, NO_PASSWORD);
    this.#parts.close(connection, 'its session has ended or is not its own');
  }

  #respond(connection: Connection, timeOut: number, sessionId: bigint, passwd: Uint8Array): void {
    const isCutOff = this.#parts.authority.cutOff !== undefined;
    const readOnly = this.#knowsReadOnly.get(connection) === true ? isCutOff : undefined;
    const to = this.#parts.replies.writerOf(connection);
    const start = to.position;
    to.int(0);
    writeConnectResponse(to, { protocolVersion: 0, timeOut, sessionId, passwd, readOnly });
    to.intAt(start, to.position - start - 4);
    this.#parts.metrics.packetsSent.add();
    connection.sent++;
  }
}
