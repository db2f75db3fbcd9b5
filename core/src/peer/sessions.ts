import type { ConnectionId, Millis, SessionId } from '../base/ids.js';
import { highOf, lowOf } from '../base/long.js';
import type { WaitingRequest } from './request.js';
import type { SessionView } from './view.js';

/** ZooKeeper marks containers with this owner, so that no session may have it. */
const CONTAINER_OWNER = -0x8000_0000_0000_0000n;

/**
 * The server through which a session's client speaks: whatever stands for it at the leader, or
 * `undefined` for the leader itself. Requests that come another way are refused.
 */
export type SessionOwner = object | undefined;

/** A session that this server keeps alive. */
export class Session {
  readonly id: SessionId;
  readonly idHigh: number;
  readonly idLow: number;
  /** Known to this server alone: no transaction tells of it. */
  isLocal: boolean;
  timeoutMs: number;
  /** It ends at this time unless it is heard from before; always on a tick. */
  deadline: Millis = 0;
  /** When its client was last heard here, or let in. */
  heardAt: Millis = 0;
  /** Its end was decided: nothing of it is accepted any more. */
  closing = false;
  owner: SessionOwner = undefined;
  /** The connection that speaks for it, if one is attached. */
  connection: ConnectionId | undefined = undefined;
  /** Writes of it that were accepted and are not applied yet. */
  unapplied = 0;
  /** Heard from since the leader was last told. */
  isTouched = false;
  /** The handshake of a client that came back, for as long as some are: see `Greeter`. */
  comingBack: WaitingRequest | undefined = undefined;
  /** What waits until no write of it is on its way. */
  #waiting: (() => void)[] | undefined = undefined;

  constructor(id: SessionId, timeoutMs: number, isLocal = false) {
    this.id = id;
    this.idHigh = highOf(id);
    this.idLow = lowOf(id);
    this.timeoutMs = timeoutMs;
    this.isLocal = isLocal;
  }

  /** Calls back when all its writes that were accepted by now are applied. */
  whenSettled(run: () => void): void {
    if (this.unapplied === 0) {
      run();
      return;
    }
    this.#waiting ??= [];
    this.#waiting.push(run);
  }

  /** All its writes are applied. */
  settled(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (const run of waiting ?? []) run();
  }
}

/** Gives ids to sessions, whatever the server's role; never the same twice in its life. */
export class SessionIds {
  #next: SessionId;

  /** @param first the first id to give */
  constructor(first: SessionId) {
    this.#next = first;
  }

  /** The id to give next, unless it is taken. */
  get upcoming(): SessionId {
    return this.#next;
  }

  next(isTaken: (id: SessionId) => boolean): SessionId {
    while (isTaken(this.#next) || this.#next === CONTAINER_OWNER) this.#advance();
    const id = this.#next;
    this.#advance();
    return id;
  }

  #advance(): void {
    this.#next = BigInt.asIntN(64, this.#next + 1n);
  }
}

/**
 * The sessions of this server and when each ends. Deadlines are rounded up to whole ticks, so that
 * a session lives between its timeout and one tick more, as in ZooKeeper.
 */
export class Sessions {
  readonly #tickMs: number;
  readonly #byId = new Map<SessionId, Session>();
  readonly #ids: SessionIds;
  readonly #reports: boolean;
  /** Those heard from, for a server that reports them to its leader. */
  #touched: Session[] = [];

  /** @param reports whether those heard from are remembered for {@link takeTouched} */
  constructor(tickMs: number, ids: SessionIds, reports = false) {
    this.#tickMs = tickMs;
    this.#ids = ids;
    this.#reports = reports;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** How many are local; counted when it is asked. */
  get localSize(): number {
    let count = 0;
    for (const { isLocal } of this.#byId.values()) if (isLocal) count++;
    return count;
  }

  get(id: SessionId): Session | undefined {
    return this.#byId.get(id);
  }

  values(): IterableIterator<Session> {
    return this.#byId.values();
  }

  /** Begins to track a session: a new one, or one found in the data folder. */
  add(id: SessionId, timeoutMs: number, now: Millis, isLocal = false): Session {
    const session = new Session(id, timeoutMs, isLocal);
    this.#byId.set(id, session);
    this.heard(session, now);
    return session;
  }

  remove(id: SessionId): void {
    this.#byId.delete(id);
  }

  /** Its client spoke to this server. */
  heard(session: Session, now: Millis): void {
    session.heardAt = now;
    this.touch(session, now);
  }

  /** The session was heard from: it has its whole timeout again. */
  touch(session: Session, now: Millis): void {
    session.deadline = this.#tickAfter(now + session.timeoutMs);
    if (!this.#reports || session.isTouched || session.isLocal) return;
    session.isTouched = true;
    this.#touched.push(session);
  }

  /** Sessions heard from since the last call. */
  takeTouched(): readonly Session[] {
    const touched = this.#touched;
    this.#touched = [];
    for (const session of touched) session.isTouched = false;
    return touched;
  }

  /**
   * Sessions whose time is over and whose end is not decided yet. Where they are reported to a
   * leader, it decides of all but local ones.
   */
  overdue(now: Millis): Session[] {
    const overdue: Session[] = [];
    for (const session of this.#byId.values()) {
      if (session.deadline > now || session.closing) continue;
      if (session.isLocal || !this.#reports) overdue.push(session);
    }
    return overdue;
  }

  /** The next time at which a session could end; Infinity when there is none. */
  nextTick(now: Millis): Millis {
    return this.#byId.size === 0 ? Number.POSITIVE_INFINITY : this.#tickAfter(now);
  }

  /** An id that no session has. */
  newId(): SessionId {
    return this.#ids.next((id) => this.#byId.has(id));
  }

  views(): SessionView[] {
    return Array.from(this.#byId.values(), ({ id, timeoutMs, deadline, isLocal, connection }) => ({
      id,
      timeoutMs,
      deadline,
      isLocal,
      connected: connection !== undefined,
    }));
  }

  #tickAfter(time: Millis): Millis {
    return (Math.floor(time / this.#tickMs) + 1) * this.#tickMs;
  }
}
