import type { Millis } from '../base/ids.js';
import type { WatchKind } from './watch-registry.js';

/** One request as the machine carries it: already encoded, so the caller may reuse its arrays. */
export interface SessionRequest<Token> {
  /** Handed back with the reply; means nothing to the machine. */
  readonly token: Token;
  readonly opcode: number;
  /** The body, without header. */
  readonly payload: Uint8Array;
  /**
   * What happens when the connection is lost before the answer: `resend` on the next connection,
   * or fail with `CONNECTION_LOSS`. Only requests that may run twice are sent again.
   */
  readonly onLoss: 'resend' | 'fail';
  /** Whether it may go on in a later session when it has not been sent in this one. */
  readonly outlivesSession: boolean;
  /** The only session that may carry it. */
  readonly session?: bigint | undefined;
  /** Goes before everything that waits without this mark. */
  readonly ahead?: boolean | undefined;
  /** The watch that a successful answer leaves at the server. */
  readonly watch?: { readonly path: string; readonly kind: WatchKind } | undefined;
  /** The watches that the server will no longer have once this is sent. */
  readonly unwatch?: { readonly path: string; readonly kinds: readonly WatchKind[] } | undefined;
}

/** What happens to a connection. */
export type TransportInput =
  | { readonly type: 'transport-opened'; readonly attempt: number }
  /** The machine owns the bytes from now on. */
  | { readonly type: 'transport-bytes'; readonly attempt: number; readonly bytes: Uint8Array }
  | { readonly type: 'transport-closed'; readonly attempt: number; readonly reason: string };

/** The host has pinged a server by itself, and was answered; see `PingRelay`. */
export interface HostPing {
  readonly attempt: number;
  readonly sentAt: Millis;
  readonly answeredAt: Millis;
}

/** Everything that can happen to a client's session. */
export type SessionInput<Token> =
  | TransportInput
  | ({ readonly type: 'host-ping' } & HostPing)
  | { readonly type: 'request'; readonly request: SessionRequest<Token> }
  /** Nobody waits for the request with this token any more. */
  | { readonly type: 'cancel'; readonly token: Token }
  | {
      readonly type: 'auth';
      readonly token: Token;
      readonly scheme: string;
      readonly auth: Uint8Array;
      /** A refusal closes the client, instead of being told to the caller and forgotten. */
      readonly required: boolean;
    }
  /** Stop registering a watch on new connections; nothing is sent. */
  | { readonly type: 'forget-watch'; readonly path: string; readonly kind: WatchKind }
  /** The list of servers is another: the numbers of at least one, none twice. */
  | { readonly type: 'servers'; readonly servers: readonly number[] }
  | { readonly type: 'close' };

/** What happened since the last step, in order; empty when only `wakeAt` has come. */
export interface SessionBatch<Token> {
  readonly now: Millis;
  readonly inputs: readonly SessionInput<Token>[];
}
