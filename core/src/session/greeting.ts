import { PASSWORD_LENGTH, writeConnectRequest } from '../wire/connect.js';
import type { Writer } from '../wire/writer.js';
import type { SessionKey } from './tenure.js';

/** A session id that no server gives out. */
const PROBE_SESSION = 1n;
const NO_PASSWORD = new Uint8Array(PASSWORD_LENGTH);

/** What a client says first on every connection. */
export interface Greeting {
  readonly timeoutMs: number;
  /** The session to go on with; undefined asks for a new one. */
  readonly offer: SessionKey | undefined;
  readonly lastZxidSeen: bigint;
  readonly readOnly: boolean;
}

export function writeGreeting(
  to: Writer,
  { timeoutMs, offer, lastZxidSeen, readOnly }: Greeting,
): void {
  const start = to.position;
  to.int(0);
  writeConnectRequest(to, {
    protocolVersion: 0,
    timeOut: timeoutMs,
    lastZxidSeen,
    sessionId: offer?.id ?? 0n,
    passwd: offer?.password ?? NO_PASSWORD,
    readOnly,
  });
  to.intAt(start, to.position - start - 4);
}

/**
 * A greeting that any server which serves at all answers, and that changes nothing: it claims to
 * have seen nothing, and offers a session that does not exist, which the server then says.
 */
export function writeProbe(to: Writer, timeoutMs: number): void {
  const offer = { id: PROBE_SESSION, password: NO_PASSWORD };
  writeGreeting(to, { timeoutMs, offer, lastZxidSeen: 0n, readOnly: true });
}

/** The same for servers that take writes and have all that was seen; others hang up on it. */
export function writeQuestion(to: Writer, timeoutMs: number, lastZxidSeen: bigint): void {
  const offer = { id: PROBE_SESSION, password: NO_PASSWORD };
  writeGreeting(to, { timeoutMs, offer, lastZxidSeen, readOnly: false });
}
