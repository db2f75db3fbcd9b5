import type { ClientHost } from '../client/client-host.js';
import { readConnectResponse, writeConnectRequest } from '../wire/connect.js';
import { FrameSplitter } from '../wire/framing.js';
import { opcodes } from '../wire/operations.js';
import { Reader } from '../wire/reader.js';
import { ReplyHeader } from '../wire/records.js';
import { Writer } from '../wire/writer.js';
import type { LocalSessionKey } from './client-host.js';

/**
 * Ends a session behind its client's back, by attaching to it from a place of one's own and
 * closing it. Resolves with whether it has ended; a server that does not serve ends nothing.
 */
export function endSession(
  host: Pick<ClientHost, 'open'>,
  { server, sessionId, passwd }: LocalSessionKey,
): Promise<boolean> {
  return new Promise((resolve) => {
    const frames = new FrameSplitter(LONGEST_FRAME_BYTES);
    let isGreeted = false;
    let hasEnded = false;
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
          writer.int(CLOSING_XID);
          writer.int(opcodes.closeSession);
        });
        transport.send(writer.copy());
      },
      received(bytes) {
        frames.push(bytes.slice());
        for (let next = frames.next(); next !== undefined; next = frames.next()) {
          const from = new Reader(next);
          if (isGreeted) {
            const { xid, err } = ReplyHeader.read(from);
            if (xid === CLOSING_XID) hasEnded = err === 0;
          } else {
            // A session that is not there any more is greeted with no time at all.
            hasEnded = readConnectResponse(from).timeOut <= 0;
            isGreeted = true;
          }
        }
      },
      closed: () => resolve(hasEnded),
    });
  });
}

/** What is asked for does not matter: the session ends before it could. */
const ANY_TIMEOUT_MS = 10_000;
const CLOSING_XID = 1;
const LONGEST_FRAME_BYTES = 1 << 24;

function frame(writer: Writer, body: () => void): void {
  const start = writer.position;
  writer.int(0);
  body();
  writer.intAt(start, writer.position - start - 4);
}
