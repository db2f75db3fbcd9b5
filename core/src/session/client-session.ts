import type { Host } from '../base/host.js';
import type { Millis } from '../base/ids.js';
import { readConnectResponse } from '../wire/connect.js';
import { opcodes } from '../wire/operations.js';
import { MalformedError, Reader } from '../wire/reader.js';
import type { EndReason } from './announcer.js';
import { Announcer } from './announcer.js';
import { Attempt } from './attempt.js';
import type { Turn } from './conversation.js';
import { Conversation } from './conversation.js';
import type { SessionEffect } from './effects.js';
import { Identities } from './identity.js';
import type { SessionBatch, SessionInput, SessionRequest } from './inputs.js';
import { Outbox } from './outbox.js';
import type { Phase } from './phase.js';
import { isAsking } from './phase.js';
import { Progress } from './progress.js';
import { ReplyFrames } from './reply-frames.js';
import { Scout } from './scout.js';
import { randomFrom, ServerChoice } from './server-choice.js';
import type { SessionSettings } from './settings.js';
import type { SessionKey } from './tenure.js';
import { Tenure } from './tenure.js';
import { Tray } from './tray.js';
import { WatchRegistry } from './watch-registry.js';

/** How long a closing client waits for the server's word. */
const CLOSE_MS = 1_000;

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
 * - What has been seen is never unseen: `lastZxidSeen` goes into every greeting, of later sessions
 *   too, so a server that is behind turns us away.
 */
export class ClientSession<Token> {
  readonly #settings: SessionSettings;
  readonly #tray: Tray<Token>;
  readonly #choice: ServerChoice;
  readonly #scout: Scout<Token>;
  readonly #announcer: Announcer<Token>;
  readonly #outbox = new Outbox<Token>();
  /** What has been seen and answered; read only from outside. */
  readonly progress = new Progress();
  /** The session and how sure we may be of it; read only from outside. */
  readonly tenure: Tenure;
  /** Watches that would be set again on the next connection; read only from outside. */
  readonly watches = new WatchRegistry();
  readonly #identities = new Identities<Token>();
  #phase: Phase = 'unborn';
  /** When a closing client stops waiting; plus infinity while it is not closing. */
  #closeBy = Number.POSITIVE_INFINITY;

  /** The server we talk to, or try; read only from outside. */
  readonly attempt: Attempt<Token>;
  #dialAt: Millis = 0;
  #frames: ReplyFrames;
  #conversation: Conversation<Token> | undefined;

