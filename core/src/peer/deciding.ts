import { codes } from '../base/errors.js';
import type { Millis, SessionId } from '../base/ids.js';
import type { Config } from '../config/config.js';
import type { DiskFailure } from '../storage/disk.js';
import type { LogWriter } from '../storage/log-writer.js';
import type { Database } from '../tree/database.js';
import type { WriteName } from '../wire/operations.js';
import type { Reader } from '../wire/reader.js';
import { txnTypes } from '../wire/txns.js';
import type { Authority, SessionClaim } from './authority.js';
import { ContainerCleaner } from './containers.js';
import type { Core } from './core.js';
import { Expiry } from './expiry.js';
import { Ledger, type LedgerParts } from './ledger.js';
import {
  answerOfLocal,
  asksForEphemeral,
  ENDED_BY_ORDER,
  endSilent,
  noteExpiry,
  noteOrderedEnd,
} from './local-sessions.js';
import { Outstanding } from './outstanding.js';
import { Pipeline, type Proposal } from './pipeline.js';
import { Preparation } from './preparation.js';
import type { PendingWrite, WaitingRequest } from './request.js';
import { type ClientInput, Serving } from './serving.js';
import type { Session, Sessions } from './sessions.js';
import { writeHandlers } from './write-handlers.js';
import { prepareCloseSession } from './writes/close-session.js';

export interface DecidingOptions {
  readonly core: Core;
  readonly database: Database;
  readonly log: LogWriter;
  /** All that the database knows, tracked from now on. */
  readonly sessions: Sessions;
  readonly failed: (failure: DiskFailure) => void;
  /** Told of each transaction that was applied. */
  readonly applied: (write: PendingWrite) => void;
  readonly sessionEnded: (session: bigint) => void;
  /** What a leader adds; a server that stands alone needs nothing of it. */
  readonly leader?: LeaderHooks;
  /** The tree is not what was decided; a server that stands alone only reports it. */
  readonly diverged?: (zxid: bigint) => void;
}

/** What is different when others take part in what is decided. */
export interface LeaderHooks {
  readonly appended: NonNullable<LedgerParts['appended']>;
  readonly durable: LedgerParts['durable'];
  readonly sync: (request: WaitingRequest) => void;
  readonly mayPromise: () => boolean;
  /** Whether a session may be expired now that is overdue by what is known here. */
  readonly mayExpire: (session: Session, now: Millis) => boolean;
}

/**
 * A server that decides what is written: it stands alone, or it leads. Its clients' writes become
 * transactions here, and it alone ends sessions that are silent and removes nodes that expire.
 */
export class Deciding {
  readonly serving: Serving;
  readonly ledger: Ledger;
  readonly pipeline: Pipeline;
  readonly #options: DecidingOptions;
  readonly #expiry: Expiry;
  readonly #cleaner: ContainerCleaner;

  constructor(options: DecidingOptions) {
    const { core, database, log, sessions, leader } = options;
    const { config } = core;
    this.#options = options;
    const outstanding = new Outstanding(database, config.digestEnabled);
    this.ledger = new Ledger({
      ...core,
      log: () => log,
      flushDelayMs: config.flushDelay,
      maxBatch: config.maxBatchSize,
      ...(leader && { appended: leader.appended }),
      apply: (write) => {
        this.serving.apply(write);
        options.applied(write);
      },
      durable: leader?.durable ?? ((upTo) => this.ledger.commitTo(upTo)),
      drained: () => {
        if (config.digestEnabled) outstanding.alignDigest();
      },
      failed: options.failed,
    });
    const unknownSession = leader === undefined ? codes.UNKNOWN_SESSION : codes.SESSION_EXPIRED;
    const world = { ...core, database, outstanding, ledger: this.ledger, unknownSession };
    const pipeline = new Pipeline({ ...world, preparation: new Preparation(world) });
    this.pipeline = pipeline;
    const propose: Pipeline['propose'] = (proposal, prepare) => pipeline.propose(proposal, prepare);
    this.#cleaner = new ContainerCleaner({ ...world, propose });
    this.#expiry = new Expiry(sessions, config.tickTime, leader?.mayExpire);
    this.serving = new Serving({
      ...world,
      sessions,
      authority: decidingAuthority(pipeline, sessions, config, leader),
      sessionEnded: options.sessionEnded,
      diverged: options.diverged,
    });
  }

