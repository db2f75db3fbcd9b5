/** A client of a server machine: it makes requests byte by byte and reads what comes back. */
import { errorNameOf } from '@vivarium/core/internal/base/errors';
import type { SessionId, Zxid } from '@vivarium/core/internal/base/ids';
import type { Input } from '@vivarium/core/internal/seam/inputs';
import {
  type Handshake,
  type HandshakeReply,
  readConnectResponse,
  writeConnectRequest,
} from '@vivarium/core/internal/wire/connect';
import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import {
  type MultiOp,
  type MultiReadOp,
  type MultiResult,
  readMultiResponse,
  writeMultiRequest,
} from '@vivarium/core/internal/wire/multi';
import {
  type OperationName,
  operations,
  type RequestOf,
  type ResponseOf,
  specialXids,
} from '@vivarium/core/internal/wire/operations';
import { OPEN_ACL } from '@vivarium/core/internal/wire/permissions';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { WatcherEvent } from '@vivarium/core/internal/wire/records';
import type { JuteType } from '@vivarium/core/internal/wire/types';
import type { Writer } from '@vivarium/core/internal/wire/writer';
import { framed } from '../../support/framed.js';
import type { PeerRig } from './rig.js';

/** A frame from the server after the handshake. */
export interface Frame {
  readonly xid: number;
  readonly zxid: Zxid;
  readonly err: number;
  readonly body: Uint8Array;
}

/** An answer whose error has its name, `OK` for none. */
export interface Answer<T> {
  readonly error: string;
  readonly zxid: Zxid;
  readonly body: T | undefined;
}

type Step = Pick<PeerRig, 'step'>;
const NO_PASSWORD = new Uint8Array(16);

export class RigClient {
  readonly id: number;
  readonly #rig: Step;
  readonly #splitter = new FrameSplitter(10_000_000);
  /** The handshake's answer, once it came. */
  welcome: HandshakeReply | undefined = undefined;
  /** Frames after the handshake that `take` has not fetched, oldest first. */
  frames: Frame[] = [];
  closedBecause: string | undefined = undefined;
  #xid = 0;

  constructor(rig: Step, id: number) {
    this.#rig = rig;
    this.id = id;
  }

  get session(): SessionId {
    return this.welcome!.sessionId;
  }

  get isClosed(): boolean {
    return this.closedBecause !== undefined;
  }

  /** Its bytes as an input, for steps with several. */
  input(bytes: Uint8Array): Input {
    return { type: 'connection-bytes', connection: this.id, bytes };
  }

  /** Sends the first frame of a connection. */
  greet(more: Partial<Handshake> = {}): void {
    this.#rig.step(this.input(greeting(more)));
  }

  /** Comes back for the session of another connection. */
  resume(other: RigClient, more: Partial<Handshake> = {}): void {
    const { sessionId, passwd } = other.welcome!;
    this.greet({ sessionId, passwd, ...more });
  }

  send(bytes: Uint8Array): void {
    this.#rig.step(this.input(bytes));
  }

  /** The input of one request; each has the next xid. */
  request<N extends OperationName>(name: N, body: RequestOf<N>): Input {
    return this.input(this.frame(name, body));
  }

  frame<N extends OperationName>(name: N, body: RequestOf<N>, xid = ++this.#xid): Uint8Array {
    const { code, request } = operations[name];
    return requestFrame(xid, code, (to) => (request as JuteType<unknown>).write(to, body));
  }

