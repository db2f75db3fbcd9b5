/**
 * Watches how one life of a server treats sessions, and what it proposes:
 *
 * - R10: transactions are proposed with contiguous zxids, and never twice.
 * - S1, S2: no session is expired before its time, nor while a word of it waits unread.
 * - S5: no session is refused to its owner before its end was decided.
 */
import type { ConnectionId } from '@vivarium/core/internal/base/ids';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import { demand, Violation } from '../violation.js';
import { type Entry, follows, zxidText } from './entry.js';
import type { Subject } from './subject.js';
import type { Witness } from './witness.js';

interface Session {
  connection: ConnectionId;
  timeoutMs: number;
  touchedAt: number;
}

/** Bytes that came this late before an expiry may be on their way to the machine. */
const RACE_MS = 1;

export class SessionWatch {
  readonly #subject: Subject;
  readonly #witness: Witness;
  readonly #bornAt: number;
  readonly #sessions = new Map<bigint, Session>();
  /** Sessions whose end this life has put into the log. */
  readonly #ended = new Set<bigint>();
  /** Refused to their owners: their end must be in whatever the log is given next. */
  readonly #refused = new Set<bigint>();
  #lastProposed: bigint | undefined;

  constructor(subject: Subject, witness: Witness, now: number) {
    this.#subject = subject;
    this.#witness = witness;
    this.#bornAt = now;
  }

  /** A word of the session was read. */
  touched(id: bigint, now: number): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) session.touchedAt = now;
  }

  attached(id: bigint, connection: ConnectionId, timeoutMs: number, touchedAt: number): void {
    this.#sessions.set(id, { connection, timeoutMs, touchedAt });
  }

  refuses(id: bigint): void {
    if (this.#ended.has(id)) return;
    // A client may also ask for a session that never was, to see who answers.
    const known = this.#witness.canon.sessions.get(id);
    if (known !== undefined && known.closedAt === undefined) this.#refused.add(id);
  }

  proposes(entry: Entry, now: number): void {
    const last = this.#lastProposed ?? this.#subject.log.lastZxid;
    const { zxid } = entry;
    demand(follows(last, zxid), 'R10', () => {
      const { name } = this.#subject;
      return `${name} proposes zxid ${zxidText(zxid)} after ${zxidText(last)}`;
    });
    this.#lastProposed = zxid;
    const { type, clientId } = entry.txn.header;
    if (type === txnTypes.closeSession) this.#ends(clientId, now);
  }

  /** All that a request for the log held has been told. */
  hasProposed(): void {
    for (const id of this.#refused) {
      throw new Violation('S5', `session ${id} was refused to its owner, and it has not ended`);
    }
  }

  #ends(id: bigint, now: number): void {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    this.#ended.add(id);
    this.#refused.delete(id);
    if (this.#witness.closing.has(id)) return;
    const heardAt = session?.touchedAt ?? this.#bornAt;
    const timeoutMs = session?.timeoutMs ?? 0;
    demand(now - heardAt >= timeoutMs, 'S1', () => {
      return `session ${id} is expired ${now - heardAt} ms after its last word, not ${timeoutMs}`;
    });
    if (session === undefined) return;
    const unread = this.#subject.unreadSince(session.connection);
    demand(unread === undefined || unread > now - RACE_MS, 'S2', () => {
      return `session ${id} is expired while its words wait unread since ${unread} (now ${now})`;
    });
  }
}
