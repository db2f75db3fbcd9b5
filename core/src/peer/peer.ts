import { unreachable } from '../base/assert.js';
import type { Host } from '../base/host.js';
import type { Millis, SessionId, WallMillis } from '../base/ids.js';
import type { Config } from '../config/config.js';
import type { Effect } from '../seam/effects.js';
import type { Batch, Input, PeerCommand } from '../seam/inputs.js';
import { Turn } from '../seam/turn.js';
import type { DiskFailure } from '../storage/disk.js';
import { LogWriter } from '../storage/log-writer.js';
import type { Recovered } from '../storage/recovery.js';
import { Authenticator } from './auth.js';
import { obey } from './commands.js';
import type { Core } from './core.js';
import { Deciding } from './deciding.js';
import { DigestHistory } from './digest-history.js';
import { haltFor } from './halts.js';
import { createMetrics } from './metrics.js';
import { firstSessionId, Passwords } from './passwords.js';
import { createPeerView } from './peer-view.js';
import { SessionIds, Sessions } from './sessions.js';
import { Snapshots } from './snapshots.js';
import type { PeerView } from './view.js';

export interface PeerOptions {
  readonly config: Config;
  readonly host: Host;
  /** Key of the session passwords. */
  readonly secret: Uint8Array;
  /** What the data folder holds. */
  readonly recovered: Recovered;
  readonly now: Millis;
  readonly wall: WallMillis;
}

const NEVER = Number.POSITIVE_INFINITY;

/**
 * One server that stands alone, as a deterministic machine: inputs go in, effects come out, and
 * nothing else of the world is touched. See `Effect` for what its host promises.
 *
 * Each step reads what came, decides what is due, and then says everything at once: one flush of
 * the log for all writes, one piece of bytes for each connection.
 */
export class Peer {
  readonly view: PeerView;
  readonly #core: Core;
  readonly #turn: Turn;
  readonly #log: LogWriter;
  readonly #snapshots: Snapshots;
  readonly #deciding: Deciding;
  #phase: 'serving' | 'stopping' | 'closing' | 'stopped' | 'halted' = 'serving';
  #closingRequest = 0;
  #hasBegun = false;

