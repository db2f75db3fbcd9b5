import { codes } from '../base/errors.js';
import type { ReadName } from '../wire/operations.js';
import type { Reader } from '../wire/reader.js';
import type { Connection } from './connection.js';
import { attemptRead, type ReadOrigin, type ReadService } from './read-handler.js';
import { readHandlers, tellsEvents } from './read-handlers.js';
import type { Replies } from './replies.js';
import type { WaitingRequest } from './request.js';

/** What reads are answered with. */
export interface ReadParts {
  readonly service: ReadService;
  readonly replies: Replies;
}

/**
 * Answers a read from the tree as it is now.
 *
 * @param from the body of the request
 * @param waited the request, if it had to wait for its turn
 */
export function serveRead(
  { replies, service }: ReadParts,
  connection: Connection,
  operation: ReadName,
  xid: number,
  from: Reader,
  waited: WaitingRequest | undefined,
): void {
  const { session } = connection;
  const origin: ReadOrigin = {
    connection,
    identities: waited?.identities ?? connection.identities,
    session: session?.id ?? 0n,
  };
  const handler = readHandlers[operation];
  /* What was asked before the session's end is answered before it. */
  const isEnded = session === undefined;
  if (tellsEvents.has(operation)) {
    const to = replies.writerOf(connection);
    const code = isEnded ? codes.SESSION_EXPIRED : attemptRead(handler, service, origin, from, to);
    replies.begin(connection, xid);
    replies.end(connection, code);
    return;
  }
  const to = replies.begin(connection, xid);
  const code = isEnded ? codes.SESSION_EXPIRED : attemptRead(handler, service, origin, from, to);
  replies.end(connection, code);
}
