/** A session machine in a test's hands: its clock, its transport and what it said. */
import { ClientSession } from '@vivarium/core/internal/session/client-session';
import type { SessionEffect } from '@vivarium/core/internal/session/effects';
import type { SessionInput, SessionRequest } from '@vivarium/core/internal/session/inputs';
import type { SessionSettings } from '@vivarium/core/internal/session/settings';
import { readConnectRequest, writeConnectResponse } from '@vivarium/core/internal/wire/connect';
import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import { operations } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { ReadRequest, WatcherEvent } from '@vivarium/core/internal/wire/records';
import { encode } from '@vivarium/core/internal/wire/types';
import { framed } from '../../support/framed.js';

type Input = SessionInput<string>;
type Effect = SessionEffect<string>;

/** A request as it stood in the bytes sent. */
export interface SentFrame {
  readonly xid: number;
  readonly opcode: number;
  readonly body: Reader;
}

const DEFAULTS: SessionSettings = {
  serverCount: 1,
  timeoutMs: 6_000,
  readOnly: false,
  maxFrameBytes: 10_000,
  marginMs: undefined,
  onPresumedLost: 'resume',
  keepOrder: true,
};

export class SessionRig {
  readonly session: ClientSession<string>;
  now = 1_000;
  /** Everything the machine has said since `take`. */
  effects: Effect[] = [];
  /** Number of the newest `open` for the session itself. */
  attempt = 0;

  constructor(settings: Partial<SessionSettings> = {}) {
    let seed = 1;
    this.session = new ClientSession<string>(
      { ...DEFAULTS, ...settings },
      {
        log() {},
        randomBytes: (count) =>
          Uint8Array.from({ length: count }, () => {
            seed = (seed * 48_271) % 0x7fff_ffff;
            return seed & 0xff;
          }),
      },
    );
    this.step();
  }

  step(...inputs: Input[]): void {
    const from = this.effects.length;
    this.session.step({ now: this.now, inputs }, this.effects);
    for (const effect of this.effects.slice(from)) {
      if (effect.type === 'open' && effect.attempt > 0) this.attempt = effect.attempt;
    }
  }

  /** Lets time pass, stepping whenever the machine asked to be woken. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (let steps = 0; this.session.wakeAt <= end; steps++) {
      if (steps > 1_000) throw new Error('the machine keeps itself awake');
      this.now = Math.max(this.now, this.session.wakeAt);
      this.step();
    }
    this.now = end;
    this.step();
  }

  /** Lets time pass until a connection is asked for. */
  untilDialed(): void {
    const before = this.attempt;
    for (let i = 0; this.attempt === before; i++) {
      if (i > 1_000) throw new Error('no connection was asked for');
      this.now = Math.max(this.now, this.session.wakeAt);
      this.step();
    }
  }

  take(): Effect[] {
    const { effects } = this;
    this.effects = [];
    return effects;
  }

  /** Effects of one type, the oldest first; they stay. */
  of<T extends Effect['type']>(type: T): Extract<Effect, { type: T }>[] {
    return this.effects.filter((e): e is Extract<Effect, { type: T }> => e.type === type);
  }

  states(): string[] {
    return this.of('state').map(({ state }) => `${state.type} ${state.detail ?? ''}`.trim());
  }

  opened(): void {
    this.step({ type: 'transport-opened', attempt: this.attempt });
  }

  closed(reason = 'cut'): void {
    this.step({ type: 'transport-closed', attempt: this.attempt, reason });
  }

  bytes(bytes: Uint8Array): void {
    this.step({ type: 'transport-bytes', attempt: this.attempt, bytes });
  }

  /** The greeting in the newest `send`. */
  greeting() {
    return readConnectRequest(new Reader(this.#newestSend().subarray(4)));
  }

  welcome(sessionId = 7n, timeOut = 6_000, readOnly = false): void {
    this.bytes(welcomeFrame(sessionId, timeOut, readOnly));
  }

  /** Connects up to a session. */
  attach(sessionId = 7n): this {
    this.opened();
    this.welcome(sessionId);
    return this;
  }

  /** Frames of all `send`s since `take`, without greetings. */
  sent(): SentFrame[] {
    const frames: SentFrame[] = [];
    for (const { attempt, bytes } of this.of('send')) {
      if (attempt < 0) continue;
      const splitter = new FrameSplitter(1_000_000);
      splitter.push(bytes);
      for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) {
        const body = new Reader(frame);
        frames.push({ xid: body.int(), opcode: body.int(), body });
      }
    }
    return frames;
  }

  #newestSend(): Uint8Array {
    return this.of('send').at(-1)!.bytes;
  }

  request(token: string, more: Partial<SessionRequest<string>> = {}): void {
    this.step({ type: 'request', request: requestOf(token, more) });
  }

  answer(xid: number, { zxid = 1n, err = 0, body = NOTHING }: Answering = {}): void {
    this.bytes(answerFrame(xid, zxid, err, body));
  }

  event(type: number, path: string, zxid = -1n): void {
    this.answer(-1, { zxid, body: encode(WatcherEvent, { type, state: 3, path }) });
  }
}

/** A server's answer to a greeting. */
export function welcomeFrame(sessionId: bigint, timeOut: number, readOnly: boolean): Uint8Array {
  const passwd = new Uint8Array(16).fill(9);
  return framed((to) =>
    writeConnectResponse(to, { protocolVersion: 0, timeOut, sessionId, passwd, readOnly }),
  );
}

export function requestOf(
  token: string,
  more: Partial<SessionRequest<string>> = {},
): SessionRequest<string> {
  return {
    token,
    opcode: operations.getData.code,
    payload: encode(ReadRequest, { path: `/${token}`, watch: false }),
    onLoss: 'resend',
    outlivesSession: true,
    ...more,
  };
}

/** What makes a request a write: it may not run twice, and belongs to its session. */
export const write: Partial<SessionRequest<string>> = {
  opcode: operations.setData.code,
  onLoss: 'fail',
  outlivesSession: false,
};

export function answerFrame(xid: number, zxid: bigint, err: number, body: Uint8Array): Uint8Array {
  return framed((to) => {
    to.int(xid);
    to.long(zxid);
    to.int(err);
    to.raw(body);
  });
}

interface Answering {
  readonly zxid?: bigint;
  readonly err?: number;
  readonly body?: Uint8Array;
}

const NOTHING = new Uint8Array(0);