  constructor(settings: SessionSettings, host: Pick<Host, 'randomBytes' | 'log'>) {
    this.#settings = settings;
    this.#tray = new Tray((event) => host.log(event));
    this.#announcer = new Announcer(this.#tray);
    this.tenure = new Tenure(settings, this.progress);
    this.#choice = new ServerChoice(settings.serverCount, settings.keepOrder, randomFrom(host));
    this.attempt = new Attempt(this.#tray, this.#choice);
    this.#scout = new Scout(this.#tray, this.#choice, settings);
    this.#frames = new ReplyFrames(settings.maxFrameBytes);
  }

  get queued(): number {
    return this.#outbox.length + (this.#conversation?.held ?? 0);
  }
  get inFlight(): number {
    return this.#conversation?.inFlight ?? 0;
  }
  /** When to step again if no input comes before; plus infinity for never. */
  get wakeAt(): Millis {
    const presumedAt = this.#mayPresumeLost ? this.tenure.presumedAt : Number.POSITIVE_INFINITY;
    return Math.min(this.#phaseDeadline, presumedAt, this.#closeBy, this.#scout.wakeAt);
  }

  get #phaseDeadline(): Millis {
    if (this.#phase === 'resting') return this.#dialAt;
    if (this.#phase === 'attached') return this.#conversation!.wakeAt;
    return isAsking(this.#phase) ? this.attempt.deadline : Number.POSITIVE_INFINITY;
  }

  get #isClosing(): boolean {
    return this.#closeBy !== Number.POSITIVE_INFINITY;
  }

  get #mayPresumeLost(): boolean {
    return this.tenure.key !== undefined && this.#phase !== 'attached' && !this.tenure.presumedLost;
  }

  /** Takes what happened, in order, and appends what to do about it to `out`. */
  step(batch: SessionBatch<Token>, out: SessionEffect<Token>[]): void {
    const tray = this.#tray;
    tray.out = out;
    tray.now = Math.max(tray.now, batch.now);
    if (this.#phase === 'unborn') {
      this.#phase = 'resting';
      this.#dialAt = tray.now;
      this.#announcer.begin();
    }
    for (const input of batch.inputs) this.#take(input);
    this.#lookAtTheClock();
    tray.flush(this.attempt.number);
  }

  #take(input: SessionInput<Token>): void {
    if (this.#phase === 'closed') {
      this.#tray.refuse(input);
      return;
    }
    if (this.#scout.took(input, this.progress)) return;
    switch (input.type) {
      case 'transport-opened':
        if (input.attempt === this.attempt.number && this.#phase === 'dialing') this.#greet();
        break;
      case 'transport-bytes':
        if (input.attempt === this.attempt.number) this.#received(input.bytes);
        break;
      case 'transport-closed':
        if (input.attempt !== this.attempt.number || this.#phase === 'resting') break;
        if (this.#phase === 'greeting') this.attempt.hungUp();
        this.#cut(input.reason);
        break;
      case 'host-ping':
        if (input.attempt === this.attempt.number) this.#conversation?.pinged(input);
        break;
      case 'request':
        this.#request(input.request);
        break;
      case 'cancel':
        this.#tray.cancel(input.token);
        if (this.#conversation === undefined) this.#outbox.sweep(this.#tray);
        break;
      case 'auth': {
        const identity = this.#identities.add(input);
        this.#conversation?.identify(identity);
        break;
      }
      case 'forget-watch':
        this.watches.remove(input.kind, input.path);
        break;
      case 'servers':
        this.#relist(input.servers);
        break;
      case 'close':
        this.#close();
        break;
    }
  }

  /* Connecting. */

  #dial(): void {
    this.#phase = 'dialing';
    this.attempt.dial(this.tenure);
  }

  #greet(): void {
    this.#phase = 'greeting';
    this.#frames = new ReplyFrames(this.#settings.maxFrameBytes);
    this.attempt.greet(this.#settings, this.tenure, this.progress);
  }

  #greeted(frame: Uint8Array): void {
    const reply = readConnectResponse(new Reader(frame));
    if (this.attempt.isProbe) {
      this.#choice.serves(this.attempt.server);
      this.#dialAnew();
      return;
    }
    if (reply.timeOut <= 0) {
      this.#turnedAway();
      return;
    }
    this.#choice.wasAnswered();
    if (this.tenure.burial !== undefined) {
      this.#phase = 'burying';
      this.attempt.deadline = this.#tray.now + CLOSE_MS;
      this.#tray.frame(this.progress.nextXid(), opcodes.closeSession, NOTHING);
      return;
    }
    const key = { id: reply.sessionId, password: (reply.passwd ?? NOTHING).slice() };
    this.#attach(key, reply.timeOut, reply.readOnly === true);
  }

  /** The server says that the session we offered is over. */
  #turnedAway(): void {
    if (this.tenure.burial === undefined && this.attempt.offered === undefined) {
      this.#drop('the server gave no session');
      return;
    }
    const wasBurial = this.tenure.burial !== undefined;
    this.tenure.burial = undefined;
    this.#dialAnew();
    if (!wasBurial) this.#endSession('expired');
  }

  #attach(key: SessionKey, timeoutMs: Millis, readOnly: boolean): void {
    const isNew = this.tenure.key?.id !== key.id;
    if (isNew && this.tenure.key !== undefined) this.#endSession('expired');
    this.tenure.held(key, timeoutMs, readOnly);
    this.#phase = 'attached';
    this.progress.attached(isNew);
    if (readOnly) this.#scout.begin(this.attempt.server);
    else this.progress.acknowledged(this.attempt.greetedAt);
    const conversation = new Conversation(
      this.#tray,
      this.watches,
      this.progress,
      timeoutMs,
      this.#settings.maxFrameBytes,
      !readOnly,
    );
    this.#conversation = conversation;
    this.#announcer.attached(key, timeoutMs, isNew);
    this.#report();
    for (const identity of this.#identities) conversation.identify(identity);
    conversation.rearm();
    for (const request of this.#outbox.take()) this.#request(request);
  }

  #received(bytes: Uint8Array): void {
    this.#frames.push(bytes);
    const { number } = this.attempt;
    try {
      while (number === this.attempt.number) {
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
    } else if (turn.type === 'over') {
      this.#drop('the session has ended, or has moved');
    } else if (this.#identities.refused(turn.identity)) {
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
    this.#tray.flush(this.attempt.number);
    this.#tray.out.push({ type: 'disconnect', attempt: this.attempt.number });
  }

  /** Ends the connection, to which nothing was entrusted yet, and tries another at once. */
  #dialAnew(): void {
    this.#disconnect();
    this.#phase = 'resting';
    this.#dialAt = this.#tray.now;
  }

  /** The connection is gone, whoever ended it. */
  #cut(reason: string): void {
    const phase = this.#phase;
    const { now, writer } = this.#tray;
    writer.clear();
    this.#scout.stop();
    this.#phase = 'resting';
    this.#tray.log('info', 'session.cut', reason, { phase, server: this.attempt.server });
    if (phase === 'burying') this.tenure.burial = undefined;
    else if (this.#conversation?.wasOfUse === true) this.#choice.succeeded();
    else this.#choice.failed();
    this.#dialAt = now + this.attempt.waitMs(this.tenure, phase);
    const again = this.#conversation?.abandon(`the connection was lost: ${reason}`) ?? [];
    this.#conversation = undefined;
    this.#outbox.putBack(again);
    if (this.#isClosing) this.#finish(undefined);
    else this.#report();
  }

  #endSession(reason: EndReason): void {
    const key = this.tenure.key;
    if (key === undefined) return;
    this.tenure.end();
    this.#announcer.ended(key, reason);
    this.#outbox.refuseBound(this.#tray);
    if (reason === 'closed') return;
    this.#report({ type: 'not-connected', detail: 'lost' });
    this.#report();
  }

  #presumeLost(): void {
    this.tenure.presumedLost = true;
    this.#report();
    if (this.#settings.onPresumedLost !== 'newSession') return;
    // The old session may be alive. It must end before the new one begins, or its ephemeral nodes
    // would stand in the way of the new one's for as long as its time runs.
    if (this.#phase !== 'resting') this.#dialAnew();
    this.tenure.burial = this.tenure.key;
    this.#endSession('given-up');
  }

  #close(): void {
    if (this.#isClosing) return;
    this.#scout.stop();
    this.#outbox.refuseAll(this.#tray);
    this.#closeBy = this.#tray.now + CLOSE_MS;
    if (this.#conversation === undefined) this.#finish(undefined);
    else this.#conversation.close();
  }

  #finish(detail: 'authFailed' | undefined): void {
    if (this.#phase !== 'resting') this.#disconnect();
    this.#scout.stop();
    this.#phase = 'closed';
    this.#closeBy = Number.POSITIVE_INFINITY;
    for (const request of this.#conversation?.abandon('the client was closed') ?? []) {
      this.#tray.fail(request.token, 'CONNECTION_LOSS', 'refused', 'the client was closed');
    }
    this.#conversation = undefined;
    this.#outbox.refuseAll(this.#tray);
    this.#identities.refuseAll(this.#tray);
    this.#endSession('closed');
    this.#report({ type: 'closed', detail });
  }

  /* Requests and time. */

  #request(request: SessionRequest<Token>): void {
    if (this.#isClosing) this.#tray.refuseClosed(request.token);
    else if (!this.#tray.admits(request, this.tenure.key?.id)) return;
    else if (this.#conversation === undefined) this.#outbox.add(request);
    else this.#conversation.request(request);
  }

  #lookAtTheClock(): void {
    const { now } = this.#tray;
    if (now >= this.#closeBy) {
      this.#finish(undefined);
      return;
    }
    if (this.#phase === 'attached') {
      const hasFound = this.#scout.step();
      const reason = hasFound ? 'another server takes writes' : this.#conversation!.beat();
      if (reason !== undefined) this.#drop(reason);
    } else if (this.#phase !== 'resting' && now >= this.#phaseDeadline) {
      this.#drop('the server did not answer in time');
    }
    if (this.#mayPresumeLost && now >= this.tenure.presumedAt) this.#presumeLost();
    if (this.#phase === 'resting' && now >= this.#dialAt) this.#dial();
  }

  /** The list of servers is another; see {@link ServerChoice.replace} for when that is a reason. */
  #relist(servers: readonly number[]): void {
    if (this.#isClosing) return;
    const { server } = this.attempt;
    const isMoving = this.#choice.replace(servers, server);
    if (this.#phase === 'attached') {
      if (isMoving) this.#conversation!.leave();
      else this.#conversation!.stay();
      return;
    }
    if (this.#phase === 'resting') {
      this.#dialAt = Math.min(this.#dialAt, this.#tray.now + this.#choice.delayMs());
    } else if (this.#phase !== 'burying' && (isMoving || !this.#choice.has(server))) {
      this.#dialAnew();
    }
    this.#report();
  }

  #report(state = this.tenure.state(this.#phase === 'attached', this.#choice.diverged)): void {
    this.#announcer.state(state);
  }
}

const NOTHING = new Uint8Array(0);
