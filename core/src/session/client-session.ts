import type { Host } from '../base/host.js';
import type { Millis } from '../base/ids.js';
import { hexLong } from '../base/long.js';
import { PASSWORD_LENGTH, readConnectResponse, writeConnectRequest } from '../wire/connect.js';
import { opcodes } from '../wire/operations.js';
import { MalformedError, Reader } from '../wire/reader.js';
import { AuthPacket } from '../wire/records.js';
import { encode } from '../wire/types.js';
import type { Turn } from './conversation.js';
import { Conversation } from './conversation.js';
import type { SessionEffect, SessionState } from './effects.js';
import type { Identity } from './identity.js';
import type { SessionBatch, SessionInput, SessionRequest } from './inputs.js';
import { Outbox } from './outbox.js';
import { Progress } from './progress.js';
import { ReplyFrames } from './reply-frames.js';
import { ServerChoice } from './server-choice.js';
import type { SessionSettings } from './settings.js';
import { marginOf } from './settings.js';
import { Tray } from './tray.js';
import type { WatchKind } from './watch-registry.js';
import { WatchRegistry } from './watch-registry.js';

/** How long a closing client waits for the server's word. */
const CLOSE_MS = 1_000;
/** A session id that no server gives out; greets a server that only has to show that it serves. */
const PROBE_SESSION = 1n;

interface SessionKey {
  readonly id: bigint;
  readonly password: Uint8Array;
}

/**
 * - `unborn`: before the first step.
 * - `resting`: no connection; one is tried at `dialAt`.
 * - `dialing`: a transport is being opened.
 * - `greeting`: the connect request was sent.
 * - `attached`: the server holds our session.
 * - `burying`: the server holds a session that was given up, and is asked to close it.
 * - `closed`: for good.
 */
