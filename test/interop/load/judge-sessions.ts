/**
 * S5: a server refuses a session only when the session's end is in the order, and takes none in
 * whose end its client has seen.
 */
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import type { TrueOrder } from '../../sim/judges/replay.js';
import { demand } from '../../sim/violation.js';
import { type History, sessionOf } from '../../sim/world/history.js';

/** Returns how many sessions of the history ended unasked. @throws Violation */
export function judgeSessions({ connections }: History, { entries }: TrueOrder): number {
  const ended = new Map<bigint, bigint>();
  for (const { zxid, txn } of entries) {
    if (txn.body.type === txnTypes.closeSession) ended.set(txn.header.clientId, zxid);
  }
  for (const { client, number, greeting, welcome } of connections) {
    if (greeting === undefined || greeting.sessionId === 0n || welcome === undefined) continue;
    const name = () => `session ${greeting.sessionId.toString(16)} of ${client}`;
    const end = ended.get(greeting.sessionId);
    if (welcome.timeOut <= 0) {
      demand(end !== undefined, 'S5', () => {
        return `${name()} was refused on connection ${number}, and has not ended`;
      });
    } else {
      demand(end === undefined || end > greeting.lastZxidSeen, 'S5', () => {
        return `${name()} was taken in on connection ${number}, after its end`;
      });
    }
  }
  const opened = new Set(connections.map(sessionOf));
  for (const connection of connections) {
    const asked = connection.requests.some(({ opcode }) => opcode === opcodes.closeSession);
    if (asked) opened.delete(sessionOf(connection));
  }
  return [...opened].filter((session) => ended.has(session)).length;
}
