/** Thousands of sessions that do nothing but stay alive, and come back when they are cut. */
import { connect, type Socket } from 'node:net';
import {
  type Handshake,
  readConnectResponse,
  writeConnectRequest,
} from '@vivarium/core/internal/wire/connect';
import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import { opcodes, specialXids } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { ReplyHeader } from '@vivarium/core/internal/wire/records';
import { Writer } from '@vivarium/core/internal/wire/writer';
import type { Random } from '../back-to-back/random.js';
import type { Place } from '../load/recorded-connection.js';

/** As many as Java lets wait to be accepted: one more would try again only after a second. */
const DIALS_MOST = 40;
const LONGEST_FRAME = 1024;
const RETRY_MS = 100;
/** A server that takes a connection and does not answer is left after so long. */
const PATIENCE_MS = 3000;
const SWEEPS_IN_TIMEOUT = 6;

export interface CrowdOptions {
  readonly sessions: number;
  readonly timeoutMs: number;
  readonly places: readonly Place[];
  readonly random: Random;
}

export class SessionCrowd {
  /** Sessions that a server has refused: they have expired. */
  expired = 0;
  readonly #options: CrowdOptions;
  readonly #sessions: readonly CrowdSession[];
  readonly #waiting: CrowdSession[] = [];
  readonly #sweep: ReturnType<typeof setInterval>;
  #dials = 0;
  #attached = 0;
  #isOver = false;
  #changed: () => void = () => {};

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#sessions = Array.from({ length: options.sessions }, () => new CrowdSession());
    this.#waiting.push(...this.#sessions);
    this.#sweep = setInterval(() => this.#beat(), options.timeoutMs / SWEEPS_IN_TIMEOUT);
    this.#dial();
  }

  get attached(): number {
    return this.#attached;
  }

  /** Waits until every session is attached. @throws when not all are in time */
  async untilAllAttached(limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs;
    while (this.#attached < this.#sessions.length) {
      const left = deadline - performance.now();
      if (left <= 0) {
        const { length } = this.#sessions;
        throw new Error(`${this.#attached} of ${length} sessions are attached in ${limitMs} ms`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Waits until not all are attached any more. */
  async untilCut(limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs;
    while (this.#attached === this.#sessions.length && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Closes every connection; the sessions are left to expire. */
  leave(): void {
    this.#isOver = true;
    clearInterval(this.#sweep);
    for (const { socket } of this.#sessions) socket?.destroy();
  }

  #dial(): void {
    while (!this.#isOver && this.#dials < DIALS_MOST) {
      const session = this.#waiting.shift();
      if (session === undefined) return;
      this.#dials++;
      this.#connect(session);
    }
  }

  #connect(session: CrowdSession): void {
    const { places, random, timeoutMs } = this.#options;
    const splitter = new FrameSplitter(LONGEST_FRAME);
    let isWelcome = false;
    const socket = connect({ ...random.pick(places), noDelay: true });
    const patience = setTimeout(() => socket.destroy(), PATIENCE_MS);
    session.socket = socket;
    socket.on('connect', () => socket.write(greetingOf(session, timeoutMs)));
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      splitter.push(bytes);
      for (let frame = splitter.next(); frame; frame = splitter.next()) {
        if (isWelcome) {
          const { zxid } = ReplyHeader.read(new Reader(frame));
          if (zxid > session.seenZxid) session.seenZxid = zxid;
          continue;
        }
        const { timeOut, sessionId, passwd } = readConnectResponse(new Reader(frame));
        if (timeOut <= 0) {
          this.expired++;
          session.id = 0n;
          session.password = new Uint8Array(16);
          socket.destroy();
          return;
        }
        isWelcome = true;
        clearTimeout(patience);
        this.#dials--;
        session.id = sessionId;
        session.password = new Uint8Array(passwd!);
        this.#attached++;
        if (this.#attached === this.#sessions.length) this.#changed();
        this.#dial();
      }
    });
    socket.on('close', () => {
      clearTimeout(patience);
      if (isWelcome) this.#attached--;
      else this.#dials--;
      if (this.#isOver) return;
      // Who was cut comes back at once; who found nobody there takes a breath.
      if (isWelcome) this.#again(session);
      else setTimeout(() => this.#again(session), RETRY_MS);
    });
  }

  #again(session: CrowdSession): void {
    this.#waiting.push(session);
    this.#dial();
  }

  #beat(): void {
    for (const { socket } of this.#sessions) if (socket?.readyState === 'open') socket.write(PING);
  }
}

class CrowdSession {
  id = 0n;
  password: Uint8Array = new Uint8Array(16);
  seenZxid = 0n;
  socket: Socket | undefined;
}

function greetingOf({ id, password, seenZxid }: CrowdSession, timeOut: number): Uint8Array {
  const greeting: Handshake = {
    protocolVersion: 0,
    lastZxidSeen: seenZxid,
    timeOut,
    sessionId: id,
    passwd: password,
    readOnly: false,
  };
  const payload = new Writer();
  writeConnectRequest(payload, greeting);
  const frame = new Writer();
  frame.int(payload.copy().length);
  frame.raw(payload.copy());
  return frame.copy();
}

const PING = ((): Uint8Array => {
  const frame = new Writer();
  frame.int(8);
  frame.int(specialXids.ping);
  frame.int(opcodes.ping);
  return frame.copy();
})();
