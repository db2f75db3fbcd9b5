import { codes, OK } from '../base/errors.js';
import type { Host } from '../base/host.js';
import type { Millis } from '../base/ids.js';
import { hexLong } from '../base/long.js';
import { PASSWORD_LENGTH, readConnectResponse, writeConnectRequest } from '../wire/connect.js';
import { opcodes } from '../wire/operations.js';
import { MalformedError, Reader } from '../wire/reader.js';
import { AuthPacket, ReplyHeader, WatcherEvent } from '../wire/records.js';
import { encode } from '../wire/types.js';
import { Writer } from '../wire/writer.js';
import type { SessionEffect, SessionState } from './effects.js';
import { Fifo } from './fifo.js';
import { Heartbeat } from './heartbeat.js';
import type { SessionBatch, SessionInput, SessionRequest } from './inputs.js';
import { Outbox } from './outbox.js';
import { ReplyFrames } from './reply-frames.js';
import { ServerChoice } from './server-choice.js';
import type { SessionSettings } from './settings.js';
import { marginOf } from './settings.js';
import type { RearmRequest, WatchKind } from './watch-registry.js';
import { WatchRegistry } from './watch-registry.js';

/** Answers that do not stand in the order of requests, and the mark of events. */
const EVENT_XID = -1;
const PING_XID = -2;
const AUTH_XID = -4;
const REARM_XID = -8;
/** Requests are counted from 1 to here and then from 1 again. */
const LAST_XID = 0x7fff_fffe;
/** How long a closing client waits for the server's word. */
const CLOSE_MS = 1_000;
/** A session id that no server gives out; greets a server that only has to show that it serves. */
const PROBE_SESSION = 1n;

/** Something sent whose answer stands in the order of requests. */
type Sent<Token> =
  | {
      readonly type: 'request';
      readonly xid: number;
      readonly sentAt: Millis;
      readonly request: SessionRequest<Token>;
    }
  | {
      readonly type: 'rearm';
      readonly xid: number;
      readonly sentAt: Millis;
      readonly rearm: RearmRequest;
    }
  | { readonly type: 'close'; readonly xid: number; readonly sentAt: Millis };

interface Identity<Token> {
  readonly payload: Uint8Array;
  readonly required: boolean;
  /** Who waits for the first answer. */
  token: Token | undefined;
  accepted: boolean;
}

interface SessionKey {
  readonly id: bigint;
  readonly password: Uint8Array;
}

/**
 * - `resting`: no connection; one is tried at `dialAt`.
 * - `dialing`: a transport is being opened.
 * - `greeting`: the connect request was sent.
 * - `attached`: the server holds our session.
 * - `burying`: the server holds a session that was given up, and is asked to close it.
 * - `closed`: for good.
 */
type Phase = 'resting' | 'dialing' | 'greeting' | 'attached' | 'burying' | 'closed';

/**
 * A client's side of its session with an ensemble, as a deterministic machine: inputs and the time
 * go in, effects come out, and `wakeAt` says when to step next if nothing happens before.
 *
 * It keeps these promises:
 * - Answers and events are told in wire order, each request's exactly once.
 * - A request that may not run twice is never sent twice: when its connection is lost it fails with
 *   `CONNECTION_LOSS`, outcome `unknown`. All others wait for the next connection.
 * - The session is never used by two connections at once, and is given up only when a server says
 *   that it is over, or by the `newSession` policy.
 * - What has been seen is never unseen: `lastZxidSeen` goes into every greeting, in the same session
 *   and in later ones, so a server that is behind turns us away.
 */
export class ClientSession<Token> {
  readonly #settings: SessionSettings;
  readonly #host: Pick<Host, 'randomBytes' | 'log'>;
  readonly #choice: ServerChoice;
  readonly #outbox = new Outbox<Token>();
  readonly #watches = new WatchRegistry();
  readonly #identities: Identity<Token>[] = [];
  readonly #cancelled = new Set<Token>();
  readonly #writer = new Writer(4096);

