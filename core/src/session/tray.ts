import type { ErrorName, Outcome } from '../base/errors.js';
import type { Host } from '../base/host.js';
import type { Millis } from '../base/ids.js';
import type { LogEvent, LogLevel } from '../base/log-event.js';
import { Writer } from '../wire/writer.js';
import type { SessionEffect } from './effects.js';
import type { SessionInput, SessionRequest } from './inputs.js';

/** What the parts of a session's machine share during a step: the time, and what goes out. */
export class Tray<Token> {
  now: Millis = 0;
  out: SessionEffect<Token>[] = [];
  /** Frames of this step for the present connection. */
  readonly writer = new Writer(4096);
  readonly #log: Host['log'];
  readonly #cancelled = new Set<Token>();

  constructor(log: Host['log']) {
    this.#log = log;
  }

  /** Sends what was written, in one piece. */
  flush(attempt: number): void {
    if (this.writer.position === 0) return;
    this.out.push({ type: 'send', attempt, bytes: this.writer.copy() });
    this.writer.clear();
  }

  frame(xid: number, opcode: number, payload: Uint8Array): void {
    this.writer.int(8 + payload.length);
    this.writer.int(xid);
    this.writer.int(opcode);
    this.writer.raw(payload);
  }

  fail(token: Token, name: ErrorName, outcome: Outcome, reason: string): void {
    this.out.push({ type: 'failed', token, name, outcome, reason });
  }

  /** Whatever comes after the end. */
  refuse(input: SessionInput<Token>): void {
    if (input.type === 'request') this.refuseClosed(input.request.token);
    if (input.type === 'auth') this.refuseClosed(input.token);
  }

  refuseClosed(token: Token): void {
    if (this.wasCancelled(token)) return;
    this.fail(token, 'SESSION_EXPIRED', 'refused', 'the client is closed');
  }

  /** Whether a request may go on in a session; tells its caller when it may not. */
  admits({ token, session }: SessionRequest<Token>, current: bigint | undefined): boolean {
    if (this.wasCancelled(token)) return false;
    if (session === undefined || session === current) return true;
    this.fail(token, 'SESSION_EXPIRED', 'refused', 'the session it was meant for is over');
    return false;
  }

  cancel(token: Token): void {
    this.#cancelled.add(token);
  }

  /** Number of tokens that nobody waits for and that were not asked about yet. */
  get cancelled(): number {
    return this.#cancelled.size;
  }

  /** Whether nobody waits for the token any more; asked once, when its request would be told. */
  wasCancelled(token: Token): boolean {
    return this.#cancelled.size > 0 && this.#cancelled.delete(token);
  }

  log(level: LogLevel, event: string, message: string, fields: LogEvent['fields'] = {}): void {
    this.#log({ level, event, message, fields });
  }
}
