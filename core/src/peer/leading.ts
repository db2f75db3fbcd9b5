import { codes } from '../base/errors.js';
import type { Millis } from '../base/ids.js';
import { pooledCopy } from '../base/pooled-copy.js';
import type { DiskFailure } from '../storage/disk.js';
import { opcodes, operationOf, type WriteName } from '../wire/operations.js';
import { MalformedError } from '../wire/reader.js';
import { txnTypes } from '../wire/txns.js';
import type { Epochs } from '../zab/epochs.js';
import type { LeaderHistory } from '../zab/history.js';
import { Leader } from '../zab/leader.js';
import type { ForwardedRequest } from '../zab/leader-parts.js';
import { LearnerHandler } from '../zab/learner-handler.js';
import type { Membership } from '../zab/membership.js';
import type { Core } from './core.js';
import { Deciding } from './deciding.js';
import { LearnerThrottle } from './learner-throttle.js';
import type { Proposal } from './pipeline.js';
import type { PendingWrite } from './request.js';
import type { ClientInput } from './serving.js';
import { Session, type SessionIds, Sessions } from './sessions.js';
import type { Store } from './store.js';
import { writeHandlers } from './write-handlers.js';
import { prepareCloseSession } from './writes/close-session.js';

export interface LeadingParts {
  readonly core: Core;
  readonly store: Store;
  readonly membership: Membership;
  readonly epochs: Epochs;
  readonly history: LeaderHistory;
  readonly sessionIds: SessionIds;
  /** Requests in flight, from everywhere, from which on learners are throttled. */
  readonly outstandingLimit: number;
  readonly hasSupport: () => boolean;
  readonly secrets: () => Uint8Array;
  readonly failed: (failure: DiskFailure) => void;
  readonly diverged: (zxid: bigint) => void;
  readonly applied: (write: PendingWrite) => void;
  /** A quorum follows: clients are served. */
  readonly serving: () => void;
  readonly lost: (reason: string) => void;
}

/**
 * A new leader gives each session this many ticks beyond its timeout: a server that is cut off with
 * the last leader may go on promising for one tick after that has noticed, which takes another.
 */
const GRACE_TICKS = 2;

/** A server that leads: what is decided, for its own clients and for those of the learners. */
export class Leading {
  readonly leader: Leader;
  readonly #parts: LeadingParts;
  readonly #throttle: LearnerThrottle;
  #deciding: Deciding | undefined = undefined;

