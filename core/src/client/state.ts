/** What a program is told of its connection and its session. */

/**
 * - `connecting`: there is no session yet, and the client is looking for a server.
 * - `connected`: a server holds the session and answers.
 * - `not-connected`: a session exists, or existed, but no server answers just now.
 * - `closed`: for good.
 */
export type StateType = 'connecting' | 'connected' | 'not-connected' | 'closed';

/**
 * Finer than {@link StateType}:
 * - `suspended` (not-connected): the session is most likely alive; what was written is unknown.
 * - `presumedLost` (not-connected): the session's time has run out by our own clock; act as if all
 *   ephemeral nodes were gone. The server may still accept the session later.
 * - `lost` (not-connected): the session is over; the client is about to ask for a new one.
 * - `diverged` (not-connected or connecting): every server is behind what this client has already
 *   seen: their data was wiped or restored.
 * - `readOnly` (connected): the server answers reads only; it is cut off from the others, so its
 *   answers make us no more certain of the session.
 * - `authFailed` (closed): the server refused our credentials.
 */
export type StateDetail =
  | 'suspended'
  | 'presumedLost'
  | 'lost'
  | 'diverged'
  | 'readOnly'
  | 'authFailed';

export interface ClientState {
  readonly type: StateType;
  readonly detail: StateDetail | undefined;
  /** `clock.now()` at the change. */
  readonly since: number;
  /** The server we talk to, or last talked to. */
  readonly server: string | undefined;
  /** The session this state is about; undefined before there was one. */
  readonly session: bigint | undefined;
}

/** One session with the ensemble. */
export interface SessionInfo {
  readonly id: bigint;
  /** As negotiated when the session began; `Client.sessionTimeoutMs` follows changes. */
  readonly timeoutMs: number;
  /** 1 for the client's first session, then counting up. */
  readonly epoch: number;
  /** The session before this one. */
  readonly previous: bigint | undefined;
  /**
   * Aborts when this session has ended: expired, or closed, for which the call of `close` counts.
   * Not when only presumed lost.
   */
  readonly ended: AbortSignal;
}

/** A while in which the program's event loop stood still. Times are by `clock.now()`. */
export interface Stall {
  /** Since when it is known to have stood still: up to 50 ms after it really began. */
  readonly since: number;
  /** When it turned again. */
  readonly until: number;
  /** From `since` to `until`, milliseconds; at least 100. */
  readonly durationMs: number;
  /**
   * Whether `isCertain()` was true when it began and false when it ended: meanwhile the server may
   * have ended the session, and given locks to others.
   */
  readonly lapsed: boolean;
}
