/** A client that writes as fast as it is answered, and remembers all it sent and heard. */
import { equalBytes } from '@vivarium/core/internal/base/bytes';
import { OK } from '@vivarium/core/internal/base/errors';
import { type MultiResult, readMultiResponse } from '@vivarium/core/internal/wire/multi';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { Create2Response, type Stat, StatResponse } from '@vivarium/core/internal/wire/records';
import type { Random } from '../back-to-back/random.js';
import { answerOf, requestPayload, WireClient } from '../wire-client.js';
import { chooseWrite, encodeWrite, type Owned, type Write } from './writes.js';

/** One write, and what was said to it. */
export interface Sent {
  readonly xid: number;
  readonly write: Write | 'closeSession';
  readonly sentAt: number;
  /** Number of the connection it went over, within its session. */
  readonly connection: number;
  reply: Reply | undefined;
}

export interface Reply {
  readonly zxid: bigint;
  readonly err: number;
  readonly path?: string;
  readonly stat?: Stat;
  readonly results?: readonly MultiResult[];
}

const WINDOW = 64;

/** One session, over as many connections as it needs. */
export class LoadClient {
  readonly name: string;
  readonly timeoutMs: number;
  readonly history: Sent[] = [];
  session = 0n;
  password: Uint8Array = new Uint8Array(16);
  /** Wall clock of the newest request that was answered. */
  heardSince = 0;
  /** The highest zxid that any reply has told. */
  seenZxid = 0n;
  /** What a server must never do, as seen from here. */
  readonly problems: string[] = [];
  readonly #random: Random;
  readonly #owned: Owned;
  #client: WireClient | undefined;
  #waiting: Sent[] = [];
  #xid = 0;
  #connections = 0;
  #working: Promise<void> = Promise.resolve();

  constructor(name: string, timeoutMs: number, random: Random) {
    this.name = name;
    this.timeoutMs = timeoutMs;
    this.#random = random;
    this.#owned = { name, paths: [], count: 0 };
  }

  /** Opens or takes up the session. `gone` when the server says that it does not exist. */
  async attach(port: number): Promise<'attached' | 'gone' | 'unanswered'> {
    const sentAt = Date.now();
    const client = await WireClient.open(port).catch(() => undefined);
    if (client === undefined) return 'unanswered';
    const reply = await client
      .handshake({
        sessionId: this.session,
        passwd: this.password,
        timeOut: this.timeoutMs,
        lastZxidSeen: this.seenZxid,
      })
      .catch(() => undefined);
    if (reply === undefined) {
      client.destroy();
      return 'unanswered';
    }
    if (reply.timeOut <= 0) {
      client.destroy();
      return 'gone';
    }
    if (this.session !== 0n && reply.sessionId !== this.session) {
      this.problems.push(`${this.name} asked for its session and got another`);
    }
    if (this.session !== 0n && !equalBytes(reply.passwd!, this.password)) {
      this.problems.push(`${this.name} got a new password for its session`);
    }
    if (reply.timeOut !== this.timeoutMs) {
      this.problems.push(`${this.name} got a timeout of ${reply.timeOut} ms`);
    }
    this.session = reply.sessionId;
    this.password = reply.passwd!;
    this.heardSince = sentAt;
    this.#client = client;
    this.#connections++;
    this.#waiting = [];
    return 'attached';
  }

  /** Writes until the connection ends. */
  start(): void {
    this.#working = this.#work();
  }

  /** Resolves when everything that reached this side of a dead connection has been read. */
  async drained(): Promise<void> {
    await this.#working;
    this.#client?.destroy();
    this.#client = undefined;
  }

  /** Sends one write and waits for its reply. */
  async once(write: Sent['write']): Promise<Reply | undefined> {
    const sent = this.#send([write])[0]!;
    while (this.#waiting.includes(sent)) if (!(await this.#hear())) break;
    return sent.reply;
  }

  /** Closes the connection; the session stays. */
  leave(): void {
    this.#client?.destroy();
    this.#client = undefined;
  }

  async #work(): Promise<void> {
    for (;;) {
      const room = WINDOW - this.#waiting.length;
      if (room > WINDOW / 2) {
        this.#send(Array.from({ length: room }, () => chooseWrite(this.#random, this.#owned)));
      }
      if (!(await this.#hear())) return;
    }
  }

  #send(writes: readonly Sent['write'][]): readonly Sent[] {
    const sentAt = Date.now();
    const all = writes.map((write) => ({
      xid: ++this.#xid,
      write,
      sentAt,
      connection: this.#connections,
      reply: undefined,
    }));
    this.#client!.sendFrames(
      all.map(({ xid, write }) => {
        if (write === 'closeSession') {
          return requestPayload(xid, opcodes.closeSession, new Uint8Array(0));
        }
        const { code, body } = encodeWrite(write);
        return requestPayload(xid, code, body);
      }),
    );
    this.history.push(...all);
    this.#waiting.push(...all);
    return all;
  }

  /** Takes one reply in; false when the connection has ended. */
  async #hear(): Promise<boolean> {
    const frame = await this.#client!.next(60_000).catch(() => undefined);
    if (frame === undefined) return false;
    const { header, body } = answerOf(frame);
    const sent = this.#waiting.shift();
    if (sent === undefined || sent.xid !== header.xid) {
      this.problems.push(`${this.name} got a reply to ${header.xid}, not to ${sent?.xid}`);
      return false;
    }
    if (header.zxid < this.seenZxid) {
      this.problems.push(`${this.name} saw zxid ${header.zxid} after ${this.seenZxid}`);
    }
    this.seenZxid = header.zxid;
    this.heardSince = sent.sentAt;
    const { write } = sent;
    let more: Partial<Reply> = {};
    if (header.err === 0 && write !== 'closeSession') {
      if (write.op === 'multi') more = { results: readMultiResponse(body) };
      else if (write.op === 'create') more = { path: body.string() };
      else if (write.op === 'create2') more = Create2Response.read(body);
      else if (write.op === 'setData') more = StatResponse.read(body);
    }
    sent.reply = { zxid: header.zxid, err: header.err, ...more };
    return true;
  }
}

/** Whether a reply says that the write was done. */
export function isAcknowledged({ reply }: Sent): boolean {
  if (reply === undefined || reply.err !== OK) return false;
  return reply.results?.every(({ type }) => type !== 'error') ?? true;
}
