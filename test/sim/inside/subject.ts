/** A server as those see it who watch it from inside, over all its lives. */
import type { ConnectionId } from '@vivarium/core/internal/base/ids';
import type { ServerLog } from './server-log.js';

export interface Subject {
  /** As in traces: `s1`. */
  readonly name: string;
  readonly log: ServerLog;
  /** Highest zxid that it has told anybody of, which it must not lose. */
  attested: bigint;
  /** When the first unread byte of a connection came, in milliseconds of its own clock. */
  unreadSince(connection: ConnectionId): number | undefined;
}
