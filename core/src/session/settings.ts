import type { Millis } from '../base/ids.js';

/** What a client's session is set up with; all times in milliseconds. */
export interface SessionSettings {
  /** Number of servers to begin with: they are called 0, 1 and so on. */
  readonly serverCount: number;
  /** Session timeout to ask for. */
  readonly timeoutMs: Millis;
  readonly readOnly: boolean;
  /** Longest frame accepted, in bytes. */
  readonly maxFrameBytes: number;
  /** Safety margin before the session's end; see {@link marginOf} for undefined. */
  readonly marginMs: Millis | undefined;
  readonly onPresumedLost: 'resume' | 'newSession';
  /** Try servers in the order given. */
  readonly keepOrder: boolean;
}

/**
 * The share of a session's time that is not relied upon; see `lastAckSentAt`. A third is what it
 * takes where an Apache server leads: its followers answer pings for a while after they have lost
 * it. Of the shortest sessions half is left, or nobody could ever be certain of one.
 */
export function marginOf(timeoutMs: Millis, configured: Millis | undefined): Millis {
  return configured ?? Math.min(Math.max(timeoutMs / 3, 250), timeoutMs / 2);
}

/**
 * How long before its end a session is presumed lost of which nothing is heard: later than it is
 * uncertain, so that a client has time to find a server that still has it.
 */
export function presumptionOf(timeoutMs: Millis, configured: Millis | undefined): Millis {
  return configured ?? Math.min(Math.max(timeoutMs / 6, 250), timeoutMs / 2);
}
