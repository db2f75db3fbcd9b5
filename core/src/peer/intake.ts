import { codes } from '../base/errors.js';
import type { Host } from '../base/host.js';
import type { Millis } from '../base/ids.js';
import type { Config } from '../config/config.js';
import type { Turn } from '../seam/turn.js';
import {
  type OperationName,
  operationOf,
  operations,
  type ReadName,
  type WriteName,
} from '../wire/operations.js';
import { MalformedError, Reader } from '../wire/reader.js';
import type { Authenticator } from './auth.js';
import { authenticate, refuseSasl } from './authentication.js';
import type { Authority } from './authority.js';
import type { Connection } from './connection.js';
import type { Greeter } from './handshake.js';
import { LargeRequests } from './large-requests.js';
import type { MetricsRegistry } from './metrics.js';
import { OwedPings } from './owed-pings.js';
import type { ReadService } from './read-handler.js';
import type { Replies } from './replies.js';
import type { WaitingRequest } from './request.js';
import { serveRead } from './serve-read.js';
import type { Session, Sessions } from './sessions.js';

export interface IntakeParts {
  readonly config: Config;
  readonly host: Host;
  readonly turn: Turn;
  readonly sessions: Sessions;
  readonly auth: Authenticator;
  readonly greeter: Greeter;
  readonly authority: Authority;
  readonly service: ReadService;
  readonly replies: Replies;
  readonly metrics: MetricsRegistry;
  readonly close: (connection: Connection, reason: string) => void;
  /** A client has closed a session that only this server knows, and was told so. */
  readonly sessionClosed: (session: Session) => void;
}

/** Bytes of a request's header; its body follows. */
const HEADER_BYTES = 8;
/** With more than this taken in from a connection that must wait, the host is told to hold it. */
const HELD_BYTES = 65_536;

/**
 * With more than this waiting, beyond the largest request, a connection is closed. A host that was
 * told to read nothing still reads a little whenever it is asked to poll, and that adds up.
 */
const MOST_BUFFERED_BYTES = 4_194_304;
/** So many reads of a connection may wait for what it asked before; then no more are taken. */
const MOST_WAITING_READS = 128;
const NEVER = Number.POSITIVE_INFINITY;
/** What became of the frames of a connection. */
type Readiness = 'ready' | 'opening' | 'throttled';