  /** When something is to be done next, even if nothing comes. */
  get wakeAt(): Millis {
    if (!this.serving.isAccepting) return this.ledger.wakeAt;
    return Math.min(
      this.#expiry.wakeAt,
      this.#cleaner.wakeAt,
      this.ledger.wakeAt,
      this.serving.wakeAt,
    );
  }

  take(input: ClientInput): void {
    this.serving.take(input);
  }

  /** A round of reading is over. */
  polled(id: number): void {
    if (!this.serving.isAccepting) return;
    for (const session of this.#expiry.polled(id, this.#options.core.turn.now)) {
      this.#expire(session);
    }
  }

  doWhatIsDue(): void {
    if (!this.serving.isAccepting) return;
    this.#expiry.look(this.#options.core.turn);
    this.#cleaner.step();
    this.serving.doWhatIsDue();
  }

  #expire(session: Session): void {
    const { core } = this.#options;
    if (session.isLocal) {
      endSilent(core, this.serving, session);
      return;
    }
    noteExpiry(core, session);
    this.#proposeEnd(session);
  }

  /** Ends a session because an administrator says so. */
  endSession(id: SessionId): void {
    const session = this.serving.sessions.get(id);
    if (session === undefined || session.closing || !this.serving.isAccepting) return;
    noteOrderedEnd(this.#options.core, session);
    if (session.isLocal) this.serving.end(session, ENDED_BY_ORDER);
    else this.#proposeEnd(session);
  }

  #proposeEnd(session: Session): void {
    const proposal = {
      operation: 'closeSession',
      session,
      identities: [],
      request: undefined,
      largeBytes: 0,
    } as const;
    this.pipeline.propose(proposal, (p, origin) => prepareCloseSession(p, origin, session));
  }
}

/** How a server answers for itself what its clients ask. */
function decidingAuthority(
  pipeline: Pipeline,
  sessions: Sessions,
  config: Config,
  leader: LeaderHooks | undefined,
): Authority {
  const sessionsAreLocal = leader !== undefined && config.localSessionsEnabled;
  const begin = (session: Session, request: WaitingRequest | undefined) => {
    const operation = 'createSession';
    const identities = request?.identities ?? [];
    const timeOut = session.timeoutMs;
    pipeline.propose({ operation, session, identities, request, largeBytes: 0 }, () => ({
      type: txnTypes.createSession,
      timeOut,
    }));
  };
  const isToBeUpgraded = (session: Session | undefined, operation: WriteName, body: Reader) =>
    session?.isLocal === true &&
    config.localSessionsUpgradingEnabled &&
    asksForEphemeral(operation, body);
  return {
    write(
      operation: WriteName,
      session: Session | undefined,
      request: WaitingRequest,
      body: Reader,
      largeBytes: number,
    ) {
      if (isToBeUpgraded(session, operation, body)) {
        session!.isLocal = false;
        begin(session!, undefined);
      }
      const { identities } = request;
      const proposal: Proposal = { operation, session, identities, request, largeBytes };
      pipeline.propose(proposal, writeHandlers[operation], body);
    },
    ...(sessionsAreLocal && { ownAnswer: answerOfLocal }),
    sessionsAreLocal,
    createSession: begin,
    endsFor: () => true,
    findSession: (id) => sessions.get(id),
    claimSession({ session }: SessionClaim) {
      session.owner = undefined;
      return true;
    },
    sync: leader?.sync,
    mayPromise: (session) => session?.isLocal === true || (leader?.mayPromise() ?? true),
    left(session) {
      if (session.isLocal && session.closing) sessions.remove(session.id);
    },
  };
}
