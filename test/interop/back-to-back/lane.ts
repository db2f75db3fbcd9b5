/**
 * One of the two servers being compared: keeps its connections and sessions, does one step at a
 * time, and returns everything that came of it. After each step every open connection is pinged,
 * so that an event that the step caused anywhere has arrived before the step counts as done.
 */
import { equalBytes } from '@vivarium/core/internal/base/bytes';
import { codes } from '@vivarium/core/internal/base/errors';
import type { HandshakeReply } from '@vivarium/core/internal/wire/connect';
import { opcodes, specialXids } from '@vivarium/core/internal/wire/operations';
import { answerOf, requestPayload, WireClient } from '../wire-client.js';
import {
  isEvent,
  type Names,
  type NormalEvent,
  type NormalReply,
  normalEvent,
  normalReply,
} from './normal-form.js';
import type { LaneView, Request, Step } from './steps.js';

/** One thing that reached one connection. */
export interface Item {
  readonly text: string;
  readonly frame?: Uint8Array;
  readonly request?: Request;
  readonly reply?: NormalReply;
  readonly event?: NormalEvent;
}

/** What a step brought to each connection, in order. */
export type Outcome = ReadonlyMap<number, readonly Item[]>;

/** A frame before it is read; `request` is what it answers. */
export interface RawItem {
  readonly frame: Uint8Array;
  readonly request: Request | undefined;
}

/** Falsifies what a server sent; for showing that the comparison notices. */
export interface Mutation {
  /** What one connection got in one step. */
  items?(items: readonly RawItem[]): readonly RawItem[];
  handshake?(reply: HandshakeReply): HandshakeReply;
}

interface Session {
  readonly id: bigint;
  readonly password: Uint8Array;
}

interface Connection {
  readonly client: WireClient;
  readonly session: number;
  /** Requests sent and not answered yet, oldest first. */
  readonly pending: Request[];
}

const CLOSE_LIMIT_MS = 2000;
const WRONG_PASSWORD_LIMIT_MS = 300;
const ANSWER_LIMIT_MS = 5000;
/** How far a node's time may be from this process's clock. */
const CLOCK_SLACK_MS = 10_000;
const PING: Request = {
  xid: specialXids.ping,
  code: opcodes.ping,
  label: 'ping',
  body: new Uint8Array(0),
};

export class Lane implements Names, LaneView {
  readonly name: string;
  readonly port: number;
  readonly old: boolean;
  mutation: Mutation | undefined;
  lastZxid = 0n;
  readonly #connections = new Map<number, Connection>();
  #sessions: Session[] = [];
  readonly #sessionNames = new Map<bigint, string>();
  readonly #times = new Map<bigint, number>();
  /** From which zxid on which number is subtracted to get the shared one. */
  readonly #offsets: { readonly from: bigint; readonly offset: bigint }[];
  readonly #startedAt = Date.now();

  /**
   * @param old the comparison is with a release before 3.9
   * @param offset what is subtracted from zxids to get the shared ones
   */
  constructor(name: string, port: number, old: boolean, offset = 0n) {
    this.name = name;
    this.port = port;
    this.old = old;
    this.#offsets = [{ from: -1n, offset }];
  }

  /** The same server, of which nothing has been seen yet; its last zxid is taken for `shared`. */
  fresh(shared: bigint): Lane {
    return new Lane(this.name, this.port, this.old, this.lastZxid - shared);
  }

