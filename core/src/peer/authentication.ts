import { codes } from '../base/errors.js';
import type { Host } from '../base/host.js';
import { operations } from '../wire/operations.js';
import type { Reader } from '../wire/reader.js';
import type { Authenticator } from './auth.js';
import type { Connection } from './connection.js';
import type { MetricsRegistry } from './metrics.js';
import type { Replies } from './replies.js';

/** What is needed to let somebody prove who he is. */
export interface AuthenticationParts {
  readonly host: Host;
  readonly auth: Authenticator;
  readonly replies: Replies;
  readonly metrics: MetricsRegistry;
  readonly close: (connection: Connection, reason: string) => void;
}

/** Takes credentials; who shows wrong ones is let go. */
export function authenticate(
  { auth, replies, metrics, host, close }: AuthenticationParts,
  connection: Connection,
  xid: number,
  from: Reader,
): void {
  const { scheme, auth: credentials } = operations.auth.request.read(from);
  const identities = auth.add(connection.identities, scheme, credentials);
  replies.begin(connection, xid);
  replies.endAt(connection, identities === undefined ? codes.AUTH_FAILED : 0, 0, 0);
  if (identities !== undefined) {
    connection.identities = identities;
    return;
  }
  metrics.authFailed.add();
  host.log({
    level: 'warn',
    event: 'auth.failed',
    message: `connection ${connection.id} from ${connection.address} is closed: its auth failed`,
    fields: { connection: connection.id, address: connection.address },
  });
  close(connection, 'authentication failed');
}

/** SASL comes later; a client that asks for it must not go on as if it had been let in. */
export function refuseSasl(
  { replies, metrics, close }: AuthenticationParts,
  connection: Connection,
  xid: number,
): void {
  metrics.authFailed.add();
  const to = replies.begin(connection, xid);
  operations.sasl.response.write(to, { token: null });
  replies.endAt(connection, codes.AUTH_FAILED, 0, 0, true);
  close(connection, 'SASL is not supported');
}
