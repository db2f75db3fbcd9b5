/** One connection to a server and what came of each thing said on it, as words to compare. */
import { errorNameOf } from '@vivarium/core/internal/base/errors';
import type { Handshake, HandshakeReply } from '@vivarium/core/internal/wire/connect';
import {
  type MultiOp,
  readMultiResponse,
  writeMultiRequest,
} from '@vivarium/core/internal/wire/multi';
import {
  type OperationName,
  opcodes,
  operations,
  type RequestOf,
  specialXids,
} from '@vivarium/core/internal/wire/operations';
import type { Reader } from '@vivarium/core/internal/wire/reader';
import type { JuteType } from '@vivarium/core/internal/wire/types';
import { Writer } from '@vivarium/core/internal/wire/writer';
import type { Member } from '../ensemble/member.js';
import { WireClient } from '../wire-client.js';

const CLOSE_LIMIT_MS = 5000;

export class Conversation {
  readonly #client: WireClient;
  /** The newest zxid that an answer has shown. */
  #zxid: bigint;
  reply: HandshakeReply | undefined;
  #xid = 100_000;

  private constructor(client: WireClient, zxid: bigint) {
    this.#client = client;
    this.#zxid = zxid;
  }

  /** @param zxid from which transactions are counted */
  static async open({ port, host }: Member, zxid = 0n): Promise<Conversation> {
    return new Conversation(await WireClient.open(port, host), zxid);
  }

  /** What the server makes of a handshake. */
  async greet(request: Partial<Handshake>): Promise<string> {
    try {
      this.reply = await this.#client.handshake(request);
    } catch {
      return 'answers with what is no handshake';
    }
    const { reply } = this;
    if (reply === undefined) return 'hangs up';
    const { timeOut, readOnly } = reply;
    if (timeOut <= 0) return `says that it has ended, readOnly ${readOnly}`;
    return `welcomes with ${timeOut} ms, readOnly ${readOnly}`;
  }

  /** Asks for the session of another conversation. */
  resume({ reply }: Conversation, more: Partial<Handshake> = {}): Promise<string> {
    return this.greet({ sessionId: reply!.sessionId, passwd: reply!.passwd, ...more });
  }

  /** The answer's code, and how many transactions there were since the last answer. */
  async ask<N extends OperationName>(name: N, body: RequestOf<N>): Promise<string> {
    const type = operations[name].request as unknown as JuteType<RequestOf<N>>;
    return this.#answer(opcodes[name], type, body, ++this.#xid).then(({ text }) => text);
  }

  ping(): Promise<string> {
    return this.#answer(opcodes.ping, null, null, specialXids.ping).then(({ text }) => text);
  }

  /** The code of each result, or what it is the result of. */
  async multi(ops: readonly MultiOp[]): Promise<string> {
    const to = new Writer();
    writeMultiRequest(to, ops);
    const raw = { write: (out: Writer) => out.raw(to.copy()), read: () => null };
    const type = raw as unknown as JuteType<null>;
    const { text, body } = await this.#answer(opcodes.multi, type, null, ++this.#xid);
    if (body === undefined || body.remaining === 0) return text;
    const results = readMultiResponse(body).map((result) =>
      result.type === 'error' ? nameOf(result.err) : result.type,
    );
    return `${results.join(', ')}; ${text}`;
  }

  /** Whether the server ends the connection. */
  async end(): Promise<string> {
    return (await this.#client.untilClosed(CLOSE_LIMIT_MS)) ? 'closed' : 'open';
  }

  leave(): void {
    this.#client.destroy();
  }

  async #answer<T>(
    code: number,
    type: JuteType<T> | null,
    body: T | null,
    xid: number,
  ): Promise<{ readonly text: string; readonly body: Reader | undefined }> {
    const answer = await this.#client.call(code, type, body, xid).catch(() => undefined);
    if (answer === undefined) return { text: 'hangs up', body: undefined };
    const { err, zxid } = answer.header;
    const since = sinceThen(this.#zxid, zxid);
    this.#zxid = zxid;
    return { text: `${nameOf(err)}, ${since}`, body: answer.body };
  }
}

/** How many transactions lie between two zxids. */
export function sinceThen(before: bigint, after: bigint): string {
  return before >> 32n === after >> 32n ? `${after - before} transactions` : 'another epoch';
}

function nameOf(code: number): string {
  return code === 0 ? 'OK' : (errorNameOf(code) ?? String(code));
}
