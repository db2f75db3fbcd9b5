/**
 * Watches how one life of a server treats sessions, if it is the one that decides about them:
 *
 * - S1, S2: no session is expired before its time, nor while a word of it waits unread.
 * - S4: a new leader gives every session its whole time.
 * - S5: no session is refused to its owner before its end was decided.
 */
import type { ConnectionId } from '@vivarium/core/internal/base/ids';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import { demand, Violation } from '../violation.js';
import type { Entry } from './entry.js';
import type { Subject } from './subject.js';
import type { Witness } from './witness.js';

interface Session {
  /** Where it is attached to this server, if it is. */
  connection: ConnectionId | undefined;
  timeoutMs: number;
  touchedAt: number;
}

/** Bytes that came this late before an expiry may be on their way to the machine. */
const RACE_MS = 1;

export class SessionWatch {
  readonly #subject: Subject;
  readonly #witness: Witness;
  readonly #sessions = new Map<bigint, Session>();
  /** Ends of sessions that this life has decided. */
  readonly #ends = new Set<bigint>();
  /** Whose they are. */
  readonly #ended = new Set<bigint>();
  /** Refused to their owners: their end must be in whatever the log is given next. */
  readonly #refused = new Set<bigint>();
  /** When this server began to decide, by its own clock. */
  #since: number;
  /** Of those heard of in this step behind its round of reading, when they were before. */
  readonly #heardLate = new Map<Session, number>();
  #hasPolled = false;

  constructor(subject: Subject, witness: Witness, now: number) {
    this.#subject = subject;
    this.#witness = witness;
    this.#since = now;
  }

  /** A step begins. */
  begins(): void {
    this.#hasPolled = false;
    this.#heardLate.clear();
  }

  /** A round of reading is over: whose time was over when it began ends now, or not at all. */
  polled(): void {
    this.#hasPolled = true;
  }

  /** A word of the session was read. */
  touched(id: bigint, now: number): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) this.#touch(session, now);
  }

  attached(id: bigint, connection: ConnectionId, timeoutMs: number, touchedAt: number): void {
    this.#sessions.set(id, { connection, timeoutMs, touchedAt });
  }

  /** A learner says that it has heard from a session. */
  reported(id: bigint, timeoutMs: number, now: number): void {
    const known = this.#sessions.get(id);
    const session = known ?? { connection: undefined, timeoutMs, touchedAt: this.#since };
    session.timeoutMs = timeoutMs;
    this.#sessions.set(id, session);
    this.#touch(session, now);
  }

  /** This server is established as the leader: it decides from now on. */
  decides(now: number): void {
    this.#since = now;
  }

  refuses(id: bigint): void {
    const { ensemble, canon } = this.#witness;
    if (this.#ended.has(id)) return;
    // A client may also ask for a session that never was, to see who answers.
    const known = canon.sessions.get(id);
    if (known === undefined || known.closedAt !== undefined) return;
    if (ensemble === undefined) this.#refused.add(id);
    else this.#witness.refusals.push({ id, by: this.#subject.name, at: this.#witness.now });
  }

  /**
   * This server decides that something is written; it may be told again. A leader tells its
   * learners at once, and the log when that has done what it was asked for before.
   */
  proposes(entry: Entry, now: number): void {
    this.#witness.proposed(entry);
    const { type, zxid, clientId } = entry;
    if (type !== txnTypes.closeSession || this.#ends.has(zxid)) return;
    this.#ends.add(zxid);
    this.#end(clientId, now);
  }

  /** All that a request for the log held has been told. */
  hasProposed(): void {
    for (const id of this.#refused) {
      throw new Violation('S5', `session ${id} was refused to its owner, and it has not ended`);
    }
  }

  #touch(session: Session, now: number): void {
    const late = this.#heardLate;
    if (this.#hasPolled && !late.has(session)) late.set(session, session.touchedAt);
    session.touchedAt = now;
  }

  #end(id: bigint, now: number): void {
    const { name } = this.#subject;
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    this.#ended.add(id);
    this.#refused.delete(id);
    if (this.#witness.closing.has(id)) return;
    this.#witness.marks.hit('session-expired');
    if (session?.connection === undefined) this.#witness.marks.hit('expired-at-learner');
    const heardAt = session ? (this.#heardLate.get(session) ?? session.touchedAt) : this.#since;
    const timeoutMs = session?.timeoutMs ?? 0;
    demand(now - heardAt >= timeoutMs, 'S1', () => {
      const ms = now - heardAt;
      return `${name} expires session ${id} ${ms} ms after its last word, not ${timeoutMs}`;
    });
    if (session?.connection === undefined) return;
    const unread = this.#subject.unreadSince(session.connection);
    demand(unread === undefined || unread > now - RACE_MS, 'S2', () => {
      return `${name} expires session ${id} while its words wait unread since ${unread} of ${now}`;
    });
  }
}
