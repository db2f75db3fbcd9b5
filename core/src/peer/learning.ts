import { Fifo } from '../base/fifo.js';
import type { ConnectionId, Millis, SessionId } from '../base/ids.js';
import { hexLong } from '../base/long.js';
import { pooledCopy } from '../base/pooled-copy.js';
import type { DiskFailure } from '../storage/disk.js';
import type { HistoryOptions } from '../storage/history.js';
import { TruncationError } from '../storage/truncation.js';
import { type OperationName, opcodes } from '../wire/operations.js';
import { MalformedError, Reader } from '../wire/reader.js';
import { readTxn, txnTypes } from '../wire/txns.js';
import { Writer } from '../wire/writer.js';
import type { Election } from '../zab/election.js';
import type { Epochs } from '../zab/epochs.js';
import { Learner } from '../zab/learner.js';
import type { LearnerLedger } from '../zab/learner-parts.js';
import type { Membership } from '../zab/membership.js';
import type { Authority, SessionClaim } from './authority.js';
import type { Core } from './core.js';
import { Forwarding } from './forwarding.js';
import { Installation } from './installation.js';
import { Ledger } from './ledger.js';
import { answerOfLocal, ENDED_BY_ORDER, LocalExpiry, noteOrderedEnd } from './local-sessions.js';
import type { PendingWrite, WaitingRequest } from './request.js';
import { type ClientInput, Serving } from './serving.js';
import { type Session, type SessionIds, Sessions } from './sessions.js';
import type { Store } from './store.js';

export interface LearningParts {
  readonly core: Core;
  readonly store: Store;
  readonly membership: Membership;
  readonly epochs: Epochs;
  readonly election: Pick<Election, 'passOver'>;
  readonly sessionIds: SessionIds;
  readonly leader: number;
  readonly isObserver: boolean;
  readonly isTrusted: boolean;
  readonly historyOptions: HistoryOptions;
  readonly failed: (failure: DiskFailure) => void;
  readonly diverged: (zxid: bigint) => void;
  readonly membersChanged: (what: string) => void;
  readonly applied: (write: PendingWrite) => void;
  /** The history was cut, or another has taken its place. */
  readonly replaced: () => void;
  /**
   * Whether the own history is proof of what it holds: no longer, as it cannot be made the
   * leader's, or again, as it is.
   */
  readonly trust: (isTrusted: boolean) => void;
  readonly secrets: (data: Uint8Array) => void;
  /** A leader's history was taken over for good. */
  readonly serving: () => void;
  readonly lost: (reason: string) => void;
}

const NO_RECORDS: PendingWrite['records'] = [];
const REQUEST_HEADER_BYTES = 8;
/** A session has not ended while its client was silent for less of its time; clocks may differ. */
const CERTAIN_SHARE = 0.9;
const NEVER = Number.POSITIVE_INFINITY;

/** A server that follows or observes: the leader's history, and the own clients beside it. */
export class Learning {
  readonly learner: Learner;
  readonly ledger: Ledger;
  readonly #parts: LearningParts;
  readonly #sessions: Sessions;
  readonly #installation: Installation;
  readonly #forwarding: Forwarding;
  readonly #syncs = new Fifo<WaitingRequest>();
  readonly #claims: SessionClaim[] = [];
  #serving: Serving | undefined = undefined;
  #localExpiry: LocalExpiry | undefined = undefined;

