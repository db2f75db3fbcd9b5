/**
 * A client of the checked load: it works on whichever server takes it, moves to another now and
 * then with its requests under way, comes back with its session after every loss, and begins a new
 * one when the old is gone. All it says and hears is written down.
 */
import { equalBytes } from '@vivarium/core/internal/base/bytes';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { PathResponse } from '@vivarium/core/internal/wire/records';
import {
  type ConnectionHistory,
  type HeardReply,
  type History,
  sessionOf,
} from '../../sim/world/history.js';
import type { Random } from '../back-to-back/random.js';
import { type Choice, Choices } from './choices.js';
import { type Place, RecordedConnection } from './recorded-connection.js';

export interface RecordedClientOptions {
  readonly name: string;
  readonly timeoutMs: number;
  readonly random: Random;
  readonly history: History;
  /** All servers, whether they are up or not. */
  readonly places: readonly Place[];
  /** Requests under way at most. */
  readonly window: number;
  /** Rests so long, at most, before it goes on. */
  readonly restMs: number;
  /** Whether it ever leaves a server that serves it. */
  readonly moves: boolean;
}

/** Of all clients of this process: each connection has a number of its own. */
let connectionsOpened = 0;

const RETRY_MS = 20;
const MOVE_CHANCE = 0.004;

export class RecordedClient {
  readonly name: string;
  /** What a server must never do, as seen from here. */
  readonly problems: string[] = [];
  readonly #options: RecordedClientOptions;
  readonly #choices: Choices;
  #session = 0n;
  #password: Uint8Array = new Uint8Array(16);
  #seenZxid = 0n;
  #xid = 0;
  #connection: RecordedConnection | undefined;
  #works = false;
  #isOver = false;
  #workTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  /** Told of everything that may end somebody's waiting. */
  #changed: () => void = () => {};

  constructor(options: RecordedClientOptions) {
    this.#options = options;
    this.name = options.name;
    this.#choices = new Choices(options.name, options.random);
  }

  get isAttached(): boolean {
    const history = this.#connection?.history;
    return history !== undefined && sessionOf(history) !== 0n;
  }

  /** Connects, and from now on always will. */
  open(): void {
    this.#heartbeat = setInterval(() => this.#beat(), this.#options.timeoutMs / 6);
    this.#connect();
  }

  /** Sends requests, one after the other, until {@link rest}. */
  work(): void {
    this.#works = true;
    this.#goOn();
  }