  #now: Millis = 0;
  #out: SessionEffect<Token>[] = [];
  #started = false;
  #phase: Phase = 'resting';
  #state: SessionState = { type: 'connecting', detail: undefined };
  #closeBy = Number.POSITIVE_INFINITY;

  /* The connection. */
  #attempt = 0;
  #server = 0;
  #dialAt: Millis = 0;
  #connectBy: Millis = 0;
  #greetingSentAt: Millis = 0;
  #offered: SessionKey | undefined;
  #isProbe = false;
  #frames: ReplyFrames;
  #sent = new Fifo<Sent<Token>>();
  #identitiesSent = new Fifo<{ identity: Identity<Token>; sentAt: Millis }>();
  #heartbeat: Heartbeat;
  #rearming = 0;
  #rearmComplete = true;
  #xid = 1;
  #generation = 0;

  /* The session. */
  #key: SessionKey | undefined;
  #burial: SessionKey | undefined;
  #timeoutMs: Millis;
  #readOnly = false;
  #lastAckSentAt = Number.NEGATIVE_INFINITY;
  #lastZxidSeen = 0n;
  #presumedLost = false;

  constructor(settings: SessionSettings, host: Pick<Host, 'randomBytes' | 'log'>) {
    this.#settings = settings;
    this.#host = host;
    this.#timeoutMs = settings.timeoutMs;
    this.#choice = new ServerChoice(settings.serverCount, settings.keepOrder, () => this.#random());
    this.#frames = new ReplyFrames(settings.maxFrameBytes);
    this.#heartbeat = new Heartbeat(settings.timeoutMs, 0);
  }

  /* What recipes and tests ask; all as of the last step. */

