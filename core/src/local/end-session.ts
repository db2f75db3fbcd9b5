import type { ClientHost } from '../client/client-host.js';
import { writeConnectRequest } from '../wire/connect.js';
import { opcodes } from '../wire/operations.js';
import { Writer } from '../wire/writer.js';
import type { LocalSessionKey } from './client-host.js';

/**
 * Ends a session behind its client's back, by attaching to it from a place of one's own and
 * closing it. Resolves when the server has done so, or has closed the connection instead.
 */
export function endSession(
  host: Pick<ClientHost, 'open'>,
  { server, sessionId, passwd }: LocalSessionKey,
): Promise<void> {
  return new Promise((resolve) => {
    const transport = host.open(server, {
      opened() {
        const writer = new Writer();
        frame(writer, () =>
          writeConnectRequest(writer, {
            protocolVersion: 0,
            lastZxidSeen: 0n,
            timeOut: ANY_TIMEOUT_MS,
            sessionId,
            passwd,
            readOnly: false,
          }),
        );
        frame(writer, () => {
          writer.int(1);
          writer.int(opcodes.closeSession);
        });
        transport.send(writer.copy());
      },
      received() {},
      closed: () => resolve(),
    });
  });
}

/** What is asked for does not matter: the session ends before it could. */
const ANY_TIMEOUT_MS = 10_000;

function frame(writer: Writer, body: () => void): void {
  const start = writer.position;
  writer.int(0);
  body();
  writer.intAt(start, writer.position - start - 4);
}
