/**
 * S3: as long as a client may be certain of its session, because of what was answered, nobody ends
 * the session for its silence. Clocks may be wrong by as much as they are in the simulator.
 */
import { codes } from '@vivarium/core/internal/base/errors';
import { opcodes, operationOf, operations } from '@vivarium/core/internal/wire/operations';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import type { Canon } from '../inside/canon.js';
import { demand } from '../violation.js';
import {
  type ConnectionHistory,
  type History,
  type SentRequest,
  sessionOf,
} from '../world/history.js';

/** Every clock counts at least this many seconds in one, and at most the inverse. */
const SLOWEST = 0.95;

/**
 * @param closing sessions of which somebody has asked for the end
 * @throws Violation
 */
export function judgeLeases(
  { connections }: History,
  canon: Canon,
  closing: ReadonlySet<bigint>,
): void {
  const bySession = new Map<bigint, ConnectionHistory[]>();
  for (const connection of connections) {
    const session = sessionOf(connection);
    const known = bySession.get(session);
    if (known === undefined) bySession.set(session, [connection]);
    else known.push(connection);
  }
  for (const { zxid, type, clientId } of canon.entries) {
    if (type !== txnTypes.closeSession || closing.has(clientId)) continue;
    const endedAt = canon.committedAt(zxid)! / 1_000;
    for (const connection of bySession.get(clientId) ?? []) {
      judgeConnection(connection, endedAt);
    }
  }
}

function judgeConnection({ client, welcome, requests }: ConnectionHistory, endedAt: number): void {
  const certainMs = SLOWEST * (welcome?.timeOut ?? 0);
  for (const request of requests) {
    const { at, xid, reply } = request;
    if (!vouches(request)) continue;
    // An answer that says that the session is over makes nobody certain of it.
    if (reply?.err === codes.SESSION_EXPIRED || reply?.err === codes.SESSION_MOVED) continue;
    const until = at + certainMs;
    demand(reply === undefined || reply.at >= until || endedAt >= until, 'S3', () => {
      const told = `${client} asked ${xid} at ${at} and was answered at ${reply?.at}`;
      return `${told}: its session ended at ${endedAt}, and it was certain until ${until}`;
    });
  }
}

/**
 * Whether an answer makes a client certain: to a ping, a sync, a write. Reads are answered for a
 * while by a server that does not know that it was cut off, and clients do not count them.
 */
function vouches({ opcode }: SentRequest): boolean {
  if (opcode === opcodes.ping || opcode === opcodes.sync) return true;
  const operation = operationOf(opcode);
  return operation !== undefined && operations[operation].kind === 'write';
}
