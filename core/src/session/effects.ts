import type { ErrorName, Outcome } from '../base/errors.js';
import type { Reader } from '../wire/reader.js';
import type { WatchKind } from './watch-registry.js';

/** The four states of a session that users know, and what stands behind them. */
export interface SessionState {
  readonly type: 'connecting' | 'connected' | 'not-connected' | 'closed';
  readonly detail:
    | 'suspended'
    | 'presumedLost'
    | 'lost'
    | 'diverged'
    | 'readOnly'
    | 'authFailed'
    | undefined;
}

/**
 * What a session asks of its host and tells its client, in the order in which it has to be done:
 * replies and events stand in the order of the wire.
 */
export type SessionEffect<Token> =
  /**
   * Connect to a server, given by its number; every answer names the attempt. There may be two
   * connections at a time; attempts of the one that only looks around are negative.
   */
  | { readonly type: 'open'; readonly attempt: number; readonly server: number }
  | { readonly type: 'send'; readonly attempt: number; readonly bytes: Uint8Array }
  /** Close the connection after what was sent; nothing more is heard of it. */
  | { readonly type: 'disconnect'; readonly attempt: number }
  /** A successful answer; `body` must be read before the next effect is looked at. */
  | {
      readonly type: 'reply';
      readonly token: Token;
      readonly zxid: bigint;
      readonly body: Reader;
    }
  /** The server answered with an error. */
  | {
      readonly type: 'refused';
      readonly token: Token;
      readonly code: number;
      readonly zxid: bigint;
    }
  /** There is no answer and will be none. */
  | {
      readonly type: 'failed';
      readonly token: Token;
      readonly name: ErrorName;
      readonly outcome: Outcome;
      readonly reason: string;
    }
  | {
      readonly type: 'event';
      /** A row of `eventTypes`. */
      readonly event: number;
      /** As the server knows it, chroot included. */
      readonly path: string;
      readonly zxid: bigint;
    }
  /** The server keeps a watch for a request whose caller will not hear that it was set. */
  | { readonly type: 'watch-left'; readonly kind: WatchKind; readonly path: string }
  | { readonly type: 'session-began'; readonly id: bigint; readonly timeoutMs: number }
  | {
      readonly type: 'session-ended';
      readonly id: bigint;
      readonly reason: 'expired' | 'closed' | 'given-up';
    }
  | { readonly type: 'state'; readonly state: SessionState }
  /**
   * All watches of earlier connections are set again, and what changed meanwhile has been told.
   * `complete` is false when the server refused some: they are forgotten.
   */
  | { readonly type: 'rearmed'; readonly complete: boolean };
