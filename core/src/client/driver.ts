import type { ErrorName, Outcome } from '../base/errors.js';
import type { LogEvent } from '../base/log-event.js';
import { ClientSession } from '../session/client-session.js';
import type { SessionEffect, SessionState } from '../session/effects.js';
import type { HostPing, SessionInput, SessionRequest } from '../session/inputs.js';
import type { SessionSettings } from '../session/settings.js';
import type { WatchKind } from '../session/watch-registry.js';
import type { Reader } from '../wire/reader.js';
import type { ClientHost, ServerAddress, Transport, TransportEvents } from './client-host.js';
import { serverName } from './connect-string.js';
import type { ConnectionNews } from './diagnostics.js';
import type { KnownServers } from './known-servers.js';
import type { PunctualClock } from './punctual-clock.js';
import { RequestTraces } from './request-traces.js';

/** Who waits for the answer to a request. Called at most once, from the one dispatch. */
export interface Waiter {
  replied(body: Reader, zxid: bigint): void;
  refused(code: number, zxid: bigint): void;
  failed(name: ErrorName, outcome: Outcome, reason: string): void;
}

/** What a session tells besides answers, in wire order with them. */
export interface SessionListener {
  stateChanged(state: SessionState): void;
  sessionBegan(id: bigint, timeoutMs: number): void;
  sessionEnded(id: bigint): void;
  watchFired(event: number, path: string, zxid: bigint): void;
  /** A watch was set that its caller will not hear of. */
  watchLeft(kind: WatchKind, path: string): void;
  rearmed(complete: boolean): void;
}

/** A connection, and where it leads. */
interface Line {
  readonly server: ServerAddress;
  readonly transport: Transport;
}

/**
 * Connects the session machine with the world: hands it what happens, in batches, and carries out
 * what it asks. All answers and events leave from one synchronous loop, in wire order; whatever
 * they lead to is an input of the next step.
 */