  get state(): SessionState {
    return this.#state;
  }
  /** Place of the server we talk to, or last tried. */
  get server(): number {
    return this.#server;
  }
  get sessionId(): bigint | undefined {
    return this.#key?.id;
  }
  get timeoutMs(): Millis {
    return this.#timeoutMs;
  }
  /** When the newest answered request was sent; the server's clock for us started no earlier. */
  get lastAckSentAt(): Millis {
    return this.#lastAckSentAt;
  }
  /** Until when the server cannot have expired the session; minus infinity when there is none. */
  get certainUntil(): Millis {
    if (this.#key === undefined) return Number.NEGATIVE_INFINITY;
    const margin = marginOf(this.#timeoutMs, this.#settings.marginMs);
    return this.#lastAckSentAt + this.#timeoutMs - margin;
  }
  get lastZxidSeen(): bigint {
    return this.#lastZxidSeen;
  }
  /** Number of connections that got as far as holding the session. */
  get generation(): number {
    return this.#generation;
  }
  get queued(): number {
    return this.#outbox.length;
  }
  get inFlight(): number {
    return this.#sent.length;
  }
  get watchCount(): number {
    return this.#watches.size;
  }
  hasWatch(kind: WatchKind, path: string): boolean {
    return this.#watches.has(kind, path);
  }

  /** When to step again if no input comes before; plus infinity for never. */
  get wakeAt(): Millis {
    const presumedAt =
      this.#key === undefined || this.#presumedLost || this.#phase === 'attached'
        ? Number.POSITIVE_INFINITY
        : this.certainUntil;
    return Math.min(this.#phaseDeadline(), presumedAt, this.#closeBy);
  }

  #phaseDeadline(): Millis {
    switch (this.#phase) {
      case 'resting':
        return this.#dialAt;
      case 'dialing':
      case 'greeting':
      case 'burying':
        return this.#connectBy;
      case 'attached':
        return this.#heartbeat.wakeAt;
      case 'closed':
        return Number.POSITIVE_INFINITY;
    }
  }

  /** Takes what happened, in order, and appends what to do about it to `out`. */
  step(batch: SessionBatch<Token>, out: SessionEffect<Token>[]): void {
    this.#out = out;
    this.#now = Math.max(this.#now, batch.now);
    if (!this.#started) {
      this.#started = true;
      this.#dialAt = this.#now;
      out.push({ type: 'state', state: this.#state });
    }
    for (const input of batch.inputs) this.#take(input);
    this.#lookAtTheClock();
    this.#flush();
  }

  #take(input: SessionInput<Token>): void {
    if (this.#phase === 'closed') {
      if (input.type === 'request') this.#refuseClosed(input.request.token);
      if (input.type === 'auth') this.#refuseClosed(input.token);
      return;
    }
    switch (input.type) {
      case 'transport-opened':
        if (input.attempt === this.#attempt && this.#phase === 'dialing') this.#greet();
        break;
      case 'transport-bytes':
        if (input.attempt === this.#attempt) this.#received(input.bytes);
        break;
      case 'transport-closed':
        if (input.attempt === this.#attempt && this.#phase !== 'resting') this.#cut(input.reason);
        break;
      case 'request':
        this.#request(input.request);
        break;
      case 'cancel':
        this.#cancelled.add(input.token);
        break;
      case 'auth':
        this.#addIdentity(input);
        break;
      case 'forget-watch':
        this.#watches.remove(input.kind, input.path);
        break;
      case 'close':
        this.#close();
        break;
    }
  }

  /* Connecting. */

  #dial(): void {
    this.#attempt++;
    this.#server = this.#choice.take();
    this.#phase = 'dialing';
    const share = Math.max(this.#timeoutMs / this.#choice.count, 1_000);
    this.#connectBy = this.#now + Math.min(share, (this.#timeoutMs * 2) / 3);
    this.#out.push({ type: 'open', attempt: this.#attempt, server: this.#server });
  }

  #greet(): void {
    this.#phase = 'greeting';
    this.#frames = new ReplyFrames(this.#settings.maxFrameBytes);
    this.#isProbe = this.#choice.isSuspicious(this.#server, this.#now);
    // A session that a read-only server made is known to that server alone.
    this.#offered = this.#burial ?? (this.#readOnly ? undefined : this.#key);
    this.#greetingSentAt = this.#now;
    const writer = this.#writer;
    const start = writer.position;
    writer.int(0);
    writeConnectRequest(writer, {
      protocolVersion: 0,
      lastZxidSeen: this.#isProbe ? 0n : this.#lastZxidSeen,
      timeOut: this.#settings.timeoutMs,
      sessionId: this.#isProbe ? PROBE_SESSION : (this.#offered?.id ?? 0n),
      passwd:
        (this.#isProbe ? undefined : this.#offered?.password) ?? new Uint8Array(PASSWORD_LENGTH),
      readOnly: this.#isProbe || this.#settings.readOnly,
    });
    writer.intAt(start, writer.position - start - 4);
  }

  #greeted(frame: Uint8Array): void {
    const reply = readConnectResponse(new Reader(frame));
    if (this.#isProbe) {
      this.#choice.isBehind(this.#server);
      this.#drop('the server is behind what this client has seen');
      return;
    }
    if (reply.timeOut <= 0) {
      this.#turnedAway();
      return;
    }
    this.#choice.succeeded();
    this.#lastAckSentAt = this.#greetingSentAt;
    if (this.#burial !== undefined) {
      this.#phase = 'burying';
      this.#connectBy = this.#now + CLOSE_MS;
      this.#write(this.#nextXid(), opcodes.closeSession, NOTHING);
      return;
    }
    this.#attach(
      { id: reply.sessionId, password: (reply.passwd ?? NOTHING).slice() },
      reply.timeOut,
      reply.readOnly === true,
    );
  }

  /** The server says that the session we offered is over. */
  #turnedAway(): void {
    if (this.#burial !== undefined) {
      this.#burial = undefined;
    } else if (this.#offered === undefined) {
      this.#drop('the server gave no session');
      return;
    } else {
      this.#endSession('expired');
    }
    this.#disconnect();
    this.#phase = 'resting';
    this.#dialAt = this.#now;
  }

  #attach(key: SessionKey, timeoutMs: Millis, readOnly: boolean): void {
    const isNew = this.#key?.id !== key.id;
    if (isNew && this.#key !== undefined) this.#endSession('expired');
    this.#key = key;
    this.#phase = 'attached';
    this.#timeoutMs = timeoutMs;
    this.#readOnly = readOnly;
    this.#presumedLost = false;
    this.#generation++;
    this.#heartbeat = new Heartbeat(timeoutMs, this.#now);
    if (isNew) this.#out.push({ type: 'session-began', id: key.id, timeoutMs });
    this.#report();
    this.#log('info', 'session.attached', 'a server holds the session', {
      session: hexLong(key.id),
      timeoutMs,
      isNew,
    });
    for (const identity of this.#identities) this.#sendIdentity(identity);
    this.#rearm();
    for (const request of this.#outbox.take()) this.#request(request);
  }

  #rearm(): void {
    this.#rearmComplete = true;
    const requests = this.#watches.rearmRequests(this.#lastZxidSeen);
    this.#rearming = requests.length;
    for (const rearm of requests) {
      this.#write(REARM_XID, rearm.opcode, rearm.payload);
      this.#sent.push({ type: 'rearm', xid: REARM_XID, sentAt: this.#now, rearm });
    }
    if (requests.length === 0) this.#out.push({ type: 'rearmed', complete: true });
  }

  /* Losing the connection. */

  /** Ends the connection from our side. */
  #drop(reason: string): void {
    this.#disconnect();
    this.#cut(reason);
  }

  #disconnect(): void {
    this.#flush();
    this.#out.push({ type: 'disconnect', attempt: this.#attempt });
  }