  multiFrame(ops: readonly (MultiOp | MultiReadOp)[], name: 'multi' | 'multiRead' = 'multi') {
    return requestFrame(++this.#xid, operations[name].code, (to) => writeMultiRequest(to, ops));
  }

  /** Asks and waits for the answer, which must be the newest frame. */
  ask<N extends OperationName>(name: N, body: RequestOf<N>): Answer<ResponseOf<N>> {
    this.send(this.frame(name, body));
    return this.answerOf(name, this.#newest(this.#xid));
  }

  /** The code of an answer, by its name. */
  errorOf<N extends OperationName>(name: N, body: RequestOf<N>): string {
    return this.ask(name, body).error;
  }

  multi(
    ops: readonly (MultiOp | MultiReadOp)[],
    name: 'multi' | 'multiRead' = 'multi',
  ): Answer<readonly MultiResult[]> {
    this.send(this.multiFrame(ops, name));
    const { err, zxid, body } = this.#newest(this.#xid);
    const results = err === 0 ? readMultiResponse(new Reader(body)) : undefined;
    return { error: nameOf(err), zxid, body: results };
  }

  /** Says who it is. Returns the code of the answer, by its name. */
  authenticate(scheme: string, credentials: string): string {
    const auth = new TextEncoder().encode(credentials);
    this.send(this.frame('auth', { type: 0, scheme, auth }, specialXids.auth));
    return nameOf(this.#newest(specialXids.auth).err);
  }

  create(path: string, text = '', flags = 0, acl: RequestOf<'create'>['acl'] = OPEN_ACL): string {
    return this.errorOf('create', { path, data: bytesOf(text), acl, flags });
  }

  /** The events that came and were not taken, taken away. */
  takeEvents(): { type: number; path: string; zxid: Zxid }[] {
    const events = this.frames.filter(({ xid }) => xid === specialXids.notification);
    this.frames = this.frames.filter(({ xid }) => xid !== specialXids.notification);
    return events.map(({ zxid, body }) => {
      const { type, path } = WatcherEvent.read(new Reader(body));
      return { type, path, zxid };
    });
  }

  /** Takes all frames away. */
  take(): Frame[] {
    const { frames } = this;
    this.frames = [];
    return frames;
  }

  /** Xids of the frames that came, in order. */
  get xids(): number[] {
    return this.frames.map(({ xid }) => xid);
  }

  answerOf<N extends OperationName>(name: N, frame: Frame): Answer<ResponseOf<N>> {
    const { response } = operations[name];
    const read = () =>
      (response as unknown as JuteType<ResponseOf<N>>).read(new Reader(frame.body));
    const body = frame.err === 0 ? read() : undefined;
    return { error: nameOf(frame.err), zxid: frame.zxid, body };
  }

  took(bytes: Uint8Array): void {
    this.#splitter.push(bytes);
    for (let at = this.#splitter.next(); at !== undefined; at = this.#splitter.next()) {
      const from = new Reader(at);
      if (this.welcome === undefined) {
        this.welcome = readConnectResponse(from);
        continue;
      }
      const frame = { xid: from.int(), zxid: from.long(), err: from.int() };
      this.frames.push({ ...frame, body: at.subarray(from.position) });
    }
  }

  wasClosed(reason: string): void {
    this.closedBecause = reason;
  }

  /** Goes away without a word. */
  vanish(): void {
    this.#rig.step({ type: 'connection-closed', connection: this.id, reason: 'gone' });
    this.closedBecause ??= 'it went away';
  }

  #newest(xid: number): Frame {
    const at = this.frames.findIndex((frame) => frame.xid === xid);
    if (at < 0) throw new Error(`no answer to ${xid}; there are [${this.xids}]`);
    return this.frames.splice(at, 1)[0]!;
  }
}

/** The frame of a handshake; `readOnly` may be left out with undefined. */
export function greeting(more: Partial<Handshake> = {}): Uint8Array {
  const request = {
    protocolVersion: 0,
    lastZxidSeen: 0n,
    timeOut: 6_000,
    sessionId: 0n,
    passwd: NO_PASSWORD,
    readOnly: false,
    ...more,
  };
  return framed((to) => writeConnectRequest(to, request));
}

/** A request of any opcode. */
export function requestFrame(
  xid: number,
  code: number,
  body: (to: Writer) => void = () => {},
): Uint8Array {
  return framed((to) => {
    to.int(xid);
    to.int(code);
    body(to);
  });
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array | null | undefined): string {
  return new TextDecoder().decode(bytes ?? new Uint8Array(0));
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function nameOf(code: number): string {
  return code === 0 ? 'OK' : (errorNameOf(code) ?? String(code));
}
