import { codes, OK } from '../base/errors.js';
import { Fifo } from '../base/fifo.js';
import type { Millis } from '../base/ids.js';
import { opcodes, operationOf, operations } from '../wire/operations.js';
import { MalformedError, Reader } from '../wire/reader.js';
import { ReplyHeader, WatcherEvent } from '../wire/records.js';
import { Heartbeat } from './heartbeat.js';
import type { Identity } from './identity.js';
import type { HostPing, SessionRequest } from './inputs.js';
import type { Progress } from './progress.js';
import type { ReplyFrame } from './reply-frames.js';
import type { Tray } from './tray.js';
import type { RearmRequest, WatchRegistry } from './watch-registry.js';

/** Answers that do not stand in the order of requests, and the mark of events. */
const EVENT_XID = -1;
const PING_XID = -2;
const AUTH_XID = -4;
const REARM_XID = -8;

/** How much of a session's timeout a server that we leave has to answer what it was asked. */
const LEAVING_SHARE = 1 / 3;

/** Something sent whose answer stands in the order of requests. */
type Sent<Token> = { readonly xid: number; readonly sentAt: Millis } & (
  | { readonly type: 'request'; readonly request: SessionRequest<Token> }
  | { readonly type: 'rearm'; readonly rearm: RearmRequest }
  | { readonly type: 'close' }
);

/** What an answer means for the connection itself. */
export type Turn<Token> =
  /** The server has closed our session, as we asked. */
  | { readonly type: 'closed' }
  /** The session has ended or moved, and everything that was asked here has been answered. */
  | { readonly type: 'over' }
  /** The server refused a credential, and is about to hang up. */
  | { readonly type: 'identity-refused'; readonly identity: Identity<Token> };

/**
 * What is said over one connection that holds the session, from the handshake to the end: requests
 * and their answers in order, events between them, heartbeats.
 */
export class Conversation<Token> {
  readonly #tray: Tray<Token>;
  readonly #watches: WatchRegistry;
  readonly #progress: Progress;
  readonly #maxFrameBytes: number;
  readonly #isSignOfLife: boolean;
  readonly #heartbeat: Heartbeat;
  readonly #sent = new Fifo<Sent<Token>>();
  readonly #identified = new Fifo<Identity<Token>>();
  /** An answer has told that this connection does not hold the session any more. */
  #isOver = false;
  /** Reads that were answered so, for the next connection. */
  readonly #unserved: SessionRequest<Token>[] = [];
  /** Requests for the next connection, since this one is being left. */
  #held: SessionRequest<Token>[] = [];
  /** Until when answers are waited for; plus infinity while the connection is not being left. */
  #leaveBy = Number.POSITIVE_INFINITY;
  readonly #leavingMs: Millis;
  #rearming = 0;
  #rearmComplete = true;

  /** @param isSignOfLife whether an answer tells that the session lives */
  constructor(
    tray: Tray<Token>,
    watches: WatchRegistry,
    progress: Progress,
    timeoutMs: Millis,
    maxFrameBytes: number,
    isSignOfLife: boolean,
  ) {
    this.#tray = tray;
    this.#watches = watches;
    this.#progress = progress;
    this.#maxFrameBytes = maxFrameBytes;
    this.#isSignOfLife = isSignOfLife;
    this.#heartbeat = new Heartbeat(timeoutMs, tray.now);
    this.#leavingMs = timeoutMs * LEAVING_SHARE;
  }

  /** Whether the server has answered anything but what every new connection asks. */
  wasOfUse = false;

  /** Requests sent and not answered. */
  get inFlight(): number {
    return this.#sent.length;
  }

  /** Requests that wait for the next connection. */
  get held(): number {
    return this.#held.length;
  }

  get wakeAt(): Millis {
    return Math.min(this.#heartbeat.wakeAt, this.#leaveBy);
  }

  /* Saying. */

  request(request: SessionRequest<Token>): void {
    if (this.#leaveBy !== Number.POSITIVE_INFINITY) {
      this.#held.push(request);
      return;
    }
    this.#unwatch(request);
    const xid = this.#progress.nextXid();
    this.#say(xid, request.opcode, request.payload);
    this.#sent.push({ type: 'request', xid, sentAt: this.#tray.now, request });
  }

  #unwatch({ unwatch }: SessionRequest<Token>): void {
    if (unwatch === undefined) return;
    for (const kind of unwatch.kinds) this.#watches.remove(kind, unwatch.path);
  }