/**
 * Takes requests in. Writes go to the pipeline at once; a read is answered at once too, unless its
 * connection has a write on the way: then it waits for its turn. Answers so come in the order of
 * the requests, and a read sees every write before it.
 */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #reader = new Reader(new Uint8Array(0));
  readonly #throttled = new Set<Connection>();
  readonly #owedPings = new OwedPings();
  /** Large requests in flight. */
  readonly large: LargeRequests;
  #outstanding = 0;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.large = new LargeRequests(parts);
  }

  /** Requests taken in and not answered. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** When to step again for a connection that waits only until what it was told is sent. */
  get wakeAt(): Millis {
    for (const connection of this.#throttled) {
      const mayServe = isServable(connection.next) && !this.#hasEnough(connection);
      if (mayServe || this.#readiness(connection) === 'ready') return this.#parts.turn.now;
    }
    return NEVER;
  }

  /**
   * Bytes came: serves the requests that they complete. Whole or not, and however long they must
   * wait here, they say that the client is alive.
   */
  received(connection: Connection, bytes: Uint8Array): void {
    const { metrics, sessions, turn } = this.#parts;
    metrics.bytesReceived.add(bytes.length);
    if (connection.session !== undefined) sessions.heard(connection.session, turn.now);
    connection.frames.push(bytes);
    this.#take(connection);
    const { buffered } = connection.frames;
    if (connection.phase === 'closed' || buffered <= MOST_BUFFERED_BYTES) return;
    if (buffered > MOST_BUFFERED_BYTES + this.#parts.config.juteMaxBuffer) {
      const reason = `slow reader: ${buffered} bytes of its requests wait`;
      this.#shutOut(connection, 'connection.slow-reader', reason);
    }
  }

  /** A connection is gone, or is to be: what it waits for is not answered. */
  forget(connection: Connection): void {
    this.#outstanding -= connection.dropWaiting();
    this.#throttled.delete(connection);
  }

  /**
   * A write is about to be applied: whatever its connection asked before it is answered first, from
   * the tree without it, however much that is. A sync among it need not wait any longer: a quorum
   * has confirmed what came after it.
   */
  beforeWrite({ connection }: WaitingRequest): void {
    for (let { next } = connection; next?.frame !== undefined; next = connection.next) {
      next.isGated = false;
      this.#serveNext(connection);
    }
  }

  /** A write was answered: serves what waited for it. */
  answered({ connection, operation }: WaitingRequest): void {
    connection.advance();
    this.#outstanding--;
    /* A new session: its first requests may have come already. */
    if (operation === 'createSession') this.#take(connection);
    this.#serveWaiting(connection);
  }

  /** A sync may pass; it is answered in its turn. */
  openGate(request: WaitingRequest): void {
    request.isGated = false;
    if (request.connection.phase !== 'closed') this.#serveWaiting(request.connection);
  }

  /** Goes on with connections that had to wait, as far as there is room. */
  endStep(): void {
    for (const connection of this.#throttled) {
      this.#serveWaiting(connection);
      if (this.#readiness(connection) !== 'ready') continue;
      this.#throttled.delete(connection);
      this.#take(connection);
    }
    for (const connection of this.#throttled) connection.spent = false;
    if (this.#owedPings.isEmpty || !this.#parts.authority.mayPromise()) return;
    this.#owedPings.answer(this.#parts.replies);
  }

  #take(connection: Connection): void {
    try {
      for (;;) {
        if (connection.phase === 'closed') return;
        const readiness = this.#readiness(connection);
        if (readiness === 'throttled') this.#throttled.add(connection);
        if (readiness !== 'ready') break;
        if (!connection.frames.advance()) break;
        this.#takeFrame(connection);
      }
      this.#hold(connection);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#refuse(connection, error.message);
    }
  }

  #readiness(connection: Connection): Readiness {
    if (connection.phase === 'opening') return 'opening';
    const isFull = this.#outstanding >= this.#parts.config.globalOutstandingLimit;
    if (isFull && connection.outstanding > 0) return 'throttled';
    if (connection.waitingReads >= MOST_WAITING_READS) return 'throttled';
    return this.#hasEnough(connection) ? 'throttled' : 'ready';
  }

  /** Whether a connection has had its part of this step, or too much waits to be sent to it. */
  #hasEnough({ slow, spent, out }: Connection): boolean {
    if (slow || spent) return true;
    return out !== undefined && out.position >= this.#parts.config.sendQueueHighWaterBytes;
  }

  /** Serves what waits, up to the next write; the rest in later steps if it is too much for one. */
  #serveWaiting(connection: Connection): void {
    while (isServable(connection.next) && !this.#hasEnough(connection)) this.#serveNext(connection);
    if (isServable(connection.next)) this.#throttled.add(connection);
  }

  #serveNext(connection: Connection): void {
    const next = connection.next!;
    connection.advance();
    this.#outstanding--;
    const frame = next.frame!;
    const from = this.#reader.reset(frame, HEADER_BYTES, frame.length);
    this.#serve(connection, next.operation, next.xid, from, next);
    const { sendQueueMaxBytes } = this.#parts.config;
    const bytes = connection.out?.position ?? 0;
    if (bytes <= sendQueueMaxBytes) return;
    const reason = `slow reader: ${bytes} bytes wait to be sent to it`;
    this.#shutOut(connection, 'connection.slow-reader', reason);
  }

  /** Lets the host read on only while what was read can be taken. */
  #hold(connection: Connection): void {
    if (connection.phase === 'closed') return;
    const mustWait = this.#readiness(connection) !== 'ready';
    const held = mustWait && connection.frames.buffered > HELD_BYTES;
    if (held === connection.held) return;
    connection.held = held;
    this.#parts.turn.effects.push({ type: 'hold', connection: connection.id, held });
  }

  #refuse(connection: Connection, problem: string): void {
    if (connection.phase === 'greeting') this.#parts.metrics.connectionRejected.add();
    this.#shutOut(connection, 'connection.malformed', `malformed: ${problem}`);
  }

  #shutOut(connection: Connection, event: string, reason: string): void {
    const { host, close } = this.#parts;
    host.log({
      level: 'warn',
      event,
      message: `connection ${connection.id} from ${connection.address} is closed: ${reason}`,
      fields: { connection: connection.id, address: connection.address },
    });
    close(connection, reason);
  }

  /** Takes the frame that the connection's splitter has found. */
  #takeFrame(connection: Connection): void {
    const { greeter, metrics } = this.#parts;
    const { bytes, start, end } = connection.frames;
    metrics.packetsReceived.add();
    connection.received++;
    if (connection.phase === 'greeting') {
      greeter.greet(connection, bytes.subarray(start, end));
      if ((connection.phase as Connection['phase']) === 'opening') this.#outstanding++;
      return;
    }
    const from = this.#reader.reset(bytes, start, end);
    const xid = from.int();
    const type = from.int();
    const operation = operationOf(type);
    if (operation !== undefined) connection.lastOperation = operation;
    connection.lastCxid = xid;
    this.#dispatch(connection, operation, xid, from, this.large.weigh(end - start));
  }

  #dispatch(
    connection: Connection,
    operation: OperationName | undefined,
    xid: number,
    from: Reader,
    largeBytes: number,
  ): void {
    const { authority } = this.#parts;
    /* An answer would say that it lives, or has ended: nobody knows before that is durable. */
    if (isEnding(connection) && (operation === undefined || !isWrite(operation))) return;
    if (operation === 'auth') {
      authenticate(this.#parts, connection, xid, from);
    } else if (this.#ownAnswer(connection, operation) !== undefined) {
      this.#serveInTurn(connection, operation, xid, from);
      if (operation === 'closeSession') connection.session!.closing = true;
    } else if (operation !== undefined && isWrite(operation)) {
      this.#write(connection, operation, xid, from, largeBytes);
    } else if (operation === 'sync' && authority.sync !== undefined) {
      const request = this.#wait(connection, operation, xid);
      request.isGated = true;
      authority.sync(request);
    } else {
      this.#serveInTurn(connection, operation, xid, from);
    }
  }

  #serveInTurn(
    connection: Connection,
    operation: OperationName | undefined,
    xid: number,
    from: Reader,
  ): void {
    if (connection.outstanding === 0) this.#serve(connection, operation, xid, from, undefined);
    else this.#wait(connection, operation, xid);
  }

  /** Puts a request that cannot be served yet behind those that wait. */
  #wait(connection: Connection, operation: OperationName | undefined, xid: number): WaitingRequest {
    const { identities } = connection;
    const receivedAt = this.#parts.turn.now;
    const { bytes, start, end } = connection.frames;
    const frame = bytes.subarray(start, end);
    const request: WaitingRequest = {
      connection,
      operation,
      xid,
      receivedAt,
      identities,
      frame,
      audited: undefined,
    };
    connection.wait(request);
    this.#outstanding++;
    return request;
  }

  #write(
    connection: Connection,
    operation: WriteName,
    xid: number,
    from: Reader,
    largeBytes: number,
  ): void {
    const { authority, host, turn } = this.#parts;
    const { identities, session } = connection;
    const receivedAt = turn.now;
    const frame = undefined;
    const audited =
      host.audit === undefined ? undefined : from.bytes.subarray(from.position, from.end);
    const request = { connection, operation, xid, receivedAt, identities, frame, audited };
    connection.wait(request);
    this.#outstanding++;
    this.large.take(largeBytes);
    authority.write(operation, session, request, from, largeBytes);
  }

  /** Answers what is no write; `waited` when it had to wait for writes before it. */
  #serve(
    connection: Connection,
    operation: OperationName | undefined,
    xid: number,
    from: Reader,
    waited: WaitingRequest | undefined,
  ): void {
    const { replies, turn, authority } = this.#parts;
    const own = this.#ownAnswer(connection, operation);
    if (own !== undefined) {
      replies.begin(connection, xid);
      replies.end(connection, own);
    } else if (operation === 'ping') {
      if (!authority.mayPromise(connection.session)) {
        this.#owedPings.owe(connection, xid);
        return;
      }
      replies.begin(connection, xid);
      replies.end(connection, 0);
    } else if (operation === 'sasl') {
      refuseSasl(this.#parts, connection, xid);
      return;
    } else if (operation !== undefined && isRead(operation)) {
      serveRead(this.#parts, connection, operation, xid, from, waited);
    } else {
      this.#refuseUnknown(connection, xid);
      return;
    }
    replies.count(connection, waited?.receivedAt ?? turn.now, turn.now, false);
    if (operation === 'closeSession') this.#parts.sessionClosed(connection.session!);
  }

  /** The code of a request that this server answers by itself, if it is one. */
  #ownAnswer(connection: Connection, operation: OperationName | undefined): number | undefined {
    const { ownAnswer } = this.#parts.authority;
    if (ownAnswer === undefined || operation === undefined) return undefined;
    return ownAnswer(operation, connection.session);
  }

  #refuseUnknown(connection: Connection, xid: number): void {
    const { replies, close } = this.#parts;
    replies.begin(connection, xid);
    replies.endAt(connection, codes.UNIMPLEMENTED, -1, -1);
    close(connection, 'unknown operation');
  }
}

/** Whether what waits next is served as soon as its turn has come; a write waits for the disk. */
function isServable(next: WaitingRequest | undefined): boolean {
  return next?.frame !== undefined && next.isGated !== true;
}

function isWrite(operation: OperationName): operation is WriteName {
  return operations[operation].kind === 'write';
}

function isRead(operation: OperationName): operation is ReadName {
  return operations[operation].kind === 'read';
}

/** Whether its session's end is on the way to the disk. */
function isEnding({ session }: Connection): boolean {
  return session?.closing === true;
}