  constructor(parts: LearningParts) {
    this.#parts = parts;
    const { core, store } = parts;
    const { config, turn } = core;
    this.#sessions = new Sessions(config.tickTime, parts.sessionIds, true);
    this.#forwarding = new Forwarding({
      config,
      sessions: this.#sessions,
      ask: (session, cxid, operation, body, identities) =>
        this.learner.request(session, cxid, operation, body, identities),
    });
    this.#installation = new Installation(core, store, parts.historyOptions);
    const startedAt = turn.now;
    store.beginRole();
    this.ledger = new Ledger({
      ...core,
      log: () => store.log,
      flushDelayMs: config.flushDelay,
      maxBatch: config.maxBatchSize,
      apply: (write) => this.#apply(write),
      durable: () => this.learner.durable(),
      drained: () => {},
      failed: parts.failed,
    });
    const ledger = this.#ledgerForLearner();
    this.learner = new Learner({
      ...core,
      ...parts,
      turn,
      ledger,
      last: () => store.last,
      wantsTree: () => store.wantsTree,
      truncate: (zxidHigh, zxidLow, done) => this.#truncate(zxidHigh, zxidLow, done),
      receive: (zxidHigh, zxidLow, caughtUp) =>
        this.#installation.receive(zxidHigh, zxidLow, { caughtUp, replaced: parts.replaced }),
      proven: () => parts.trust(true),
      serve: () => this.#serve(),
      takeTouches: () => this.#takeTouches(),
      revalidated: (session, isValid) => this.#revalidated(session, isValid),
      passSync: () => this.#passSync(),
      lost: (reason) => {
        if (this.learner.epoch === 0) this.#wasInVain(turn.now - startedAt);
        parts.lost(reason);
      },
    });
  }

  /** Number of the server that is followed. */
  get leaderId(): number {
    return this.#parts.leader;
  }

  get serving(): Serving | undefined {
    return this.#serving;
  }

  get wakeAt(): Millis {
    const serving = this.#serving?.wakeAt ?? NEVER;
    const expiry = this.#localExpiry?.wakeAt ?? NEVER;
    return Math.min(this.learner.wakeAt, this.ledger.wakeAt, serving, expiry);
  }

  take(input: ClientInput): void {
    if (input.type === 'connection-bytes') this.#closeIfTooLate(input.connection);
    this.#serving?.take(input);
  }

  /** A round of reading is over. */
  polled(id: number): void {
    this.#localExpiry?.polled(id);
  }

  /** Ends a session whose client this server has; of others only the leader can. */
  endSession(id: SessionId): void {
    const session = this.#serving?.sessions.get(id);
    if (session === undefined || session.closing) return;
    noteOrderedEnd(this.#parts.core, session);
    if (session.isLocal) this.#serving?.end(session, ENDED_BY_ORDER);
    else this.#forwarding.endSession(session);
  }

  /** The answer of a disk request of the sync; false when it was none. */
  answered(id: number, failure: DiskFailure | undefined): boolean {
    return this.#installation.answered(id, failure, this.#parts.failed);
  }

  doWhatIsDue(): void {
    this.learner.step();
    this.#localExpiry?.look();
    this.#serving?.doWhatIsDue();
  }

  /** The end of a step; the log is flushed and everybody told. */
  endStep(): void {
    this.#serving?.endIntake();
    this.ledger.endStep();
    this.#serving?.flush();
    this.learner.flush();
  }

  /** Whether the disk may hold a history that the tree in memory does not show. */
  get isUnsettled(): boolean {
    return this.#installation.isUnderWay;
  }

  /** Everybody is let go; what is logged and not applied is the caller's. */
  end(reason: string): readonly PendingWrite[] {
    this.#serving?.closeAll(reason);
    this.learner.end(reason);
    this.#installation.end();
    return this.ledger.takeRest();
  }

  /** The leader has begun no epoch; if that took long, others may be better for some time. */
  #wasInVain(ms: Millis): void {
    const { core, election, leader } = this.#parts;
    const limitMs = core.config.initLimit * core.config.tickTime;
    if (2 * ms >= limitMs) election.passOver(leader, core.turn.now);
  }

  #ledgerForLearner(): LearnerLedger {
    const { ledger } = this;
    return {
      get appended() {
        return ledger.appended;
      },
      get durable() {
        return ledger.durable;
      },
      append: (zxidHigh, zxidLow, bytes) => this.#append(zxidHigh, zxidLow, bytes),
      commitTo: (number) => ledger.commitTo(number),
      advance: () => ledger.advance(),
      flush: () => ledger.flush(),
    };
  }

  #truncate(zxidHigh: number, zxidLow: number, done: () => void): void {
    const { core, store, replaced, trust, lost } = this.#parts;
    try {
      replaced();
      this.#installation.truncate(zxidHigh, zxidLow, done);
    } catch (error) {
      if (!isUncuttable(error)) throw error;
      /* The leader has to send a tree. What is whole still counts in elections; Apache's leader
         sends one only to who counts for nothing. */
      const { message } = error;
      core.host.log({ level: 'warn', event: 'learner.uncuttable', message });
      if (error instanceof TruncationError && this.learner.isVivarium) store.wantsTree = true;
      else trust(false);
      lost(message);
    }
  }

  #append(zxidHigh: number, zxidLow: number, given: Uint8Array): void {
    const bytes = pooledCopy(given);
    const txn = readTxn(new Reader(bytes));
    const { digest } = txn;
    const hasDigest = digest !== undefined && digest.version === 2;
    this.ledger.begin(zxidHigh, zxidLow).raw(bytes);
    this.ledger.end({
      txn,
      zxidHigh,
      zxidLow,
      number: 0,
      records: NO_RECORDS,
      request: undefined,
      operation: operationOfTxn(txn.header.type),
      session: undefined,
      via: undefined,
      largeBytes: 0,
      digestHigh: hasDigest ? Number(BigInt.asIntN(32, digest.treeDigest >> 32n)) : 0,
      digestLow: hasDigest ? Number(BigInt.asIntN(32, digest.treeDigest)) : 0,
      hasDigest,
      bytes,
    });
  }

  #apply(write: PendingWrite): void {
    const { store } = this.#parts;
    const { database } = store;
    const { hasDigest } = write;
    if (!store.isExact) write.hasDigest = false;
    const serving = this.#serving;
    if (serving === undefined) {
      database.apply(write.txn);
    } else {
      const largeBytes = this.#forwarding.match(write);
      serving.apply(write);
      if (largeBytes > 0) serving.intake.large.release(largeBytes);
    }
    this.#parts.applied(write);
    /* A change of the members that the own list has by now: the list is what is shown. */
    if (write.txn.header.type === txnTypes.reconfig) store.own(database);
    if (store.isExact) return;
    const { endZxid } = store;
    if (typeof endZxid === 'bigint' && endZxid <= database.lastZxid) store.isExact = true;
    if (!hasDigest) return;
    const { digestHigh, digestLow } = database.tree;
    store.isExact ||= digestHigh === write.digestHigh && digestLow === write.digestLow;
  }

  #serve(): void {
    const { core, store } = this.#parts;
    this.#serving = new Serving({
      ...core,
      database: store.database,
      sessions: this.#sessions,
      authority: this.#authority(),
      outstanding: undefined,
      /* What an Apache leader foretells is its own matter: a difference is only reported. */
      diverged: this.learner.isVivarium ? this.#parts.diverged : undefined,
      sessionEnded: (session) => store.apacheSessions.delete(session),
    });
    if (core.config.localSessionsEnabled) {
      this.#localExpiry = new LocalExpiry(core, this.#serving);
    }
    this.#parts.serving();
  }

  #authority(): Authority {
    const { localSessionsEnabled } = this.#parts.core.config;
    const forwarding = this.#forwarding;
    return {
      write: (operation, session, request, body, largeBytes) =>
        forwarding.write(operation, session, request, body, largeBytes),
      ...(localSessionsEnabled && { ownAnswer: answerOfLocal }),
      sessionsAreLocal: localSessionsEnabled,
      createSession: (session, request) => forwarding.createSession(session, request),
      endsFor: ({ isLocal }) => isLocal,
      findSession: (id) => this.#sessions.get(id) ?? this.#knownElsewhere(id),
      claimSession: (claim) => {
        if (claim.session.isLocal) return true;
        claim.session.heardAt = this.#parts.core.turn.now;
        this.#claims.push(claim);
        this.learner.revalidate(claim.session.id, claim.timeoutMs);
        return undefined;
      },
      sync: (request) => {
        const { session } = request.connection;
        if (session === undefined) return;
        this.#syncs.push(request);
        const body = request.frame!.subarray(REQUEST_HEADER_BYTES);
        this.learner.request(session, request.xid, opcodes.sync, body, request.identities);
      },
      mayPromise: (session) => session?.isLocal === true || this.learner.mayPromise(),
      left: ({ id, isLocal, closing, unapplied }) => {
        if (isLocal ? closing : unapplied === 0) this.#sessions.remove(id);
      },
    };
  }

  /**
   * A client was silent for as long as its session lasts: the leader may have ended it by what was
   * last reported from here, so that no answer may say that it lives. It has to ask for it again.
   */
  #closeIfTooLate(id: ConnectionId): void {
    const connection = this.#serving?.connections.get(id);
    const session = connection?.session;
    if (connection?.phase !== 'open' || session === undefined || session.isLocal) return;
    const { turn } = this.#parts.core;
    if (turn.now - session.heardAt < CERTAIN_SHARE * session.timeoutMs) return;
    this.#serving?.close(connection, 'its client was silent for as long as its session lasts');
  }

  /** A session that another server has made; the leader will say whether it lives. */
  #knownElsewhere(id: bigint): Session {
    const timeoutMs = this.#parts.store.database.sessions.get(id) ?? 0;
    return this.#sessions.add(id, timeoutMs, this.#parts.core.turn.now);
  }

  #takeTouches(): Uint8Array {
    const touched = this.#sessions.takeTouched();
    const to = new Writer(Math.max(16, 12 * touched.length));
    for (const { idHigh, idLow, timeoutMs } of touched) {
      to.halves(idHigh, idLow);
      to.int(timeoutMs);
    }
    return to.copy();
  }

  #revalidated(session: bigint, isValid: boolean): void {
    const at = this.#claims.findIndex((claim) => claim.session.id === session);
    if (at === -1) throw new MalformedError(`session ${hexLong(session)} was not asked for`);
    const [claim] = this.#claims.splice(at, 1);
    this.ledger.whenCaughtUp(() => this.#serving?.claimed(claim!, isValid));
  }

  #passSync(): void {
    const request = this.#syncs.shift();
    if (request === undefined) throw new MalformedError('a sync passes that nobody has asked for');
    this.ledger.whenCaughtUp(() => this.#serving?.openGate(request));
  }
}

function isUncuttable(error: unknown): error is Error {
  return (
    error instanceof TruncationError ||
    (error instanceof Error && error.name === 'RefusedStartError')
  );
}

function operationOfTxn(type: number): OperationName {
  return type === txnTypes.closeSession ? 'closeSession' : 'setData';
}