  /** No sign of life to some servers, ZooKeeper's own: it neither replaces a ping nor counts. */
  identify(identity: Identity<Token>): void {
    this.#tray.frame(AUTH_XID, opcodes.auth, identity.payload);
    this.#identified.push(identity);
  }

  /** Sets all watches again; events for what changed meanwhile come before the last answer. */
  rearm(): void {
    const requests = this.#watches.rearmRequests(this.#progress.eventsToldUpTo);
    this.#rearming = requests.length;
    for (const rearm of requests) {
      this.#say(REARM_XID, rearm.opcode, rearm.payload);
      this.#sent.push({ type: 'rearm', xid: REARM_XID, sentAt: this.#tray.now, rearm });
    }
    if (requests.length === 0) this.#tray.out.push({ type: 'rearmed', complete: true });
  }

  /**
   * Begins to leave the connection for another: what was sent is still answered here, which costs
   * no write its outcome, and what comes now goes there.
   */
  leave(): void {
    this.#leaveBy = Math.min(this.#leaveBy, this.#tray.now + this.#leavingMs);
  }

  /** Does not leave after all. */
  stay(): void {
    this.#leaveBy = Number.POSITIVE_INFINITY;
    for (const request of this.#held.splice(0)) {
      if (!this.#tray.wasCancelled(request.token)) this.request(request);
    }
  }

  /** Asks for the session's end. */
  close(): void {
    this.stay();
    const xid = this.#progress.nextXid();
    this.#say(xid, opcodes.closeSession, NOTHING);
    this.#sent.push({ type: 'close', xid, sentAt: this.#tray.now });
  }

  /** Sends a ping if it is time; returns why to end the connection, if it is to be ended. */
  beat(): string | undefined {
    if (this.#leaveBy !== Number.POSITIVE_INFINITY) {
      const isDone = this.#sent.length === 0 || this.#tray.now >= this.#leaveBy;
      if (isDone) return 'the list of servers has changed';
    }
    const due = this.#heartbeat.due(this.#tray.now);
    if (due === 'ping') {
      this.#say(PING_XID, opcodes.ping, NOTHING);
      this.#heartbeat.pingSent(this.#tray.now);
    }
    return due === 'dead' ? 'the server did not answer in time' : undefined;
  }

  #say(xid: number, opcode: number, payload: Uint8Array): void {
    this.#tray.frame(xid, opcode, payload);
    this.#heartbeat.sent(this.#tray.now);
  }

  /* Hearing. */

  /** @throws MalformedError for what no server may say here */
  hear({ bytes, oversizeBytes }: ReplyFrame): Turn<Token> | undefined {
    const body = new Reader(bytes);
    const header = ReplyHeader.read(body);
    if (header.xid === EVENT_XID) {
      if (oversizeBytes > 0) throw new MalformedError(`an event of ${oversizeBytes} bytes`);
      const { type, path } = WatcherEvent.read(body);
      this.#watches.fired(type, path);
      this.#progress.sawPartOf(header.zxid);
      this.#tray.out.push({ type: 'event', event: type, path, zxid: header.zxid });
      return undefined;
    }
    // Events do not count as answers: a server may go on telling them and be deaf to requests.
    this.#heartbeat.answered(this.#tray.now);
    this.#progress.saw(header.zxid);
    if (header.xid === PING_XID) {
      this.wasOfUse = true;
      this.#acknowledged(this.#heartbeat.pingAnswered());
      return undefined;
    }
    if (header.xid === AUTH_XID) return this.#identityAnswered(header.err);
    const sent = this.#sent.peek();
    if (sent === undefined || sent.xid !== header.xid) {
      throw new MalformedError(`answer ${header.xid} where ${sent?.xid ?? 'none'} was due`);
    }
    this.#sent.shift();
    if (vouches(sent) && !isAboutSession(header.err)) this.#acknowledged(sent.sentAt);
    if (sent.type === 'close') return { type: 'closed' };
    if (sent.type === 'rearm') this.#rearmed(sent.rearm, header.err);
    else this.#answered(sent.request, header, body, oversizeBytes);
    if (sent.type === 'request') this.wasOfUse = true;
    return this.#isOver && this.#sent.length === 0 ? OVER : undefined;
  }

  /** The server has answered a ping that was sent beside us. */
  pinged({ sentAt, answeredAt }: HostPing): void {
    this.#heartbeat.answered(answeredAt);
    this.#acknowledged(sentAt, answeredAt);
  }

  #acknowledged(sentAt: Millis, answeredAt = this.#tray.now): void {
    this.#heartbeat.vouched(answeredAt);
    if (this.#isSignOfLife) this.#progress.acknowledged(sentAt);
  }