  /** The connection is gone, whoever ended it. */
  #cut(reason: string): void {
    const phase = this.#phase;
    this.#writer.clear();
    this.#phase = 'resting';
    this.#log('info', 'session.cut', reason, { phase, server: this.#server });
    if (phase === 'greeting' && !this.#isProbe) this.#choice.hungUp(this.#server, this.#now);
    if (phase === 'dialing' || phase === 'greeting') this.#choice.failed();
    if (phase === 'burying') this.#burial = undefined;
    this.#dialAt = this.#now + (phase === 'burying' ? 0 : this.#choice.delayMs());
    this.#settle(reason);
    if (this.#closeBy !== Number.POSITIVE_INFINITY) this.#finish(undefined);
    else this.#report();
  }

  /** Decides about everything that was on its way. */
  #settle(reason: string): void {
    this.#identitiesSent = new Fifo();
    const again: SessionRequest<Token>[] = [];
    for (const sent of this.#sent.take()) {
      if (sent.type !== 'request') continue;
      const { request } = sent;
      if (this.#forgetCancelled(request.token)) continue;
      if (request.onLoss === 'resend') again.push(request);
      else
        this.#fail(
          request.token,
          'CONNECTION_LOSS',
          'unknown',
          `the connection was lost: ${reason}`,
        );
    }
    this.#outbox.putBack(again);
  }

