import type { Host } from '../base/host.js';
import type { Millis, SessionId, WallMillis, Zxid } from '../base/ids.js';
import { hexLong } from '../base/long.js';
import type { Config } from '../config/config.js';
import type { Turn } from '../seam/turn.js';
import type { DiskFailure } from '../storage/disk.js';
import type { LogWriter } from '../storage/log-writer.js';
import type { Retention } from '../storage/retention.js';
import { SnapshotWriter } from '../storage/snapshot-writer.js';
import type { Database } from '../tree/database.js';
import type { MetricsRegistry } from './metrics.js';

export interface SnapshotsParts {
  readonly config: Config;
  readonly host: Host;
  readonly turn: Turn;
  readonly database: Database;
  readonly log: LogWriter;
  readonly retention: Retention;
  readonly apacheSessions: ReadonlySet<SessionId>;
  readonly metrics: MetricsRegistry;
  readonly lastZxid: Zxid;
  /** Transactions in the log since the last snapshot. */
  readonly transactions: number;
  /** Of a tree that came from a leader: up to where it may show effects of what comes. */
  readonly endZxid?: () => Zxid | 'unknown' | undefined;
}

/** The first purge comes so long after the start: a server that is started daily purges as well. */
const FIRST_PURGE_MS = 2 * 3_600_000;
/** A failed snapshot is tried again after so long: the log holds everything meanwhile. */
const RETRY_MS = 60_000;

/**
 * Takes snapshots while the server serves, and removes old ones. Each waits for a random number of
 * transactions or bytes of log, from half the configured one on, so that the servers of an ensemble
 * do not all take theirs at once.
 */
export class Snapshots {
  readonly #parts: SnapshotsParts;
  #writer: SnapshotWriter | undefined = undefined;
  /** The request under way, and what it is for. */
  #request: { readonly id: number; readonly task: 'slice' | 'abandon' | 'purge' } | undefined;
  #startedAt: Millis = 0;
  #asked = false;
  #stopping = false;
  #transactions: number;
  #bytesBefore = 0;
  #transactionLimit = 0;
  #byteLimit = Number.POSITIVE_INFINITY;
  #notBefore: Millis = 0;
  #nextPurge: Millis;
  #purgeDue = false;
  lastZxid: Zxid;
  lastAt: WallMillis = 0;

  constructor(parts: SnapshotsParts) {
    this.#parts = parts;
    this.lastZxid = parts.lastZxid;
    this.#transactions = parts.transactions;
    this.#drawLimits();
    const { autopurgePurgeInterval } = parts.config;
    const isOn = autopurgePurgeInterval > 0;
    const wait = isOn ? Math.min(autopurgePurgeInterval, FIRST_PURGE_MS) : Number.POSITIVE_INFINITY;
    this.#nextPurge = parts.turn.now + wait;
  }

  get inProgress(): boolean {
    return this.#writer !== undefined;
  }

  /** Whether the disk still works for a snapshot or a purge. */
  get isBusy(): boolean {
    return this.#request !== undefined;
  }

  get wakeAt(): Millis {
    return this.#nextPurge;
  }

  /** An operator wants a snapshot now. */
  ask(): void {
    this.#asked = true;
  }

  /** Transactions were applied. */
  count(transactions: number): void {
    this.#transactions += transactions;
  }