  #answered(
    request: SessionRequest<Token>,
    { err, zxid }: ReplyHeader,
    body: Reader,
    oversizeBytes: number,
  ): void {
    const { watch, token } = request;
    if (isAboutSession(err) && request.onLoss === 'resend') {
      this.#isOver = true;
      this.#unserved.push(request);
      return;
    }
    const isMissed = err === codes.NO_NODE && request.opcode === opcodes.exists;
    const kind = err === OK ? watch?.kind : isMissed ? 'exist' : undefined;
    const hasWatch = watch !== undefined && kind !== undefined;
    if (hasWatch) this.#watches.add(kind, watch.path);
    // Reads that were sent before it have been answered since, and what they set is gone too.
    if (err === OK || err === codes.NO_WATCHER) this.#unwatch(request);
    const isUnwanted = this.#tray.wasCancelled(token);
    if (hasWatch && (isUnwanted || oversizeBytes > 0)) {
      this.#tray.out.push({ type: 'watch-left', kind, path: watch.path });
    }
    if (isUnwanted) return;
    if (oversizeBytes > 0) {
      const reason = `the answer has ${oversizeBytes} bytes, and maxFrameBytes is ${this.#maxFrameBytes}`;
      this.#tray.fail(token, 'MARSHALLING_ERROR', outcomeUnanswered(request), reason);
    } else if (err === OK) {
      this.#tray.out.push({ type: 'reply', token, zxid, body });
    } else {
      this.#tray.out.push({ type: 'refused', token, code: err, zxid });
    }
  }

  #rearmed(rearm: RearmRequest, err: number): void {
    if (isAboutSession(err)) {
      // It is for the next connection to set them.
      this.#isOver = true;
      return;
    }
    if (err !== OK) {
      this.#rearmComplete = false;
      for (const [kind, path] of rearm.watches) this.#watches.remove(kind, path);
    }
    if (--this.#rearming === 0) {
      this.#tray.out.push({ type: 'rearmed', complete: this.#rearmComplete });
    }
  }

  #identityAnswered(err: number): Turn<Token> | undefined {
    const identity = this.#identified.shift();
    if (identity === undefined)
      throw new MalformedError('an answer about a credential we did not send');
    const { token } = identity;
    identity.token = undefined;
    const isAwaited = token !== undefined && !this.#tray.wasCancelled(token);
    if (err !== OK) {
      if (isAwaited) this.#tray.out.push({ type: 'refused', token, code: err, zxid: 0n });
      return { type: 'identity-refused', identity };
    }
    identity.accepted = true;
    if (isAwaited) {
      const zxid = this.#progress.lastZxidSeen;
      this.#tray.out.push({ type: 'reply', token, zxid, body: new Reader(NOTHING) });
    }
    return undefined;
  }

  /* The end. */

  /**
   * The connection is gone. Requests that may not run twice fail, their outcome unknown; all others
   * are returned, in the order they were sent, and those held back behind them.
   */
  abandon(reason: string): SessionRequest<Token>[] {
    if (this.#rearming === 0) this.#progress.leaveWatches();
    const again = this.#unserved.filter(({ token }) => !this.#tray.wasCancelled(token));
    for (const sent of this.#sent.take()) {
      if (sent.type !== 'request' || this.#tray.wasCancelled(sent.request.token)) continue;
      if (sent.request.onLoss === 'resend') again.push(sent.request);
      else this.#tray.fail(sent.request.token, 'CONNECTION_LOSS', 'unknown', reason);
    }
    again.push(...this.#held.filter(({ token }) => !this.#tray.wasCancelled(token)));
    return again;
  }
}

/** Whether an error says nothing about the request, but that the session is over or elsewhere. */
function isAboutSession(err: number): boolean {
  return err === codes.SESSION_EXPIRED || err === codes.SESSION_MOVED;
}

/**
 * Whether an answer tells that the session lives: writes and syncs are answered by whoever leads.
 * Reads are not: a server answers them for a while that does not know that it was cut off.
 */
function vouches<Token>(sent: Sent<Token>): boolean {
  if (sent.type !== 'request') return false;
  const operation = operationOf(sent.request.opcode);
  if (operation === undefined) return false;
  return operation === 'sync' || operations[operation].kind === 'write';
}

/** What is known of a request that was sent and will not be answered. */
export function outcomeUnanswered<Token>({ onLoss }: SessionRequest<Token>): 'refused' | 'unknown' {
  return onLoss === 'fail' ? 'unknown' : 'refused';
}

const OVER = { type: 'over' } as const;
const NOTHING = new Uint8Array(0);
