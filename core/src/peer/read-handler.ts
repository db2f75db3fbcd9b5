import { codes } from '../base/errors.js';
import type { SessionId } from '../base/ids.js';
import type { Config } from '../config/config.js';
import { aclPermits } from '../tree/acl.js';
import { OPEN_ACL_ID } from '../tree/acl-table.js';
import type { Database } from '../tree/database.js';
import type { NodeId } from '../tree/tree.js';
import type { WatchTable } from '../tree/watches.js';
import { MalformedError, type Reader } from '../wire/reader.js';
import type { Id } from '../wire/records.js';
import type { Writer } from '../wire/writer.js';
import type { Connection } from './connection.js';
import type { Notifications } from './notifications.js';

/** What reads are answered from. */
export interface ReadService {
  readonly config: Config;
  readonly database: Database;
  readonly watches: WatchTable;
  readonly notifications: Notifications;
}

/** Who reads. */
export interface ReadOrigin {
  readonly connection: Connection;
  readonly identities: readonly Id[];
  readonly session: SessionId;
}

/**
 * Answers a request: takes its body from `from`, writes the reply's body to `to`, and returns the
 * error code. After an error whatever was written does not count.
 *
 * @throws MalformedError when the body cannot be decoded
 */
export type ReadHandler = (
  service: ReadService,
  origin: ReadOrigin,
  from: Reader,
  to: Writer,
) => number;

/** Calls a handler; what cannot be decoded is an error like others. */
export function attemptRead(
  handler: ReadHandler,
  service: ReadService,
  origin: ReadOrigin,
  from: Reader,
  to: Writer,
): number {
  try {
    return handler(service, origin, from, to);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return codes.MARSHALLING_ERROR;
  }
}

/** Whether one of the wanted permissions on a node is there. */
export function permits(
  { config, database }: ReadService,
  id: NodeId,
  wanted: number,
  identities: readonly Id[],
): boolean {
  const aclId = database.tree.aclId(id);
  if (aclId === OPEN_ACL_ID || config.skipAcl) return true;
  return aclPermits(database.acls.get(aclId), wanted, identities);
}
