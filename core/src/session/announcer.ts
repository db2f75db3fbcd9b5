import type { Millis } from '../base/ids.js';
import { hexLong } from '../base/long.js';
import type { SessionEffect, SessionState } from './effects.js';
import type { SessionKey } from './tenure.js';
import type { Tray } from './tray.js';

/** Tells the client what has become of its session, and the log. */
export class Announcer<Token> {
  readonly #tray: Tray<Token>;
  #state: SessionState = { type: 'connecting', detail: undefined };

  constructor(tray: Tray<Token>) {
    this.#tray = tray;
  }

  begin(): void {
    this.#tray.out.push({ type: 'state', state: this.#state });
  }

  /** Tells the state, when it is another than before. */
  state(state: SessionState): void {
    if (state.type === this.#state.type && state.detail === this.#state.detail) return;
    this.#state = state;
    this.#tray.out.push({ type: 'state', state });
  }

  /** A server holds the session. */
  attached({ id }: SessionKey, timeoutMs: Millis, isNew: boolean): void {
    if (isNew) this.#tray.out.push({ type: 'session-began', id, timeoutMs });
    const facts = { session: hexLong(id), timeoutMs, isNew };
    this.#tray.log('info', 'session.attached', 'a server holds the session', facts);
  }

  ended({ id }: SessionKey, reason: EndReason): void {
    this.#tray.out.push({ type: 'session-ended', id, reason });
    const level = reason === 'closed' ? 'info' : 'warn';
    const facts = { session: hexLong(id), reason };
    this.#tray.log(level, 'session.ended', 'the session is over', facts);
  }
}

export type EndReason = Extract<SessionEffect<unknown>, { type: 'session-ended' }>['reason'];