export class Driver {
  readonly session: ClientSession<Waiter>;
  readonly clock: PunctualClock;
  readonly #host: ClientHost;
  readonly #servers: KnownServers;
  readonly #listener: SessionListener;
  /** How long pings go on without us; undefined when they do not. */
  readonly #maxStallMs: number | undefined;
  #inputs: SessionInput<Waiter>[] = [];
  #isScheduled = false;
  #isStepping = false;
  /** By attempt. */
  readonly #lines = new Map<number, Line>();
  /** When the newest ping of the host's that the session was told of was answered. */
  #toldPingOf = Number.NEGATIVE_INFINITY;
  readonly #traces: RequestTraces<Waiter> | undefined;
  #stopTimer: (() => void) | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(
    host: ClientHost,
    clock: PunctualClock,
    servers: KnownServers,
    settings: SessionSettings,
    listener: SessionListener,
    log: (event: LogEvent) => void,
    maxStallMs: number | undefined,
    chroot: string,
  ) {
    this.#maxStallMs = maxStallMs;
    this.#host = host;
    this.clock = clock;
    this.#servers = servers;
    this.#listener = listener;
    const randomBytes = (count: number) => host.randomBytes(count);
    this.session = new ClientSession(settings, { randomBytes, log });
    const place = () => ({ server: this.server, session: this.session.tenure.key?.id });
    if (host.diagnostics !== undefined) {
      this.#traces = new RequestTraces(host.diagnostics.request, chroot, place);
    }
  }

  /** Told after each request that sets a one-shot watch of a path, or removes watches of it. */
  touchedWatches: (path: string) => void = () => {};

  /** When the newest ping, write or sync that was answered was sent, also by the host. */
  get lastAckSentAt(): number {
    const { progress, tenure } = this.session;
    const ping = tenure.readOnly ? undefined : this.#hostPing();
    return Math.max(progress.lastAckSentAt, ping?.sentAt ?? Number.NEGATIVE_INFINITY);
  }

  /** See `Client.certainUntil`. */
  get certainUntil(): number {
    return this.session.tenure.certainFrom(this.lastAckSentAt);
  }

  /** The newest ping of the host's that the present connection has answered. */
  #hostPing(): HostPing | undefined {
    if (this.#maxStallMs === undefined) return undefined;
    const attempt = this.session.attempt.number;
    const ping = this.#lines.get(attempt)?.transport.answeredPing?.();
    if (ping === undefined) return undefined;
    const { clock } = this;
    return { attempt, sentAt: clock.at(ping.sentAt), answeredAt: clock.at(ping.answeredAt) };
  }

  /** Sees to it that the session is told of it, before anything that comes from now on. */
  #hearHostPing(): void {
    const ping = this.#hostPing();
    if (ping === undefined || ping.answeredAt <= this.#toldPingOf) return;
    this.#toldPingOf = ping.answeredAt;
    this.#inputs.push({ type: 'host-ping', ...ping });
  }

  /** The server that we are with, or try, or have tried last. */
  get server(): string | undefined {
    const server = this.#servers.at(this.session.attempt.server);
    return server === undefined ? undefined : serverName(server);
  }

  /** Hands an input to the next step, which comes once the code now running has finished. */
  submit(input: SessionInput<Waiter>): void {
    if (input.type === 'cancel') this.#traces?.aborted(input.token);
    if (input.type === 'request' && this.#traces?.isWanted === true) {
      this.#traces.begin(input.request, () => this.#enqueue(input));
    } else {
      this.#enqueue(input);
    }
  }

  #enqueue(input: SessionInput<Waiter>): void {
    this.#inputs.push(input);
    if (input.type === 'request') this.#touch(input.request);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#host.soon(() => {
      if (this.#isScheduled) this.#step();
    });
  }

  #touch({ watch, unwatch }: SessionRequest<Waiter>): void {
    if (unwatch !== undefined) this.touchedWatches(unwatch.path);
    else if (watch?.kind === 'data' || watch?.kind === 'child') this.touchedWatches(watch.path);
  }

  /** Takes back an order to cancel that came too late to matter. */
  withdrawCancel(token: Waiter): void {
    this.#inputs = this.#inputs.filter((input) => input.type !== 'cancel' || input.token !== token);
  }

  /** Starts connecting. */
  start(): void {
    this.#step();
  }

  /** For input from outside, which cannot be late: steps now unless a step is under way. */
  #happened(input: SessionInput<Waiter>): void {
    if (!this.#isStepping) this.clock.runDue();
    if (this.#isStepping) {
      this.submit(input);
    } else {
      this.#inputs.push(input);
      this.#step();
    }
  }

  #step(): void {
    this.#isScheduled = false;
    this.#isStepping = true;
    this.#hearHostPing();
    const inputs = this.#inputs;
    this.#inputs = [];
    const effects: SessionEffect<Waiter>[] = [];
    try {
      this.session.step({ now: this.clock.now(), inputs }, effects);
      for (let i = 0; i < effects.length; i++) this.#carryOut(effects[i]!);
    } finally {
      this.#isStepping = false;
    }
    this.#setTimer(this.session.wakeAt);
  }

  #carryOut(effect: SessionEffect<Waiter>): void {
    switch (effect.type) {
      case 'reply':
        this.#traces?.replied(effect.token, effect.zxid, effect.body.remaining);
        effect.token.replied(effect.body, effect.zxid);
        break;
      case 'event':
        this.#listener.watchFired(effect.event, effect.path, effect.zxid);
        break;
      case 'watch-left':
        this.#listener.watchLeft(effect.kind, effect.path);
        break;
      case 'refused':
        this.#traces?.refused(effect.token, effect.code, effect.zxid);
        effect.token.refused(effect.code, effect.zxid);
        break;
      case 'failed':
        this.#traces?.failed(effect.token, effect.name, effect.outcome, effect.reason);
        effect.token.failed(effect.name, effect.outcome, effect.reason);
        break;
      case 'send':
        this.#lines.get(effect.attempt)?.transport.send(effect.bytes);
        break;
      case 'open':
        this.#open(effect.attempt, this.#servers.at(effect.server)!);
        break;
      case 'disconnect':
        this.#disconnect(effect.attempt);
        break;
      case 'state':
        this.#listener.stateChanged(effect.state);
        break;
      case 'session-began':
        this.#listener.sessionBegan(effect.id, effect.timeoutMs);
        break;
      case 'session-ended':
        this.#listener.sessionEnded(effect.id);
        break;
      case 'rearmed':
        this.#listener.rearmed(effect.complete);
        break;
    }
  }

  #tellConnection(
    type: ConnectionNews['type'],
    attempt: number,
    server: ServerAddress,
    reason?: string,
  ): void {
    const channel = this.#host.diagnostics?.connection;
    if (channel?.hasSubscribers !== true) return;
    const purpose = attempt < 0 ? 'scout' : 'session';
    channel.publish({ type, server: serverName(server), attempt, purpose, reason });
  }

  #disconnect(attempt: number): void {
    const line = this.#lines.get(attempt);
    if (line === undefined) return;
    this.#lines.delete(attempt);
    line.transport.close();
    this.#tellConnection('closed', attempt, line.server, 'the client is done with it');
  }

  #open(attempt: number, server: ServerAddress): void {
    const tell = (type: ConnectionNews['type'], reason?: string) =>
      this.#tellConnection(type, attempt, server, reason);
    tell('opening');
    const events: TransportEvents = {
      opened: () => {
        tell('opened');
        this.#happened({ type: 'transport-opened', attempt });
      },
      received: (bytes) => this.#happened({ type: 'transport-bytes', attempt, bytes }),
      closed: (reason) => {
        tell('closed', reason);
        this.#hearHostPing();
        this.#lines.delete(attempt);
        this.#happened({ type: 'transport-closed', attempt, reason });
      },
    };
    const { openBeating } = this.#host;
    const isBeating = attempt > 0 && this.#maxStallMs !== undefined && openBeating !== undefined;
    const transport = isBeating
      ? openBeating(server, events, this.#maxStallMs)
      : this.#host.open(server, events);
    this.#lines.set(attempt, { server, transport });
  }

  /** One timer serves; it may fire early and then only looks again. */
  #setTimer(at: number): void {
    if (at >= this.#timerAt && at !== Number.POSITIVE_INFINITY) return;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#timerAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.max(0, Math.ceil(at - this.clock.now()));
    this.#stopTimer = this.#host.setTimer(delayMs, () => {
      this.#stopTimer = undefined;
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#step();
    });
  }
}