  constructor(options: PeerOptions) {
    const { config, recovered, now, wall } = options;
    const { database, apacheSessions } = recovered;
    this.#turn = new Turn(now, wall);
    const isApaches = config.sessionPasswords === 'apache';
    this.#core = coreOf(options, this.#turn, (id) => isApaches || apacheSessions.has(id));
    this.#log = openLog(config, recovered);
    const sessions = new Sessions(
      config.tickTime,
      new SessionIds(firstSessionId(wall, config.serverId)),
    );
    for (const [id, timeoutMs] of database.sessions) sessions.add(id, timeoutMs, now);
    this.#snapshots = new Snapshots({
      ...this.#core,
      database,
      log: this.#log,
      retention: recovered.retention,
      apacheSessions,
      lastZxid: recovered.lastSnapshotZxid,
      transactions: recovered.transactionsSinceSnapshot,
    });
    this.#deciding = new Deciding({
      core: this.#core,
      database,
      log: this.#log,
      sessions,
      failed: (failure) => this.#halt(failure),
      applied: () => this.#snapshots.count(1),
      sessionEnded: (session) => apacheSessions.delete(session),
    });
    this.view = createPeerView({
      mode: 'standalone',
      serverId: config.serverId,
      startedAt: now,
      database,
      log: this.#log,
      snapshots: this.#snapshots,
      serving: this.#deciding.serving,
      digestHistory: this.#core.digestHistory,
      metrics: this.#core.metrics,
      isServing: () => this.#phase === 'serving',
      skipAcl: config.skipAcl,
    });
  }

  /** True when it was asked to stop and everything is durable and said. */
  get stopped(): boolean {
    return this.#phase === 'stopped';
  }

  /** When to step next, even if nothing comes. */
  get wakeAt(): Millis {
    if (this.#phase === 'halted' || this.#phase === 'stopped') return NEVER;
    if (this.#phase !== 'serving') return this.#deciding.ledger.wakeAt;
    return Math.min(this.#deciding.wakeAt, this.#snapshots.wakeAt);
  }

  /**
   * Takes in what happened and appends to `out` what is to be done about it. With the first step,
   * which the host makes as soon as clients can reach it, the sessions' time begins.
   */
  step(batch: Batch, out: Effect[]): void {
    if (this.#phase === 'halted' || this.#phase === 'stopped') return;
    const turn = this.#turn;
    turn.now = batch.now;
    turn.wall = batch.wall;
    turn.effects = out;
    const { serving, ledger } = this.#deciding;
    if (!this.#hasBegun) this.#begin();
    for (const input of batch.inputs) {
      this.#take(input);
      if (this.#isHalted) return;
    }
    if (this.#phase === 'serving') this.#deciding.doWhatIsDue();
    serving.endIntake();
    ledger.endStep();
    serving.flush();
    this.#snapshots.endStep();
    if (this.#phase !== 'serving') this.#goOnStopping();
  }

  /** Reading the data took time, in which no client could be heard. */
  #begin(): void {
    this.#hasBegun = true;
    const { sessions } = this.#deciding.serving;
    for (const session of sessions.values()) sessions.touch(session, this.#turn.now);
  }

  /** Asked anew after inputs, which may have changed it. */
  get #isHalted(): boolean {
    return this.#phase === 'halted';
  }

  #take(input: Input): void {
    switch (input.type) {
      case 'connection-opened':
      case 'connection-bytes':
      case 'connection-slow':
      case 'connection-closed':
        this.#deciding.take(input);
        break;
      case 'link-opened': {
        const { connection } = input;
        const reason = 'this server stands alone';
        this.#turn.effects.push({ type: 'close', connection, reason });
        break;
      }
      case 'disk-done':
        if (this.#turn.isCurrent(input.generation)) this.#diskDone(input.id, input.failure);
        break;
      case 'polled':
        if (this.#phase === 'serving') this.#deciding.polled(input.id);
        break;
      case 'command':
        this.#command(input.command);
        break;
      default:
        unreachable(input, 'input');
    }
  }

  #diskDone(id: number, failure: DiskFailure | undefined): void {
    if (id === this.#closingRequest) {
      this.#phase = 'stopped';
      return;
    }
    if (this.#snapshots.answered(id, failure)) return;
    const tookMs = this.#deciding.ledger.flushed(id, failure);
    if (tookMs !== undefined) noteFlush(this.#core, tookMs);
  }

  #command(command: PeerCommand): void {
    obey(command, {
      metrics: this.#core.metrics,
      serving: this.#deciding.serving,
      snapshots: this.#snapshots,
      leader: undefined,
      endSession: (id) => this.#deciding.endSession(id),
      stopping: () => {
        if (this.#phase === 'serving') this.#phase = 'stopping';
      },
    });
  }

  /** What was accepted is finished and answered; then the log ends, and everyone is let go. */
  #goOnStopping(): void {
    const isDone = this.#deciding.ledger.isIdle && !this.#snapshots.isBusy;
    if (this.#phase !== 'stopping' || !isDone) return;
    this.#phase = 'closing';
    this.#deciding.serving.closeAll('the server is stopping');
    const steps = this.#log.shutDown();
    if (steps.length === 0) this.#phase = 'stopped';
    else this.#closingRequest = this.#turn.askDisk('log', steps);
  }

  #halt(failure: DiskFailure): void {
    this.#phase = 'halted';
    this.#core.metrics.unrecoverableErrors.add();
    this.#turn.effects.push(haltFor(failure));
  }
}

type CoreOptions = Pick<PeerOptions, 'config' | 'host' | 'secret' | 'recovered'>;

/** What a server keeps whatever its role. */
export function coreOf(
  { config, host, secret, recovered }: CoreOptions,
  turn: Turn,
  usesApacheRule: (session: SessionId) => boolean,
): Core {
  const metrics = createMetrics();
  metrics.digestMismatches.add(recovered.digestMismatches);
  return {
    config,
    host,
    turn,
    metrics,
    auth: new Authenticator(host, config),
    passwords: new Passwords(host, secret, usesApacheRule),
    digestHistory: new DigestHistory(recovered.digests),
  };
}

/** The log of a server's life, behind what was recovered. */
export function openLog(config: Config, { database, retention }: Recovered): LogWriter {
  return new LogWriter({
    preAllocSizeBytes: config.preAllocSize * 1024,
    maxFileBytes: Math.max(0, config.txnLogSizeLimitInKb * 1024),
    sync: config.forceSync,
    dbId: 0n,
    after: database.lastZxid,
    newFile: (file) => retention.added(file),
  });
}

/** Counts a flush of the log, and reports one that took too long. */
export function noteFlush({ metrics, config, host }: Core, tookMs: Millis): void {
  metrics.fsyncTime.add(tookMs);
  const thresholdMs = config.fsyncWarningThresholdMs;
  if (tookMs <= thresholdMs) return;
  metrics.fsyncThresholdExceeded.add();
  host.log({
    level: 'warn',
    event: 'log.slow-flush',
    message:
      `a flush of the log took ${Math.round(tookMs)} ms: every write waits for it; look for ` +
      'what else uses the disk',
    fields: { tookMs: Math.round(tookMs), thresholdMs },
  });
}
