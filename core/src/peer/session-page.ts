import type { Millis, SessionId } from '../base/ids.js';
import type { Database } from '../tree/database.js';
import { LearnerHandler } from '../zab/learner-handler.js';
import type { Serving } from './serving.js';
import type { Session } from './sessions.js';
import type { SessionDetail, SessionPage } from './view.js';

export interface SessionPageParts {
  readonly serverId: number;
  readonly database: Pick<Database, 'sessions' | 'ephemerals'>;
  readonly serving: Pick<Serving, 'sessions' | 'connections' | 'watches'>;
}

/**
 * The first sessions whose ids are above `after`, in the order of ids: those of the whole ensemble,
 * and the local ones of this server. Only those on the page are looked at closely.
 */
export function sessionPage(
  parts: SessionPageParts,
  after: SessionId | undefined,
  limit: number,
): SessionPage {
  const { database, serving } = parts;
  const lowest = new Lowest(after, limit);
  for (const id of database.sessions.keys()) lowest.offer(id);
  for (const { id, isLocal } of serving.sessions.values()) if (isLocal) lowest.offer(id);
  const ids = lowest.take();
  return {
    total: lowest.offered,
    hasMore: lowest.eligible > ids.length,
    sessions: ids.map((id) => detailOf(parts, id)),
  };
}

/** The lowest ids above one, without sorting all that there are. */
class Lowest {
  offered = 0;
  /** Those among them that are above. */
  eligible = 0;
  readonly #after: SessionId | undefined;
  readonly #limit: number;
  readonly #kept: SessionId[] = [];
  /** From here on there are enough lower ones. */
  #bound: SessionId | undefined = undefined;

  constructor(after: SessionId | undefined, limit: number) {
    this.#after = after;
    this.#limit = limit;
  }

  offer(id: SessionId): void {
    this.offered++;
    if (this.#after !== undefined && id <= this.#after) return;
    this.eligible++;
    if (this.#bound !== undefined && id >= this.#bound) return;
    this.#kept.push(id);
    if (this.#kept.length >= 2 * this.#limit) this.#bound = this.take().at(-1);
  }

  /** In order. */
  take(): readonly SessionId[] {
    this.#kept.sort((a, b) => (a < b ? -1 : 1));
    this.#kept.length = Math.min(this.#kept.length, this.#limit);
    return this.#kept;
  }
}

/** What is known here of a session; `undefined` when there is none of that id. */
export function findSession(parts: SessionPageParts, id: SessionId): SessionDetail | undefined {
  const isKnown = parts.database.sessions.has(id) || parts.serving.sessions.get(id) !== undefined;
  return isKnown ? detailOf(parts, id) : undefined;
}

function detailOf(parts: SessionPageParts, id: SessionId): SessionDetail {
  const { database, serving, serverId } = parts;
  const session = serving.sessions.get(id);
  const speaker = session?.connection;
  const connection = speaker === undefined ? undefined : serving.connections.get(speaker);
  return {
    id,
    timeoutMs: session?.timeoutMs ?? database.sessions.get(id) ?? 0,
    isLocal: session?.isLocal === true,
    isClosing: session?.closing === true,
    serverId: connection === undefined ? serverOf(session) : serverId,
    address: connection?.address,
    port: connection?.port,
    lastHeardAt: session === undefined ? undefined : lastHeardAt(session),
    ephemerals: database.ephemerals.pathsOf(id).size,
    watches: speaker === undefined ? undefined : serving.watches.countOf(speaker),
  };
}

/** Through whom its client was heard last, where that is known: a leader knows. */
function serverOf(session: Session | undefined): number | undefined {
  return session?.owner instanceof LearnerHandler ? session.owner.serverId : undefined;
}

/** Of a client of another server only the deadline is known, which lies on a whole tick. */
function lastHeardAt(session: Session): Millis {
  const reported = session.owner === undefined ? 0 : session.deadline - session.timeoutMs;
  return Math.max(session.heardAt, reported);
}