  get openConnections(): readonly number[] {
    return [...this.#connections.keys()];
  }

  get sessionCount(): number {
    return this.#sessions.length;
  }

  /** The session of an open connection. */
  sessionOf(connection: number): number | undefined {
    return this.#connections.get(connection)?.session;
  }

  zxidBefore(back: number): bigint {
    const shared = this.sharedZxid - BigInt(back);
    let offset = 0n;
    for (const segment of this.#offsets) {
      if (shared + segment.offset >= segment.from) offset = segment.offset;
    }
    return shared + offset > 1n ? shared + offset : 1n;
  }

  /** The last zxid in shared numbers. */
  get sharedZxid(): bigint {
    return this.lastZxid - this.#offsets[this.#offsets.length - 1]!.offset;
  }

  /** Takes the last zxid for `shared`, and counts on from there. */
  alignTo(shared: bigint): void {
    this.#offsets.push({ from: this.lastZxid, offset: this.lastZxid - shared });
  }

  zxid(value: bigint): string {
    if (value === -1n) return 'none';
    if (value <= 0n) return String(value);
    let offset = 0n;
    for (const segment of this.#offsets) if (value >= segment.from) offset = segment.offset;
    return `z${value - offset}`;
  }

  session(value: bigint): string {
    return value === 0n ? 'none' : (this.#sessionNames.get(value) ?? 'unknown');
  }

  time(value: number, zxid: bigint): string {
    if (zxid === 0n) return String(value);
    const known = this.#times.get(zxid);
    if (known !== undefined) return known === value ? 't' : `${value} but before ${known}`;
    this.#times.set(zxid, value);
    const plausible =
      value > this.#startedAt - CLOCK_SLACK_MS && value < Date.now() + CLOCK_SLACK_MS;
    return plausible ? 't' : `implausible ${value}`;
  }

  /** Forgets the sessions of a run that is over. */
  forgetSessions(): void {
    for (const { client } of this.#connections.values()) client.destroy();
    this.#connections.clear();
    this.#sessions = [];
    this.#sessionNames.clear();
  }

  /** Drops one connection on this side only. */
  dropQuietly(connection: number): void {
    this.#connections.get(connection)?.client.destroy();
    this.#connections.delete(connection);
  }

  async perform(step: Step): Promise<Outcome> {
    const outcome = new Map<number, Item[]>();
    const own = await this.#act(step);
    if (own.length > 0) outcome.set(step.connection, own);
    if (step.type === 'connect') await this.#untilTakenOver(step);
    const settle = async (number: number) => {
      const items = await this.#settle(number, number === step.connection);
      if (items.length > 0) outcome.set(number, [...(outcome.get(number) ?? []), ...items]);
    };
    // Others are pinged only when the step's own replies are here, or a ping could overtake it.
    if (this.#connections.has(step.connection)) await settle(step.connection);
    const others = [...this.#connections.keys()].filter((number) => number !== step.connection);
    await Promise.all(others.map(settle));
    return outcome;
  }

  async #act(step: Step): Promise<Item[]> {
    switch (step.type) {
      case 'connect':
        return [{ text: await this.#connect(step) }];
      case 'drop':
        this.dropQuietly(step.connection);
        return [];
      case 'raw':
        this.#connections.get(step.connection)?.client.sendBytes(step.bytes);
        await this.#connections.get(step.connection)?.client.untilClosed(CLOSE_LIMIT_MS);
        return [];
      case 'send': {
        const connection = this.#connections.get(step.connection);
        if (connection === undefined) return [{ text: 'not connected' }];
        connection.client.sendFrames(
          step.requests.map((request) =>
            requestPayload(request.xid, request.code, this.#body(request)),
          ),
        );
        connection.pending.push(...step.requests);
        return [];
      }
    }
  }

  /**
   * Whoever takes up a session closes the connection that had it, a moment before or after being
   * answered. With a wrong password nobody has to be closed, so there the wait is short.
   */
  async #untilTakenOver(step: Step & { readonly type: 'connect' }): Promise<void> {
    if (step.session === 'new' || step.lastZxid === 'future') return;
    const limit = step.password === 'right' ? CLOSE_LIMIT_MS : WRONG_PASSWORD_LIMIT_MS;
    for (const [number, { client, session }] of this.#connections) {
      if (number === step.connection || session !== step.session) continue;
      await client.untilClosed(limit);
    }
  }

  #body(request: Request): Uint8Array {
    return typeof request.body === 'function' ? request.body(this) : request.body;
  }

  async #connect(step: Step & { readonly type: 'connect' }): Promise<string> {
    this.dropQuietly(step.connection);
    const known = step.session === 'new' ? undefined : this.#sessions[step.session];
    const client = await WireClient.open(this.port);
    const password = known?.password ?? new Uint8Array(16);
    const wrong = password.map((byte) => byte ^ 0x55);
    const honest = await client.handshake({
      timeOut: step.timeoutMs,
      sessionId: known?.id ?? 0n,
      passwd: { right: password, wrong, short: password.subarray(0, 7), null: null }[step.password],
      lastZxidSeen: { none: 0n, current: this.lastZxid, future: this.lastZxid + 1000n }[
        step.lastZxid
      ],
      readOnly: step.readOnly,
    });
    if (honest === undefined) return 'closed instead of answering';
    const reply = this.mutation?.handshake?.(honest) ?? honest;
    const text = this.#handshakeText(reply, known);
    if (reply.timeOut <= 0) {
      const closed = await client.untilClosed(CLOSE_LIMIT_MS);
      client.destroy();
      return `${text}${closed ? ', closed' : ', left open'}`;
    }
    let session = step.session;
    if (session === 'new') {
      session = this.#sessions.push({ id: reply.sessionId, password: reply.passwd! }) - 1;
      this.#sessionNames.set(reply.sessionId, `s${session}`);
    }
    this.#connections.set(step.connection, { client, session, pending: [] });
    return `${text}, session s${session}`;
  }

  #handshakeText(reply: HandshakeReply, known: Session | undefined): string {
    const password =
      reply.passwd === null
        ? 'null'
        : reply.passwd.every((byte) => byte === 0)
          ? `${reply.passwd.length} zeros`
          : known === undefined
            ? `new of ${reply.passwd.length}`
            : equalBytes(reply.passwd, known.password)
              ? 'as before'
              : 'another';
    const id = reply.sessionId === 0n ? '0' : reply.sessionId === known?.id ? 'as before' : 'new';
    return `handshake version ${reply.protocolVersion} timeout ${reply.timeOut} id ${id} password ${password} readOnly ${reply.readOnly}`;
  }

  /** Collects what a connection has to say, up to the answer of a ping. */
  async #settle(number: number, acted: boolean): Promise<Item[]> {
    const connection = this.#connections.get(number)!;
    const { client, pending } = connection;
    const raw: RawItem[] = [];
    let end = await this.#collect(connection, raw);
    if (end === 'answered' && acted && raw.some((item) => endsConnection(item))) {
      if (await client.untilClosed(CLOSE_LIMIT_MS)) end = 'closed';
    }
    if (end === 'answered') {
      client.sendFrame(requestPayload(PING.xid, PING.code, new Uint8Array(0)));
      pending.push(PING);
      end = await this.#collect(connection, raw);
    }
    if (end !== 'answered') {
      client.destroy();
      this.#connections.delete(number);
    }
    const items = (this.mutation?.items?.(raw) ?? raw).map((item) => this.#normal(item));
    if (end === 'closed') {
      const unanswered = pending.filter((request) => request !== PING).length;
      items.push({ text: `closed with ${unanswered} unanswered` });
    }
    if (end === 'silent') items.push({ text: `no answer to ${pending[0]?.label}` });
    return items.filter((item) => !isCalmPing(item));
  }

  async #collect(
    connection: Connection,
    into: RawItem[],
  ): Promise<'answered' | 'closed' | 'silent'> {
    const { client, pending } = connection;
    while (pending.length > 0) {
      let frame: Uint8Array | undefined;
      try {
        frame = await client.next(ANSWER_LIMIT_MS);
      } catch {
        return 'silent';
      }
      if (frame === undefined) return 'closed';
      if (isEvent(frame)) into.push({ frame, request: undefined });
      else into.push({ frame, request: pending.shift() });
    }
    if (!client.closed) return 'answered';
    for (let frame = await client.next(); frame; frame = await client.next()) {
      into.push({ frame, request: undefined });
    }
    return 'closed';
  }

  #normal({ frame, request }: RawItem): Item {
    if (request === undefined) {
      const event = normalEvent(frame, this);
      return { text: event.text, frame, event };
    }
    const reply = normalReply(frame, request.code, this);
    if (reply.zxid > this.lastZxid) this.lastZxid = reply.zxid;
    return { text: `${reply.text} to ${request.label}`, frame, request, reply };
  }
}

/** Whether the server closes the connection after this reply. */
function endsConnection({ frame, request }: RawItem): boolean {
  if (request === undefined) return false;
  const { header } = answerOf(frame);
  return (
    request.code === opcodes.closeSession ||
    (header.err === codes.UNIMPLEMENTED && header.zxid === -1n) ||
    (header.xid === specialXids.auth && header.err !== 0) ||
    request.code === opcodes.sasl
  );
}

/** A ping's answer says nothing unless it fails. */
function isCalmPing({ request, reply }: Item): boolean {
  return request === PING && reply?.err === 0 && reply.xid === PING.xid;
}
