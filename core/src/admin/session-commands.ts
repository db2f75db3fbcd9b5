import type { PeerView, SessionDetail } from '../peer/view.js';
import type { PeerCommand } from '../seam/inputs.js';
import { type AdminContext, socketAddress } from './facts.js';
import type { AdminObject } from './values.js';

/** Sessions on a page of `sessions`, unless it is asked for fewer or more. */
const USUAL_LIMIT = 100;
const LARGEST_LIMIT = 500;

type Query = ReadonlyMap<string, string>;

/** What the command `sessions` answers. Times are relative, so that no clocks need to agree. */
export function sessionList({ facts }: AdminContext, view: PeerView, query: Query): AdminObject {
  const after = query.get('after');
  const from = after === undefined ? undefined : readSessionId(after);
  if (after !== undefined && from === undefined) return { error: notAnId('after', after) };
  const limit = readLimit(query.get('limit'));
  if (limit === undefined) {
    const given = JSON.stringify(query.get('limit'));
    return { error: `limit takes a whole number from 1 to ${LARGEST_LIMIT}, not ${given}` };
  }
  const { total, hasMore, sessions } = view.sessionPage(from, limit);
  return {
    total,
    has_more: hasMore,
    sessions: sessions.map((session) => sessionRow(session, facts.now)),
  };
}

/** What `close_session` answers, and the order that it gives. */
export function closeSession(
  view: PeerView,
  query: Query,
): { readonly data: AdminObject; readonly command?: PeerCommand } {
  const text = query.get('id');
  if (text === undefined) {
    return {
      data: { error: 'close_session needs the session: id=0x… as in the list of sessions' },
    };
  }
  const id = readSessionId(text);
  if (id === undefined) return { data: { error: notAnId('id', text) } };
  const shown = idText(id);
  const found = view.findSession(id);
  if (found === undefined) {
    return { data: { error: `There is no session ${shown}: it has ended, or never was.` } };
  }
  const isElsewhere = view.quorum !== undefined && view.quorum.leading === undefined;
  if (isElsewhere && found.serverId === undefined) {
    const { leaderId } = view.quorum;
    const leader = leaderId === undefined ? 'the leader' : `the leader, server ${leaderId}`;
    return {
      data: {
        error:
          `The client of session ${shown} is not at this server, which therefore cannot end it. ` +
          `Ask ${leader}.`,
      },
    };
  }
  return {
    data: { session: shown, closing: true },
    command: { name: 'close-session', session: id },
  };
}

function sessionRow(session: SessionDetail, now: number): AdminObject {
  const { address, port, lastHeardAt } = session;
  return {
    id: idText(session.id),
    timeout: session.timeoutMs,
    server_id: session.serverId ?? null,
    address: address === undefined ? null : socketAddress(address, port ?? 0),
    last_heard_ms_ago:
      lastHeardAt === undefined ? null : Math.max(0, Math.round(now - lastHeardAt)),
    ephemerals: session.ephemerals,
    watches: session.watches ?? null,
    local: session.isLocal,
    closing: session.isClosing,
  };
}

/** As logs and `cons` write it, and exact in every language. */
function idText(id: bigint): string {
  return `0x${BigInt.asUintN(64, id).toString(16)}`;
}

/** A session id in either of the forms in which ZooKeeper's tools show it. */
export function readSessionId(text: string): bigint | undefined {
  if (/^0x[0-9a-f]{1,16}$/i.test(text)) return BigInt.asIntN(64, BigInt(text));
  if (!/^-?\d{1,19}$/.test(text)) return undefined;
  const id = BigInt(text);
  return BigInt.asIntN(64, id) === id ? id : undefined;
}

function readLimit(text: string | undefined): number | undefined {
  if (text === undefined) return USUAL_LIMIT;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return limit >= 1 && limit <= LARGEST_LIMIT ? limit : undefined;
}

function notAnId(parameter: string, text: string): string {
  const given = JSON.stringify(text.slice(0, 40));
  return `${parameter} takes a session id, hexadecimal with 0x or decimal, not ${given}`;
}
