import type { Millis } from '../base/ids.js';

/** What a client's session is set up with; all times in milliseconds. */
export interface SessionSettings {
  /** Number of servers in the connect string. */
  readonly serverCount: number;
  /** Session timeout to ask for. */
  readonly timeoutMs: Millis;
  readonly readOnly: boolean;
  /** Longest frame accepted, in bytes. */
  readonly maxFrameBytes: number;
  /** Safety margin before the session's end; undefined for a sixth, at least 250. */
  readonly marginMs: Millis | undefined;
  readonly onPresumedLost: 'resume' | 'newSession';
  /** Try servers in the order given. */
  readonly keepOrder: boolean;
}

/** The share of a session's time that is not relied upon; see `lastAckSentAt`. */
export function marginOf(timeoutMs: Millis, configured: Millis | undefined): Millis {
  return configured ?? Math.max(timeoutMs / 6, 250);
}