type Phase = 'unborn' | 'resting' | 'dialing' | 'greeting' | 'attached' | 'burying' | 'closed';

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
  readonly #tray: Tray<Token>;
  readonly #choice: ServerChoice;
  readonly #outbox = new Outbox<Token>();
  readonly #watches = new WatchRegistry();
  readonly #progress = new Progress();
  readonly #identities: Identity<Token>[] = [];
  #phase: Phase = 'unborn';
  #state: SessionState = { type: 'connecting', detail: undefined };
  /** When a closing client stops waiting; plus infinity while it is not closing. */
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
  #conversation: Conversation<Token> | undefined;
  #generation = 0;

  /* The session. */
  #key: SessionKey | undefined;
  /** A session that was given up and may still live at the servers. */
  #burial: SessionKey | undefined;
  #timeoutMs: Millis;
  #readOnly = false;
  #presumedLost = false;

  constructor(settings: SessionSettings, host: Pick<Host, 'randomBytes' | 'log'>) {
    this.#settings = settings;
    this.#host = host;
    this.#tray = new Tray((event) => host.log(event));
    this.#timeoutMs = settings.timeoutMs;
    this.#choice = new ServerChoice(settings.serverCount, settings.keepOrder, () => this.#random());
    this.#frames = new ReplyFrames(settings.maxFrameBytes);
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
  get lastAckSentAt(): Millis {
    return this.#progress.lastAckSentAt;
  }
  /** Until when the server cannot have expired the session; minus infinity when there is none. */
  get certainUntil(): Millis {
    if (this.#key === undefined) return Number.NEGATIVE_INFINITY;
    const margin = marginOf(this.#timeoutMs, this.#settings.marginMs);
    return this.#progress.lastAckSentAt + this.#timeoutMs - margin;
  }
  get lastZxidSeen(): bigint {
    return this.#progress.lastZxidSeen;
  }
  /** Number of connections that got as far as holding the session. */
  get generation(): number {
    return this.#generation;
  }
  get queued(): number {
    return this.#outbox.length;
  }
  get inFlight(): number {
    return this.#conversation?.inFlight ?? 0;
  }
  get watchCount(): number {
    return this.#watches.size;
  }
  /** Whether a watch would be set again on the next connection. */
  hasWatch(kind: WatchKind, path: string): boolean {
    return this.#watches.has(kind, path);
  }

  /** When to step again if no input comes before; plus infinity for never. */
  get wakeAt(): Millis {
    const presumedAt = this.#mayPresumeLost ? this.certainUntil : Number.POSITIVE_INFINITY;
    return Math.min(this.#phaseDeadline, presumedAt, this.#closeBy);
  }

  get #phaseDeadline(): Millis {
    switch (this.#phase) {
      case 'resting':
        return this.#dialAt;
      case 'dialing':
      case 'greeting':
      case 'burying':
        return this.#connectBy;
      case 'attached':
        return this.#conversation!.wakeAt;
      default:
        return Number.POSITIVE_INFINITY;
    }
  }

  get #isClosing(): boolean {
    return this.#closeBy !== Number.POSITIVE_INFINITY;
  }

  get #mayPresumeLost(): boolean {
    return this.#key !== undefined && this.#phase !== 'attached' && !this.#presumedLost;
  }

  /** Takes what happened, in order, and appends what to do about it to `out`. */
  step(batch: SessionBatch<Token>, out: SessionEffect<Token>[]): void {
    const tray = this.#tray;
    tray.out = out;
    tray.now = Math.max(tray.now, batch.now);
    if (this.#phase === 'unborn') {
      this.#phase = 'resting';
      this.#dialAt = tray.now;
      out.push({ type: 'state', state: this.#state });
    }
    for (const input of batch.inputs) this.#take(input);
    this.#lookAtTheClock();
    tray.flush(this.#attempt);
  }

  #take(input: SessionInput<Token>): void {
    if (this.#phase === 'closed') {
      if (input.type === 'request') this.#tray.refuseClosed(input.request.token);
      if (input.type === 'auth') this.#tray.refuseClosed(input.token);
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
        this.#tray.cancel(input.token);
        break;
      case 'auth': {
        const payload = encode(AuthPacket, { type: 0, scheme: input.scheme, auth: input.auth });
        const { token, required } = input;
        const identity: Identity<Token> = { payload, required, token, accepted: false };
        this.#identities.push(identity);
        this.#conversation?.identify(identity);
        break;
      }
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
    this.#connectBy = this.#tray.now + Math.min(share, (this.#timeoutMs * 2) / 3);
    this.#tray.out.push({ type: 'open', attempt: this.#attempt, server: this.#server });
  }

  #greet(): void {
    const { now, writer } = this.#tray;
    this.#phase = 'greeting';
    this.#frames = new ReplyFrames(this.#settings.maxFrameBytes);
    this.#isProbe = this.#choice.isSuspicious(this.#server, now);
    // A session that a read-only server made is known to that server alone.
    this.#offered = this.#burial ?? (this.#readOnly ? undefined : this.#key);
    this.#greetingSentAt = now;
    const start = writer.position;
    writer.int(0);
    writeConnectRequest(writer, {
      protocolVersion: 0,
      timeOut: this.#settings.timeoutMs,
      ...(this.#isProbe
        ? { lastZxidSeen: 0n, sessionId: PROBE_SESSION, passwd: NO_PASSWORD, readOnly: true }
        : {
            lastZxidSeen: this.#progress.lastZxidSeen,
            sessionId: this.#offered?.id ?? 0n,
            passwd: this.#offered?.password ?? NO_PASSWORD,
            readOnly: this.#settings.readOnly,
          }),
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
    if (this.#burial !== undefined) {
      this.#phase = 'burying';
      this.#connectBy = this.#tray.now + CLOSE_MS;
      this.#tray.frame(this.#progress.nextXid(), opcodes.closeSession, NOTHING);
      return;
    }
    const key = { id: reply.sessionId, password: (reply.passwd ?? NO_PASSWORD).slice() };
    this.#attach(key, reply.timeOut, reply.readOnly === true);
  }

  /** The server says that the session we offered is over. */
  #turnedAway(): void {
    if (this.#burial === undefined && this.#offered === undefined) {
      this.#drop('the server gave no session');
      return;
    }
    const wasBurial = this.#burial !== undefined;
    this.#burial = undefined;
    this.#disconnect();
    this.#phase = 'resting';
    this.#dialAt = this.#tray.now;
    if (!wasBurial) this.#endSession('expired');
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
    const { lastAckSentAt } = this.#progress;
    this.#progress.lastAckSentAt = isNew
      ? this.#greetingSentAt
      : Math.max(lastAckSentAt, this.#greetingSentAt);
    const conversation = new Conversation(
      this.#tray,
      this.#watches,
      this.#progress,
      timeoutMs,
      this.#settings.maxFrameBytes,
    );
    this.#conversation = conversation;
    if (isNew) this.#tray.out.push({ type: 'session-began', id: key.id, timeoutMs });
    const facts = { session: hexLong(key.id), timeoutMs, isNew };
    this.#tray.log('info', 'session.attached', 'a server holds the session', facts);
    this.#report();
    for (const identity of this.#identities) conversation.identify(identity);
    conversation.rearm();
    for (const request of this.#outbox.take()) this.#request(request);
  }

  #received(bytes: Uint8Array): void {
    this.#frames.push(bytes);
    const attempt = this.#attempt;
    try {
      while (attempt === this.#attempt) {
        if (this.#phase !== 'greeting' && this.#phase !== 'attached') return;
        const frame = this.#frames.next();
        if (frame === undefined) return;
        if (this.#phase === 'greeting') this.#greeted(frame.bytes);
        else this.#turn(this.#conversation!.hear(frame));
      }
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#drop(`the server sent what cannot be read: ${error.message}`);
    }
  }

  #turn(turn: Turn<Token> | undefined): void {
    if (turn === undefined) return;
    if (turn.type === 'closed') {
      this.#finish(undefined);
      return;
    }
    const { identity } = turn;
    this.#identities.splice(this.#identities.indexOf(identity), 1);
    if (identity.required || identity.accepted) {
      this.#tray.log('error', 'session.auth-failed', 'the server refused a credential');
      this.#finish('authFailed');
    } else {
      this.#drop('the server refused a credential');
    }
  }

  /* Losing the connection, or the session. */

  /** Ends the connection from our side. */
  #drop(reason: string): void {
    this.#disconnect();
    this.#cut(reason);
  }

  #disconnect(): void {
    this.#tray.flush(this.#attempt);
    this.#tray.out.push({ type: 'disconnect', attempt: this.#attempt });
  }

  /** The connection is gone, whoever ended it. */
  #cut(reason: string): void {
    const phase = this.#phase;
    const { now, writer } = this.#tray;
    writer.clear();
    this.#phase = 'resting';
    this.#tray.log('info', 'session.cut', reason, { phase, server: this.#server });
    if (phase === 'greeting' && !this.#isProbe) this.#choice.hungUp(this.#server, now);
    if (phase === 'dialing' || phase === 'greeting') this.#choice.failed();
    if (phase === 'burying') this.#burial = undefined;
    this.#dialAt = now + (phase === 'burying' ? 0 : this.#choice.delayMs());
    const again = this.#conversation?.abandon(`the connection was lost: ${reason}`) ?? [];
    this.#conversation = undefined;
    this.#outbox.putBack(again);
    if (this.#isClosing) this.#finish(undefined);
    else this.#report();
  }

  #endSession(reason: 'expired' | 'closed' | 'given-up'): void {
    const key = this.#key;
    if (key === undefined) return;
    this.#key = undefined;
    this.#readOnly = false;
    this.#presumedLost = false;
    this.#tray.out.push({ type: 'session-ended', id: key.id, reason });
    const level = reason === 'closed' ? 'info' : 'warn';
    const facts = { session: hexLong(key.id), reason };
    this.#tray.log(level, 'session.ended', 'the session is over', facts);
    for (const { token } of this.#outbox.remove(
      ({ outlivesSession, session }) => !outlivesSession || session !== undefined,
    )) {
      if (this.#tray.wasCancelled(token)) continue;
      this.#tray.fail(token, 'SESSION_EXPIRED', 'refused', 'the session ended before it was sent');
    }
    if (reason === 'closed') return;
    this.#say({ type: 'not-connected', detail: 'lost' });
    this.#report();
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
      this.#dialAt = this.#tray.now;
    }
    this.#burial = this.#key;
    this.#endSession('given-up');
  }

  #close(): void {
    if (this.#isClosing) return;
    for (const { token } of this.#outbox.take()) this.#tray.refuseClosed(token);
    this.#closeBy = this.#tray.now + CLOSE_MS;
    if (this.#conversation === undefined) this.#finish(undefined);
    else this.#conversation.close();
  }

  #finish(detail: 'authFailed' | undefined): void {
    if (this.#phase !== 'resting') this.#disconnect();
    this.#phase = 'closed';
    this.#closeBy = Number.POSITIVE_INFINITY;
    for (const request of this.#conversation?.abandon('the client was closed') ?? []) {
      this.#tray.fail(request.token, 'CONNECTION_LOSS', 'refused', 'the client was closed');
    }
    this.#conversation = undefined;
    for (const { token } of this.#outbox.take()) this.#tray.refuseClosed(token);
    for (const { token } of this.#identities) {
      if (token !== undefined) this.#tray.refuseClosed(token);
    }
    this.#endSession('closed');
    this.#say({ type: 'closed', detail });
  }

  /* Requests and time. */

  #request(request: SessionRequest<Token>): void {
    const { token, session } = request;
    if (this.#tray.wasCancelled(token)) return;
    if (this.#isClosing) {
      this.#tray.refuseClosed(token);
    } else if (session !== undefined && session !== this.#key?.id) {
      this.#tray.fail(token, 'SESSION_EXPIRED', 'refused', 'the session it was meant for is over');
    } else if (this.#conversation === undefined) {
      this.#outbox.add(request);
    } else {
      this.#conversation.request(request);
    }
  }

  #lookAtTheClock(): void {
    const { now } = this.#tray;
    if (now >= this.#closeBy) {
      this.#finish(undefined);
      return;
    }
    if (this.#phase === 'attached') {
      if (this.#conversation!.beat()) this.#drop('the server did not answer in time');
    } else if (this.#phase !== 'resting' && now >= this.#phaseDeadline) {
      this.#drop('the server did not answer in time');
    }
    if (this.#mayPresumeLost && now >= this.certainUntil) this.#presumeLost();
    if (this.#phase === 'resting' && now >= this.#dialAt) this.#dial();
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
    this.#tray.out.push({ type: 'state', state });
  }

  #random(): number {
    const [a, b, c] = this.#host.randomBytes(3);
    return (a! * 65_536 + b! * 256 + c!) / 16_777_216;
  }
}

const NOTHING = new Uint8Array(0);
const NO_PASSWORD = new Uint8Array(PASSWORD_LENGTH);
