import { AuthPacket } from '../wire/records.js';
import { encode } from '../wire/types.js';
import type { SessionInput } from './inputs.js';
import type { Tray } from './tray.js';

/** A credential that goes with every connection. */
export interface Identity<Token> {
  /** The body of its auth packet. */
  readonly payload: Uint8Array;
  /** Whether a refusal closes the client. */
  readonly required: boolean;
  /** Who waits for the first answer. */
  token: Token | undefined;
  /** Whether a server has accepted it before. */
  accepted: boolean;
}

/** The credentials of a client, in the order they were added. */
export class Identities<Token> {
  readonly #all: Identity<Token>[] = [];

  [Symbol.iterator](): Iterator<Identity<Token>> {
    return this.#all.values();
  }

  add(input: Extract<SessionInput<Token>, { type: 'auth' }>): Identity<Token> {
    const { token, scheme, auth, required } = input;
    const payload = encode(AuthPacket, { type: 0, scheme, auth });
    const identity: Identity<Token> = { payload, required, token, accepted: false };
    this.#all.push(identity);
    return identity;
  }

  /**
   * A server refused it: it is not sent again. Returns whether the client must close, because it
   * would otherwise go on as somebody else than its program believes.
   */
  refused(identity: Identity<Token>): boolean {
    this.#all.splice(this.#all.indexOf(identity), 1);
    return identity.required || identity.accepted;
  }

  /** The client is closed: nobody will be told more. */
  refuseAll(tray: Tray<Token>): void {
    for (const { token } of this.#all) {
      if (token !== undefined) tray.refuseClosed(token);
    }
  }
}
