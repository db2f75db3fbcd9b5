import { codes, OK } from '../base/errors.js';
import type { Host } from '../base/host.js';
import type { Zxid } from '../base/ids.js';
import { hexLong } from '../base/long.js';
import type { Config } from '../config/config.js';
import type { Turn } from '../seam/turn.js';
import type { Database } from '../tree/database.js';
import { txnTypes } from '../wire/txns.js';
import { Writer } from '../wire/writer.js';
import { applyWithResults, writeAnswer } from './answers.js';
import { Audit } from './audit.js';
import type { Connection } from './connection.js';
import type { DigestHistory } from './digest-history.js';
import type { MetricsRegistry } from './metrics.js';
import type { Notifications } from './notifications.js';
import type { Outstanding } from './outstanding.js';
import type { Replies } from './replies.js';
import type { PendingWrite, WaitingRequest } from './request.js';

export interface ApplierParts {
  readonly config: Config;
  readonly host: Host;
  readonly turn: Turn;
  readonly database: Database;
  readonly outstanding: Outstanding | undefined;
  readonly notifications: Notifications;
  readonly replies: Replies;
  readonly digests: DigestHistory;
  readonly metrics: MetricsRegistry;
  /** A session began: its client is to be greeted. */
  readonly sessionBegan: (write: PendingWrite) => void;
  /** A session ended: whoever speaks for it is to be let go, after the answer. */
  readonly sessionEnded: (write: PendingWrite) => void;
  /** A request was answered: those behind it may be served. */
  readonly answered: (request: WaitingRequest) => void;
  readonly close: (connection: Connection, reason: string) => void;
  /** The tree is not what was foretold; unset where that is only reported. */
  readonly diverged: ((zxid: Zxid) => void) | undefined;
}

/** Applies durable writes in their order: first the events, then the answer. */
export class Applier {
  readonly #parts: ApplierParts;
  /** Of the multi that is being applied. */
  readonly #results = new Writer(1024);
  readonly #audit: Audit | undefined;

  constructor(parts: ApplierParts) {
    this.#parts = parts;
    const { host, database } = parts;
    this.#audit = host.audit === undefined ? undefined : new Audit(host.audit, database);
  }

  apply(write: PendingWrite): void {
    const { database, outstanding, notifications, digests, metrics } = this.#parts;
    const { request, zxidHigh, zxidLow } = write;
    notifications.beginTxn(zxidHigh, zxidLow);
    const results = request && this.#results;
    this.#audit?.beforeWrite(write);
    const code = applyWithResults(database, write, notifications, results);
    this.#audit?.afterWrite(write, code);
    outstanding?.applied(write.number, write.records);
    if (outstanding !== undefined) metrics.commits.add();
    const latencyMs = this.#parts.turn.wall - write.txn.header.time;
    if (latencyMs >= 0) metrics.propagationLatency.add(latencyMs);
    if (write.hasDigest) digests.add(zxidHigh, zxidLow, write.digestHigh, write.digestLow);
    const { type } = write.txn.body;
    if (type === txnTypes.createSession) {
      if (request !== undefined) this.#parts.sessionBegan(write);
    } else if (request !== undefined && request.connection.phase !== 'closed') {
      this.#answer(write, request, code);
    }
    if (type === txnTypes.closeSession) this.#parts.sessionEnded(write);
    if (request !== undefined && request.connection.phase !== 'closed') {
      this.#parts.answered(request);
    }
  }

  /** Compares the tree with what was foretold for it. A difference is a defect: it is reported. */
  checkDigest(write: PendingWrite): void {
    const { config, database, host, metrics } = this.#parts;
    if (!config.digestEnabled || !write.hasDigest) return;
    const { digestHigh, digestLow } = database.tree;
    if (digestHigh === write.digestHigh && digestLow === write.digestLow) return;
    metrics.digestMismatches.add();
    host.log({
      level: 'error',
      event: 'digest.mismatch',
      message:
        `after transaction ${hexLong(write.txn.header.zxid)} the tree has another digest than its log ` +
        'says: keep the data folder and report this',
    });
    this.#parts.diverged?.(write.txn.header.zxid);
  }

  #answer(write: PendingWrite, request: WaitingRequest, code: number): void {
    const { database, replies, turn } = this.#parts;
    const { connection } = request;
    if (code === codes.SESSION_MOVED) {
      this.#parts.close(connection, 'its session has moved to another server');
      return;
    }
    if (write.operation === 'createSession') {
      this.#parts.close(connection, 'the leader has refused the session');
      return;
    }
    const to = replies.begin(connection, request.xid);
    if (code === OK) {
      writeAnswer(database, write.operation, write.txn.body, this.#results, to);
    }
    replies.end(connection, code);
    replies.count(connection, request.receivedAt, turn.now, true);
  }
}
