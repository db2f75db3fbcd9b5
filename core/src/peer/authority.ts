import type { Millis } from '../base/ids.js';
import type { OperationName, WriteName } from '../wire/operations.js';
import type { Reader } from '../wire/reader.js';
import type { Connection } from './connection.js';
import type { WaitingRequest } from './request.js';
import type { Session } from './sessions.js';

/** A session that its client wants to go on with. */
export interface SessionClaim {
  readonly session: Session;
  readonly connection: Connection;
  readonly timeoutMs: Millis;
}

/**
 * What a server's role decides of what its clients ask. A server that stands alone and a leader
 * decide by themselves; a learner asks its leader.
 */
export interface Authority {
  /**
   * Takes in a write of a client, which is answered when its transaction is applied.
   *
   * @param body of the request, with the cursor at its beginning
   */
  write(
    operation: WriteName,
    session: Session | undefined,
    request: WaitingRequest,
    body: Reader,
    largeBytes: number,
  ): void;
  /**
   * The code with which this server answers a request in its turn and by itself, so that nothing is
   * decided and nobody else hears of it; `undefined` for all that is answered as always. Absent
   * where there are no such requests.
   */
  readonly ownAnswer?:
    | ((operation: OperationName, session: Session | undefined) => number | undefined)
    | undefined;
  /**
   * Whether new sessions are local: they begin at once, without {@link createSession}, and nobody
   * else knows them.
   */
  readonly sessionsAreLocal: boolean;
  /** Begins a session, whose client is greeted when its transaction is applied. */
  createSession(session: Session, request: WaitingRequest): void;
  /**
   * Whether a session whose end was asked for will end. Where it is not known, whoever decides
   * about a claim knows it.
   */
  endsFor(session: Session): boolean;
  /** The tracked session that an id stands for; what is not tracked here may be elsewhere. */
  findSession(id: bigint): Session | undefined;
  /**
   * Decides whether a client may go on with its session; `undefined` when it will be decided later,
   * by `Greeter.claimed`.
   */
  claimSession(claim: SessionClaim): boolean | undefined;
  /**
   * Lets a sync pass when everything is applied here that anybody was told of before it came.
   * `undefined` where it may be served like a read.
   */
  readonly sync: ((request: WaitingRequest) => void) | undefined;
  /**
   * Whether the client of a session may be told that it lives; without one, whether those may whose
   * sessions others know too: false for whoever may be cut off.
   */
  mayPromise(session?: Session): boolean;
  /** A client has gone that spoke for a session. */
  left(session: Session): void;
  /** Set for a server that is cut off from the others, and answers reads only. */
  readonly cutOff?: CutOff | undefined;
}

/** What a server that is cut off knows of sessions that it does not track. */
export interface CutOff {
  /** Whether it was one of its own and has ended; of no other can it say whether it lives. */
  hasEnded(id: bigint): boolean;
}
