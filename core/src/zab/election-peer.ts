import type { ConnectionId, Millis } from '../base/ids.js';
import { ELECTION_FRAME_MAX_BYTES } from '../wire/election.js';
import { FrameSplitter } from '../wire/framing.js';

/** First pause between attempts to connect, and between questions for a connection. */
export const REDIAL_MIN_MS = 50;

/** A connection on which votes are told. */
export interface ElectionLink {
  readonly connection: ConnectionId;
  readonly isDialed: boolean;
  readonly openedAt: Millis;
  readonly frames: FrameSplitter;
  hasSpoken: boolean;
  /** Much waits to be sent: what there is to say is said when it does not any more. */
  isSlow: boolean;
  isOwed: boolean;
  /** When, in this look, the first vote was told to which nothing has come back yet. */
  unansweredSince: Millis | undefined;
}

/** Another server, as the links to it stand. */
export interface ElectionPeer {
  readonly serverId: number;
  link: ElectionLink | undefined;
  /** The attempt to connect that is under way. */
  dial: ConnectionId | undefined;
  dialedAt: Millis;
  /** When to try next, without a link. */
  dialAt: Millis;
  redialMs: number;
  recallMs: number;
  /** Whether the last attempt has failed. */
  isRefused: boolean;
  /** Whether the log has it that there is no link. */
  isMissed: boolean;
}

export function newPeer(serverId: number, dialAt: Millis): ElectionPeer {
  return {
    serverId,
    link: undefined,
    dial: undefined,
    dialedAt: 0,
    dialAt,
    redialMs: REDIAL_MIN_MS,
    recallMs: REDIAL_MIN_MS,
    isRefused: false,
    isMissed: false,
  };
}

export function newLink(connection: ConnectionId, isDialed: boolean, now: Millis): ElectionLink {
  return {
    connection,
    isDialed,
    openedAt: now,
    frames: new FrameSplitter(ELECTION_FRAME_MAX_BYTES),
    hasSpoken: false,
    isSlow: false,
    isOwed: false,
    unansweredSince: undefined,
  };
}