  /** Begins what is due. */
  endStep(): void {
    const { turn, log } = this.#parts;
    if (turn.now >= this.#nextPurge) {
      this.#purgeDue = true;
      this.#nextPurge = turn.now + this.#parts.config.autopurgePurgeInterval;
    }
    if (this.#request !== undefined || this.#stopping) return;
    if (this.#purgeDue) {
      this.#purge();
      return;
    }
    if (this.#asked || this.#isDue()) {
      log.roll();
      this.#asked = false;
      this.#transactions = 0;
      this.#bytesBefore = log.totalBytes;
      this.#drawLimits();
      this.#begin();
    }
  }

  /** The answer to a request of the background lane; false when it was none of ours. */
  answered(id: number, failure: DiskFailure | undefined): boolean {
    if (this.#request?.id !== id) return false;
    const { task } = this.#request;
    this.#request = undefined;
    if (failure !== undefined) this.#failed(task, failure);
    else if (task === 'slice') this.#next();
    return true;
  }

  /** The server stops: what is not finished is given up. */
  stop(): void {
    this.#stopping = true;
    if (this.#request === undefined) this.#abandon();
  }

  #isDue(): boolean {
    const { turn, log } = this.#parts;
    if (turn.now < this.#notBefore) return false;
    const bytes = log.totalBytes - this.#bytesBefore;
    return this.#transactions > this.#transactionLimit || bytes > this.#byteLimit;
  }

  #begin(): void {
    const { config, database, apacheSessions, turn } = this.#parts;
    this.#startedAt = turn.now;
    const endZxid = this.#parts.endZxid?.();
    this.#writer = new SnapshotWriter(database, {
      digest: config.digestEnabled,
      lastZxid: config.serializeLastProcessedZxidEnabled,
      dbId: -1n,
      sliceNodes: config.snapshotSliceNodes,
      sliceBytes: config.snapshotSliceBytes,
      sync: config.forceSync,
      apacheSessions,
      ...(endZxid !== undefined && { endZxid }),
    });
    this.#next();
  }

  #next(): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    if (writer.done) this.#finish(writer);
    else if (this.#stopping) this.#abandon();
    else this.#askDisk('slice', writer.next());
  }

  #finish(writer: SnapshotWriter): void {
    const { retention, turn, metrics, host } = this.#parts;
    this.#writer = undefined;
    for (const file of writer.files) retention.added(file);
    this.lastZxid = writer.startZxid;
    this.lastAt = turn.wall;
    const took = turn.now - this.#startedAt;
    metrics.snapshotTime.add(took);
    host.log({
      level: 'info',
      event: 'snapshot.taken',
      message: `took a snapshot at ${hexLong(writer.startZxid)} in ${Math.round(took)} ms`,
      fields: { zxid: writer.startZxid, tookMs: Math.round(took) },
    });
  }

  #failed(task: string, failure: DiskFailure): void {
    const { host, metrics, turn } = this.#parts;
    if (task === 'slice') metrics.snapshotErrors.add();
    const remedy =
      task === 'purge'
        ? 'what it left is removed by a purge after the next start'
        : 'the log keeps everything, and it is tried again';
    host.log({
      level: 'error',
      event: `snapshot.${task}-failed`,
      message:
        `a ${task === 'purge' ? 'purge' : 'snapshot'} failed (${failure.code}: ` +
        `${failure.message}); ${remedy}`,
    });
    this.#notBefore = turn.now + RETRY_MS;
    if (task === 'slice') this.#abandon();
  }

  #abandon(): void {
    const writer = this.#writer;
    this.#writer = undefined;
    if (writer === undefined) return;
    const steps = writer.abandon();
    /* Without its snapshot the log since the one before is as long as it was. */
    this.#transactions = this.#transactionLimit + 1;
    if (steps.length > 0) this.#askDisk('abandon', steps);
  }

  #purge(): void {
    this.#purgeDue = false;
    const steps = this.#parts.retention.purgeSteps(this.#parts.config.autopurgeSnapRetainCount);
    if (steps.length > 0) this.#askDisk('purge', steps);
  }

  #askDisk(task: 'slice' | 'abandon' | 'purge', steps: Parameters<Turn['askDisk']>[1]): void {
    this.#request = { id: this.#parts.turn.askDisk('background', steps), task };
  }

  #drawLimits(): void {
    const { config, host } = this.#parts;
    const draw = () => {
      const [a, b] = host.randomBytes(2);
      return (a! * 256 + b!) / 65_536;
    };
    const { snapCount, snapSizeLimitInKb } = config;
    this.#transactionLimit = Math.floor(snapCount / 2 + (draw() * snapCount) / 2);
    const half = (snapSizeLimitInKb * 1024) / 2;
    this.#byteLimit = half > 0 ? half + draw() * half : Number.POSITIVE_INFINITY;
  }
}