  /** Sends nothing more; resolves when all is answered, or will never be. */
  async rest(): Promise<void> {
    this.#works = false;
    clearTimeout(this.#workTimer);
    await this.#until(() => this.#connection === undefined || this.#connection.outstanding === 0);
  }

  /** Resolves when a server has taken it in. @throws when none does in time */
  async untilAttached(limitMs = 30_000): Promise<void> {
    await this.#until(() => this.isAttached, limitMs);
  }

  /** Sends one request and resolves with its answer; undefined when there will be none. */
  async ask(choice: Choice): Promise<HeardReply | undefined> {
    const connection = this.#connection;
    if (connection === undefined || !this.isAttached) return undefined;
    this.#send([choice]);
    const request = connection.history.requests.at(-1)!;
    await this.#until(() => request.reply !== undefined || this.#connection !== connection);
    return request.reply;
  }

  /** Ends its session, when there is one, and its part. */
  async close(): Promise<void> {
    await this.ask({ opcode: opcodes.closeSession, body: new Uint8Array(0) });
    this.leave();
  }

  /** Goes without a word. */
  leave(): void {
    this.#isOver = true;
    clearTimeout(this.#workTimer);
    clearTimeout(this.#retryTimer);
    clearInterval(this.#heartbeat);
    this.#connection?.leave();
    this.#connection = undefined;
  }

  #connect(): void {
    if (this.#isOver) return;
    const { history, random, places, name, timeoutMs } = this.#options;
    const place = random.pick(places);
    const own: ConnectionHistory = {
      server: `${place.host}:${place.port}`,
      ...{ client: name, number: connectionsOpened++, requests: [], heard: [] },
      ...{ greeting: undefined, welcome: undefined },
    };
    const greeting = {
      protocolVersion: 0,
      lastZxidSeen: this.#seenZxid,
      timeOut: timeoutMs,
      sessionId: this.#session,
      passwd: this.#password,
      readOnly: false,
    };
    const connection = new RecordedConnection(place, own, greeting, {
      connected: () => history.connections.push(own),
      welcomed: () => this.#welcomed(own),
      heard: (reply) => this.#heard(reply),
      closed: () => {
        if (this.#connection !== connection) return;
        this.#connection = undefined;
        this.#changed();
        if (!this.#isOver) this.#retryTimer = setTimeout(() => this.#connect(), RETRY_MS);
      },
      nonsense: (what) => {
        const where = `connection ${own.number} to ${place.host}`;
        this.problems.push(`C2: ${name}, ${where}: ${what}`);
      },
    });
    this.#connection = connection;
  }

  #welcomed({ welcome }: ConnectionHistory): void {
    const { sessionId, passwd, timeOut } = welcome!;
    const { name, timeoutMs } = this.#options;
    if (timeOut <= 0) {
      this.#session = 0n;
      this.#password = new Uint8Array(16);
      this.#connection?.leave();
      return;
    }
    if (this.#session !== 0n) {
      if (sessionId !== this.#session) this.problems.push(`${name} was given another session`);
      const isSame = passwd !== null && equalBytes(passwd, this.#password);
      if (!isSame) this.problems.push(`${name} was given another password for its session`);
    }
    if (timeOut !== timeoutMs) this.problems.push(`${name} was given a timeout of ${timeOut} ms`);
    this.#session = sessionId;
    this.#password = passwd ?? this.#password;
    this.#changed();
    this.#goOn();
  }

  #heard({ request, zxid, err, body }: HeardReply): void {
    if (zxid > this.#seenZxid) this.#seenZxid = zxid;
    if (request.opcode === opcodes.create && err === 0) {
      const { path } = PathResponse.read(new Reader(body));
      if (path !== null && /\d{10}$/.test(path)) this.#choices.made(path);
    }
    if (request.opcode === opcodes.closeSession) this.#session = 0n;
    this.#changed();
    this.#goOn();
  }

  /** Sends more when half of the window is free, after a short rest. */
  #goOn(): void {
    const { window, restMs, random, moves } = this.#options;
    const connection = this.#connection;
    if (!this.#works || connection === undefined || !this.isAttached) return;
    if (connection.outstanding > window / 2) return;
    clearTimeout(this.#workTimer);
    this.#workTimer = setTimeout(() => {
      if (!this.#works || this.#connection !== connection) return;
      const count = 1 + random.below(window - connection.outstanding);
      this.#send(Array.from({ length: count }, () => this.#choices.next()));
      if (moves && random.chance(MOVE_CHANCE)) connection.leave();
    }, random.below(restMs));
  }

  #send(choices: readonly Choice[]): void {
    this.#connection!.send(choices, this.#xid + 1);
    this.#xid += choices.length;
  }

  /** A server that says nothing for two thirds of the timeout is left, as clients do. */
  #beat(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const patience = this.isAttached ? 2 / 3 : 1 / 3;
    if (connection.silentMs > this.#options.timeoutMs * patience) connection.leave();
    else if (this.isAttached) connection.ping();
  }

  async #until(holds: () => boolean, limitMs?: number): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = limitMs === undefined ? undefined : setTimeout(late, limitMs, this.name);
      function late(name: string): void {
        reject(new Error(`${name} was not taken in by any server within ${limitMs} ms`));
      }
      this.#changed = () => {
        if (!holds()) return;
        this.#changed = () => {};
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
