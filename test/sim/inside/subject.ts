/** A server as those see it who watch it from inside, over all its lives. */
import type { ConnectionId } from '@vivarium/core/internal/base/ids';
import type { EpochFiles } from './epoch-files.js';
import type { ServerLog } from './server-log.js';

export interface Subject {
  readonly id: number;
  /** As in traces: `s1`. */
  readonly name: string;
  readonly log: ServerLog;
  readonly epochs: EpochFiles;
  /** Highest zxid that it has told anybody of, which it must not lose. */
  attested: bigint;
  /** What it had told of when it lost its data, or some of it. */
  lostZxid: bigint;
  /** It lost all its data, and has not been brought up to date since: it must not vote (T8). */
  isBlank: boolean;
  /** Bytes on its disk have changed by themselves, and it has not taken over a leader's history. */
  isRotten: boolean;
  /** It has told the leader that it follows that its history counts for nothing. */
  hasDisowned: boolean;
  /**
   * Its history may be no proof: it has said so, or has begun to take a leader's tree in, and has
   * not taken over a leader's history since.
   */
  isInDoubt: boolean;
  /** Whether its disk says that it was in an ensemble before: else nobody counts on it. */
  readonly hasJoined: boolean;
  /** How old a state may be that it shows, by the clock of the world. */
  readonly staleMs: number;
  /** How long it waits for a quorum before it gives up to lead, by the clock of the world. */
  readonly initMs: number;
  /** When the first unread byte of a connection came, in milliseconds of its own clock. */
  unreadSince(connection: ConnectionId): number | undefined;
}