  constructor(parts: LeadingParts) {
    this.#parts = parts;
    this.#throttle = new LearnerThrottle({
      limit: parts.outstandingLimit,
      own: () => this.#deciding?.serving.intake.outstanding ?? 0,
    });
    this.leader = new Leader({
      ...parts.core,
      ...parts,
      activated: () => this.#begin(),
      committed: (number) => {
        const { ledger } = this.#deciding!;
        ledger.commitTo(number);
        ledger.advance();
      },
      request: (learner, request) => this.#request(learner, request),
      revalidate: (learner, id, timeoutMs) => this.#revalidate(learner, id, timeoutMs),
      touched: (id, timeoutMs) => this.#touched(id, timeoutMs),
      lost: (reason) => this.#lose(reason),
    });
  }

  /** What serves clients; unset as long as no quorum follows. */
  get deciding(): Deciding | undefined {
    return this.#deciding;
  }

  get wakeAt(): Millis {
    return Math.min(this.leader.wakeAt, this.#deciding?.wakeAt ?? Number.POSITIVE_INFINITY);
  }

  take(input: ClientInput): void {
    this.#deciding?.take(input);
  }

  polled(id: number): void {
    this.#deciding?.polled(id);
  }

  /** After the inputs of a step: decides, and does what is due. */
  doWhatIsDue(): void {
    this.leader.step();
    this.#deciding?.doWhatIsDue();
  }

  /** The end of a step; the log is flushed and everybody told. */
  endStep(): void {
    const deciding = this.#deciding;
    deciding?.serving.endIntake();
    deciding?.ledger.endStep();
    deciding?.serving.flush();
    this.#throttle.endStep(this.leader.learners);
    this.leader.flush();
  }

  /** Everybody is let go; what is logged and not applied is the caller's. */
  end(reason: string): readonly PendingWrite[] {
    this.#deciding?.serving.closeAll(reason);
    this.leader.end(reason);
    return this.#deciding?.ledger.takeRest() ?? [];
  }

  /** A quorum has the history: the first write of the epoch may come. */
  #begin(): void {
    const { core, store, sessionIds, failed, diverged, applied, serving } = this.#parts;
    const { config, turn } = core;
    const { database, apacheSessions } = store;
    const sessions = new Sessions(config.tickTime, sessionIds);
    const from = turn.now + GRACE_TICKS * config.tickTime;
    for (const [id, timeoutMs] of database.sessions) sessions.add(id, timeoutMs, from);
    store.beginRole();
    const { leader } = this;
    this.#deciding = new Deciding({
      core,
      database,
      log: store.log,
      sessions,
      failed,
      diverged,
      applied: (write) => {
        this.#throttle.applied(write.via);
        applied(write);
      },
      sessionEnded: (session) => apacheSessions.delete(session),
      leader: {
        appended: (write, view) => {
          this.#throttle.taken(write.via);
          const bytes = pooledCopy(view);
          write.bytes = bytes;
          leader.proposals.add(write.zxidHigh, write.zxidLow, bytes);
        },
        durable: (upTo) => leader.proposals.durable(upTo),
        sync: (request) =>
          leader.heartbeats.confirm(() => this.#pass(() => deciding.serving.openGate(request))),
        mayPromise: () => leader.heartbeats.mayPromise(),
        mayExpire: ({ owner, deadline, timeoutMs }) =>
          !(owner instanceof LearnerHandler) ||
          leader.heartbeats.isSilent(owner, deadline, timeoutMs),
      },
    });
    const deciding = this.#deciding;
    deciding.pipeline.beginEpoch(leader.epoch);
    this.#endOrphans(deciding);
    serving();
  }

  /** Ephemeral nodes whose session is not known go as if it had ended, and so everywhere. */
  #endOrphans({ pipeline }: Deciding): void {
    const { ephemerals, sessions } = this.#parts.store.database;
    for (const [id] of ephemerals.entries()) {
      if (sessions.has(id)) continue;
      const from = { session: id, cxid: 0, via: undefined };
      pipeline.propose(proposalOf('closeSession', undefined, [], from), (p, origin) =>
        prepareCloseSession(p, origin, new Session(id, 0)),
      );
    }
  }

  /** When the own tree shows all that anybody can have been told of. */
  #pass(run: () => void): void {
    this.#deciding?.ledger.whenCaughtUp(run);
  }

  /** Ends a session of whichever server. */
  endSession(id: bigint): void {
    this.#deciding?.endSession(id);
  }

  #lose(reason: string): void {
    this.#deciding?.pipeline.close();
    this.#parts.lost(reason);
  }

  #request(learner: LearnerHandler, request: ForwardedRequest): void {
    const deciding = this.#deciding;
    if (deciding === undefined) throw new MalformedError('a request comes before it was to serve');
    const { operation: code, session: id, cxid, identities, body } = request;
    if (code === opcodes.sync) {
      const asker = deciding.serving.sessions.get(id);
      if (asker?.owner === learner) this.#touched(id, asker.timeoutMs);
      this.#sync(learner);
      return;
    }
    const { sessions } = deciding.serving;
    const from = { session: id, cxid, via: learner };
    if (code === opcodes.createSession) {
      const timeOut = body.int();
      const isNew = sessions.get(id) === undefined;
      const session = sessions.get(id) ?? sessions.add(id, timeOut, this.#parts.core.turn.now);
      if (isNew) session.owner = learner;
      const proposal = proposalOf('createSession', session, identities, from);
      deciding.pipeline.propose(proposal, () =>
        isNew ? { type: txnTypes.createSession, timeOut } : codes.SESSION_EXPIRED,
      );
      return;
    }
    const operation = operationOf(code);
    const session = sessions.get(id) ?? this.#localElsewhere(learner, request);
    /* Its answer will tell the client that the session lives. */
    if (session?.owner === learner) this.#touched(id, session.timeoutMs);
    const handler = operation === undefined ? undefined : writeHandlers[operation as WriteName];
    if (operation === undefined || handler === undefined) {
      const proposal = proposalOf('setData', session, identities, from);
      deciding.pipeline.propose(proposal, () => codes.UNIMPLEMENTED);
      return;
    }
    deciding.pipeline.propose(proposalOf(operation, session, identities, from), handler, body);
  }

  /** Only Vivarium's learners can wait until a quorum has confirmed what went before a sync. */
  #sync(learner: LearnerHandler): void {
    const { heartbeats, proposals } = this.leader;
    if (learner.isVivarium) heartbeats.confirm(() => learner.passSync());
    else proposals.passSync(learner);
  }

  /**
   * Stands for a session that its learner alone knows. One of ZooKeeper does not say of which
   * session it is: where there are local ones, any that is not known may be, as in ZooKeeper.
   */
  #localElsewhere(learner: LearnerHandler, request: ForwardedRequest): Session | undefined {
    const { session: id, isLocal, operation } = request;
    const { localSessionsEnabled, serverId } = this.#parts.core.config;
    const isOwn = BigInt.asUintN(8, id >> 56n) === BigInt.asUintN(8, BigInt(serverId));
    const mayBeLocal = localSessionsEnabled && !learner.isVivarium && !isOwn;
    if (operation === opcodes.closeSession || !(isLocal || mayBeLocal)) return undefined;
    const session = new Session(id, 0, true);
    session.owner = learner;
    return session;
  }

  /**
   * A client came back to a learner: whatever it asked through another server counts no longer. It
   * is let in when all it asked before is decided, so that it cannot miss it; that its session has
   * ended is said when a quorum has that end.
   */
  #revalidate(learner: LearnerHandler, id: bigint, timeoutMs: Millis): void {
    const session = this.#deciding?.serving.sessions.get(id);
    if (session === undefined || session.isLocal) {
      learner.revalidated(id, false);
      return;
    }
    const answer = () => learner.revalidated(id, !session.closing);
    if (session.closing) {
      session.whenSettled(answer);
      return;
    }
    this.#takeFromOwnClient(session);
    session.owner = learner;
    session.timeoutMs = timeoutMs;
    this.#touched(id, timeoutMs);
    session.whenSettled(answer);
  }

  #takeFromOwnClient(session: Session): void {
    const { connection: id } = session;
    const serving = this.#deciding?.serving;
    const connection = id === undefined ? undefined : serving?.connections.get(id);
    if (connection !== undefined) serving?.close(connection, 'its session has moved');
  }

  #touched(id: bigint, timeoutMs: Millis): void {
    const sessions = this.#deciding?.serving.sessions;
    const session = sessions?.get(id);
    if (session === undefined || session.closing || session.isLocal) return;
    session.timeoutMs = timeoutMs;
    sessions?.touch(session, this.#parts.core.turn.now);
  }
}

function proposalOf(
  operation: Proposal['operation'],
  session: Session | undefined,
  identities: Proposal['identities'],
  from: NonNullable<Proposal['from']>,
): Proposal {
  return { operation, session, identities, request: undefined, largeBytes: 0, from };
}