  #endSession(reason: 'expired' | 'closed' | 'given-up'): void {
    const key = this.#key;
    if (key === undefined) return;
    this.#key = undefined;
    this.#readOnly = false;
    this.#presumedLost = false;
    this.#out.push({ type: 'session-ended', id: key.id, reason });
    this.#log('warn', 'session.ended', `the session is over: ${reason}`, {
      session: hexLong(key.id),
    });
    for (const request of this.#outbox.remove(
      ({ outlivesSession, session }) => !outlivesSession || session !== undefined,
    )) {
      if (this.#forgetCancelled(request.token)) continue;
      this.#fail(
        request.token,
        'SESSION_EXPIRED',
        'refused',
        'the session ended before it was sent',
      );
    }
    if (reason === 'closed') return;
    this.#say({ type: 'not-connected', detail: 'lost' });
    this.#report();
  }

  /* Requests. */

  #request(request: SessionRequest<Token>): void {
    if (this.#forgetCancelled(request.token)) return;
    if (this.#closeBy !== Number.POSITIVE_INFINITY) {
      this.#refuseClosed(request.token);
      return;
    }
    if (request.session !== undefined && request.session !== this.#key?.id) {
      this.#fail(
        request.token,
        'SESSION_EXPIRED',
        'refused',
        'the session it was meant for is over',
      );
      return;
    }
    if (this.#phase !== 'attached') {
      this.#outbox.add(request);
      return;
    }
    const { unwatch } = request;
    if (unwatch !== undefined) {
      for (const kind of unwatch.kinds) this.#watches.remove(kind, unwatch.path);
    }
    const xid = this.#nextXid();
    this.#write(xid, request.opcode, request.payload);
    this.#sent.push({ type: 'request', xid, sentAt: this.#now, request });
  }

  #addIdentity(input: Extract<SessionInput<Token>, { type: 'auth' }>): void {
    const payload = encode(AuthPacket, { type: 0, scheme: input.scheme, auth: input.auth });
    const { token, required } = input;
    const identity: Identity<Token> = { payload, required, token, accepted: false };
    this.#identities.push(identity);
    if (this.#phase === 'attached') this.#sendIdentity(identity);
  }

  #sendIdentity(identity: Identity<Token>): void {
    this.#write(AUTH_XID, opcodes.auth, identity.payload);
    this.#identitiesSent.push({ identity, sentAt: this.#now });
  }

  #close(): void {
    if (this.#closeBy !== Number.POSITIVE_INFINITY) return;
    for (const request of this.#outbox.take()) this.#refuseClosed(request.token);
    this.#closeBy = this.#now + CLOSE_MS;
    if (this.#phase !== 'attached') {
      this.#finish(undefined);
      return;
    }
    const xid = this.#nextXid();
    this.#write(xid, opcodes.closeSession, NOTHING);
    this.#sent.push({ type: 'close', xid, sentAt: this.#now });
  }

  #finish(detail: 'authFailed' | undefined): void {
    if (this.#phase !== 'resting') this.#disconnect();
    this.#phase = 'closed';
    this.#closeBy = Number.POSITIVE_INFINITY;
    for (const sent of this.#sent.take()) {
      if (sent.type !== 'request' || this.#forgetCancelled(sent.request.token)) continue;
      const outcome = sent.request.onLoss === 'fail' ? 'unknown' : 'refused';
      this.#fail(sent.request.token, 'CONNECTION_LOSS', outcome, 'the client was closed');
    }
    for (const request of this.#outbox.take()) this.#refuseClosed(request.token);
    for (const { token } of this.#identities) {
      if (token !== undefined) this.#refuseClosed(token);
    }
    this.#endSession('closed');
    this.#say({ type: 'closed', detail });
  }

  #refuseClosed(token: Token): void {
    if (this.#forgetCancelled(token)) return;
    this.#fail(token, 'SESSION_EXPIRED', 'refused', 'the client is closed');
  }

  /* What the server says. */

  #received(bytes: Uint8Array): void {
    this.#frames.push(bytes);
    const attempt = this.#attempt;
    try {
      while (attempt === this.#attempt) {
        if (this.#phase === 'resting' || this.#phase === 'closed') return;
        const frame = this.#frames.next();
        if (frame === undefined) return;
        if (this.#phase === 'greeting') this.#greeted(frame.bytes);
        else if (this.#phase === 'attached') this.#answered(frame.bytes, frame.oversizeBytes);
      }
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#drop(`the server sent what cannot be read: ${error.message}`);
    }
  }

  #answered(frame: Uint8Array, oversizeBytes: number): void {
    const body = new Reader(frame);
    const header = ReplyHeader.read(body);
    if (header.xid === EVENT_XID) {
      if (oversizeBytes > 0) throw new MalformedError(`an event of ${oversizeBytes} bytes`);
      const { type, path } = WatcherEvent.read(body);
      this.#watches.fired(type, path);
      this.#out.push({ type: 'event', event: type, path, zxid: header.zxid });
      return;
    }
    // Events do not count as answers: a server may go on telling them and be deaf to requests.
    this.#heartbeat.answered(this.#now);
    if (header.zxid > this.#lastZxidSeen) this.#lastZxidSeen = header.zxid;
    if (header.xid === PING_XID) {
      this.#acknowledged(this.#heartbeat.pingAnswered());
      return;
    }
    if (header.xid === AUTH_XID) {
      this.#identified(header.err);
      return;
    }
    const sent = this.#sent.shift();
    if (sent === undefined || sent.xid !== header.xid) {
      if (sent?.type === 'request') this.#outOfOrder(sent.request.token);
      throw new MalformedError(`answer ${header.xid} where ${sent?.xid ?? 'none'} was due`);
    }
    this.#acknowledged(sent.sentAt);
    if (sent.type === 'request') this.#replied(sent.request, header, body, oversizeBytes);
    else if (sent.type === 'rearm') this.#rearmed(sent.rearm, header.err);
    else this.#finish(undefined);
  }

  #outOfOrder(token: Token): void {
    if (this.#forgetCancelled(token)) return;
    this.#fail(token, 'CONNECTION_LOSS', 'unknown', 'the server answered out of order');
  }

  #acknowledged(sentAt: Millis): void {
    if (sentAt > this.#lastAckSentAt) this.#lastAckSentAt = sentAt;
  }

  #replied(
    request: SessionRequest<Token>,
    header: ReplyHeader,
    body: Reader,
    oversizeBytes: number,
  ): void {
    const { watch, token } = request;
    if (watch !== undefined) {
      if (header.err === OK) this.#watches.add(watch.kind, watch.path);
      else if (header.err === codes.NO_NODE && request.opcode === opcodes.exists) {
        this.#watches.add('exist', watch.path);
      }
    }
    if (this.#forgetCancelled(token)) return;
    const { zxid } = header;
    if (oversizeBytes > 0) {
      const outcome = request.onLoss === 'fail' ? 'unknown' : 'refused';
      const limit = this.#settings.maxFrameBytes;
      const reason = `the answer has ${oversizeBytes} bytes, and maxFrameBytes is ${limit}`;
      this.#fail(token, 'MARSHALLING_ERROR', outcome, reason);
    } else if (header.err === OK) {
      this.#out.push({ type: 'reply', token, zxid, body });
    } else {
      this.#out.push({ type: 'refused', token, code: header.err, zxid });
    }
  }

  #rearmed(rearm: RearmRequest, err: number): void {
    if (err !== OK) {
      this.#rearmComplete = false;
      for (const [kind, path] of rearm.watches) this.#watches.remove(kind, path);
    }
    if (--this.#rearming === 0) {
      this.#out.push({ type: 'rearmed', complete: this.#rearmComplete });
    }
  }

  #identified(err: number): void {
    const sent = this.#identitiesSent.shift();
    if (sent === undefined) throw new MalformedError('an answer about an identity we did not send');
    const { identity } = sent;
    const { token } = identity;
    identity.token = undefined;
    const isAwaited = token !== undefined && !this.#forgetCancelled(token);
    if (err === OK) {
      this.#acknowledged(sent.sentAt);
      identity.accepted = true;
      if (isAwaited) {
        this.#out.push({
          type: 'reply',
          token,
          zxid: this.#lastZxidSeen,
          body: new Reader(NOTHING),
        });
      }
      return;
    }
    this.#identities.splice(this.#identities.indexOf(identity), 1);
    if (isAwaited) this.#out.push({ type: 'refused', token, code: err, zxid: 0n });
    if (identity.required || identity.accepted) {
      this.#log('error', 'session.auth-failed', 'the server refused a credential of this client');
      this.#finish('authFailed');
    } else {
      this.#drop('the server refused a credential');
    }
  }

  /* Time. */

  #lookAtTheClock(): void {
    if (this.#now >= this.#closeBy) {
      this.#finish(undefined);
      return;
    }
    switch (this.#phase) {
      case 'dialing':
      case 'greeting':
      case 'burying':
        if (this.#now >= this.#connectBy) this.#drop('the server did not answer in time');
        break;
      case 'attached':
        this.#beat();
        break;
      default:
        break;
    }
    if (this.#key !== undefined && this.#phase !== 'attached' && !this.#presumedLost) {
      if (this.#now >= this.certainUntil) this.#presumeLost();
    }
    if (this.#phase === 'resting' && this.#now >= this.#dialAt) this.#dial();
  }

  #beat(): void {
    const what = this.#heartbeat.due(this.#now);
    if (what === 'ping') {
      this.#write(PING_XID, opcodes.ping, NOTHING);
      this.#heartbeat.pingSent(this.#now);
    } else if (what === 'dead') {
      this.#drop('the server did not answer in time');
    }
  }

  #presumeLost(): void {
    this.#presumedLost = true;
    this.#report();
    if (this.#settings.onPresumedLost !== 'newSession') return;
    // The old session may be alive. It must end before the new one begins, or its ephemeral nodes
    // would stand in the way of the new one's for as long as its time runs.
    if (this.#phase !== 'resting') {
      this.#disconnect();
      this.#phase = 'resting';
      this.#dialAt = this.#now;
    }
    this.#burial = this.#key;
    this.#endSession('given-up');
  }

  /* Telling. */

  /** Tells the state that follows from where we stand, when it is another than before. */
  #report(): void {
    this.#say(this.#stateNow());
  }

  #stateNow(): SessionState {
    if (this.#phase === 'attached') {
      return { type: 'connected', detail: this.#readOnly ? 'readOnly' : undefined };
    }
    const diverged = this.#choice.diverged;
    if (this.#key === undefined) {
      return { type: 'connecting', detail: diverged ? 'diverged' : undefined };
    }
    if (!this.#presumedLost) return { type: 'not-connected', detail: 'suspended' };
    return { type: 'not-connected', detail: diverged ? 'diverged' : 'presumedLost' };
  }

  #say(state: SessionState): void {
    if (state.type === this.#state.type && state.detail === this.#state.detail) return;
    this.#state = state;
    this.#out.push({ type: 'state', state });
  }

  #fail(
    token: Token,
    name: 'CONNECTION_LOSS' | 'SESSION_EXPIRED' | 'MARSHALLING_ERROR',
    outcome: 'refused' | 'unknown',
    reason: string,
  ): void {
    this.#out.push({ type: 'failed', token, name, outcome, reason });
  }

  #forgetCancelled(token: Token): boolean {
    return this.#cancelled.size > 0 && this.#cancelled.delete(token);
  }

  #nextXid(): number {
    const xid = this.#xid;
    this.#xid = xid === LAST_XID ? 1 : xid + 1;
    return xid;
  }

  #write(xid: number, opcode: number, payload: Uint8Array): void {
    const writer = this.#writer;
    writer.int(8 + payload.length);
    writer.int(xid);
    writer.int(opcode);
    writer.raw(payload);
    this.#heartbeat.sent(this.#now);
  }

  #flush(): void {
    if (this.#writer.position === 0) return;
    this.#out.push({ type: 'send', attempt: this.#attempt, bytes: this.#writer.copy() });
    this.#writer.clear();
  }

  #random(): number {
    const [a, b, c] = this.#host.randomBytes(3);
    return (a! * 65_536 + b! * 256 + c!) / 16_777_216;
  }

  #log(
    level: 'info' | 'warn' | 'error',
    event: string,
    message: string,
    fields: Readonly<Record<string, string | number | bigint | boolean | undefined>> = {},
  ): void {
    this.#host.log({ level, event, message, fields });
  }
}

const NOTHING = new Uint8Array(0);
