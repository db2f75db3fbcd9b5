import { unreachable } from '../base/assert.js';
import type { Host } from '../base/host.js';
import type { ConnectionId, Millis, WallMillis } from '../base/ids.js';
import { hexLong } from '../base/long.js';
import type { Config } from '../config/config.js';
import type { DiskFailure } from '../storage/disk.js';
import { LogWriter } from '../storage/log-writer.js';
import type { Recovered } from '../storage/recovery.js';
import { WatchTable } from '../tree/watches.js';
import { Applier } from './applier.js';
import { Authenticator } from './auth.js';
import { Connection } from './connection.js';
import { ContainerCleaner } from './containers.js';
import { DigestHistory } from './digest-history.js';
import type { Effect } from './effects.js';
import { Expiry } from './expiry.js';
import { Greeter } from './handshake.js';
import type { Batch, Input, PeerCommand } from './inputs.js';
import { Intake } from './intake.js';
import { createMetrics } from './metrics.js';
import { Notifications } from './notifications.js';
import { Outstanding } from './outstanding.js';
import { firstSessionId, Passwords } from './passwords.js';
import { createPeerView } from './peer-view.js';
import { Pipeline } from './pipeline.js';
import { Preparation } from './preparation.js';
import { Replies } from './replies.js';
import type { PendingWrite } from './request.js';
import { type Session, Sessions } from './sessions.js';
import { Snapshots } from './snapshots.js';
import { Turn } from './turn.js';
import type { PeerView } from './view.js';
import { prepareCloseSession } from './writes/close-session.js';

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

/** The process's exit code when the log cannot be written. */
const DISK_EXIT_CODE = 10;
/** A connection without a session is looked for so often. */
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
  readonly #config: Config;
  readonly #host: Host;
  readonly #turn: Turn;
  readonly #recovered: Recovered;
  readonly #connections = new Map<ConnectionId, Connection>();
  /** Connections whose handshake has not come, oldest first. */
  readonly #greeting = new Set<Connection>();
  readonly #metrics = createMetrics();
  readonly #watches = new WatchTable();
  readonly #sessions: Sessions;
  readonly #expiry: Expiry;
  readonly #auth: Authenticator;
  readonly #replies: Replies;
  readonly #log: LogWriter;
  readonly #pipeline: Pipeline;
  readonly #applier: Applier;
  readonly #greeter: Greeter;
  readonly #intake: Intake;
  readonly #cleaner: ContainerCleaner;
  readonly #snapshots: Snapshots;
  /** The write applied last, for a look at the digest at the end of the step. */
  #lastApplied: PendingWrite | undefined = undefined;
  #phase: 'serving' | 'stopping' | 'closing' | 'stopped' | 'halted' = 'serving';
  #closingRequest = 0;

  constructor(options: PeerOptions) {
    const { config, host, recovered, now, wall } = options;
    const { database, apacheSessions } = recovered;
    const metrics = this.#metrics;
    const connections = this.#connections;
    const watches = this.#watches;
    this.#config = config;
    this.#host = host;
    this.#recovered = recovered;
    const turn = new Turn(now, wall);
    this.#turn = turn;
    metrics.digestMismatches.add(recovered.digestMismatches);

    const sessions = new Sessions(config.tickTime, firstSessionId(wall, config.serverId));
    for (const [id, timeoutMs] of database.sessions) sessions.add(id, timeoutMs, now);
    this.#sessions = sessions;
    this.#expiry = new Expiry(sessions, config.tickTime);
    const usesApacheRule = config.sessionPasswords === 'apache';
    const passwords = new Passwords(
      host,
      options.secret,
      (session) => usesApacheRule || apacheSessions.has(session),
    );
    const auth = new Authenticator(host, config);
    this.#auth = auth;
    const outstanding = new Outstanding(database, config.digestEnabled);
    const preparation = new Preparation({
      config,
      host,
      database,
      outstanding,
      auth,
      metrics,
    });
    const replies = new Replies(database, metrics);
    this.#replies = replies;
    const notifications = new Notifications({
      config,
      database,
      watches,
      replies,
      connections,
      metrics,
    });
    const log = new LogWriter({
      preAllocSizeBytes: config.preAllocSize * 1024,
      maxFileBytes: Math.max(0, config.txnLogSizeLimitInKb * 1024),
      sync: config.forceSync,
      dbId: 0n,
      newFile: (file) => recovered.retention.added(file),
    });
    this.#log = log;
    this.#pipeline = new Pipeline({
      turn,
      preparation,
      outstanding,
      log,
      apply: (write) => this.#apply(write),
      failed: (failure) => this.#halt(failure),
    });
    const propose: Pipeline['propose'] = (proposal, prepare) =>
      this.#pipeline.propose(proposal, prepare);
    const close = (connection: Connection, reason: string) => this.#close(connection, reason);
    this.#greeter = new Greeter({
      config,
      host,
      turn,
      database,
      sessions,
      passwords,
      replies,
      metrics,
      connections,
      propose,
      close,
    });
    this.#intake = new Intake({
      config,
      host,
      turn,
      sessions,
      auth,
      greeter: this.#greeter,
      pipeline: this.#pipeline,
      service: { config, database, watches, notifications },
      replies,
      metrics,
      close,
    });
    const digestHistory = new DigestHistory(recovered.digests);
    this.#applier = new Applier({
      config,
      host,
      turn,
      database,
      outstanding,
      notifications,
      replies,
      digests: digestHistory,
      metrics,
      sessionBegan: (write) => this.#greeter.began(write),
      sessionEnded: (write) => this.#sessionEnded(write),
      answered: (request) => this.#intake.answered(request),
    });
    this.#cleaner = new ContainerCleaner({ config, turn, database, propose });
    this.#snapshots = new Snapshots({
      config,
      host,
      turn,
      database,
      log,
      retention: recovered.retention,
      apacheSessions,
      metrics,
      lastZxid: recovered.lastSnapshotZxid,
      transactions: recovered.transactionsSinceSnapshot,
    });
    this.view = createPeerView({
      serverId: config.serverId,
      startedAt: now,
      database,
      watches,
      sessions,
      open: connections,
      intake: this.#intake,
      digestHistory,
      snapshots: this.#snapshots,
      log,
      metrics,
      isServing: () => this.#phase === 'serving',
    });
  }

  /** True when it was asked to stop and everything is durable and said. */
  get stopped(): boolean {
    return this.#phase === 'stopped';
  }

  /** When to step next, even if nothing comes. */
  get wakeAt(): Millis {
    if (this.#phase === 'halted' || this.#phase === 'stopped') return NEVER;
    if (this.#phase !== 'serving') return this.#pipeline.wakeAt;
    return Math.min(
      this.#expiry.wakeAt,
      this.#cleaner.wakeAt,
      this.#snapshots.wakeAt,
      this.#pipeline.wakeAt,
      this.#sessionlessDeadline,
    );
  }

  /** Takes in what happened and appends to `out` what is to be done about it. */
  step(batch: Batch, out: Effect[]): void {
    if (this.#phase === 'halted' || this.#phase === 'stopped') return;
    const turn = this.#turn;
    turn.now = batch.now;
    turn.wall = batch.wall;
    turn.effects = out;
    this.#lastApplied = undefined;
    for (const input of batch.inputs) {
      this.#take(input);
      if (this.#isHalted) return;
    }
    if (this.#phase === 'serving') this.#doWhatIsDue();
    this.#intake.endStep();
    if (this.#lastApplied !== undefined) this.#applier.checkDigest(this.#lastApplied);
    this.#pipeline.endStep();
    this.#replies.flush(turn.durable, out);
    this.#snapshots.endStep();
    if (this.#phase !== 'serving') this.#goOnStopping();
  }

  /** Asked anew after inputs, which may have changed it. */
  get #isHalted(): boolean {
    return this.#phase === 'halted';
  }

  get #sessionlessDeadline(): Millis {
    const [oldest] = this.#greeting;
    return oldest === undefined ? NEVER : oldest.openedAt + this.#config.sessionlessTimeoutMs;
  }

  #take(input: Input): void {
    switch (input.type) {
      case 'connection-bytes': {
        const connection = this.#connections.get(input.connection);
        if (connection === undefined || this.#phase !== 'serving') break;
        const wasGreeting = connection.phase === 'greeting';
        this.#intake.received(connection, input.bytes);
        if (wasGreeting && connection.phase !== 'greeting') this.#greeting.delete(connection);
        break;
      }
      case 'connection-opened':
        this.#open(input);
        break;
      case 'connection-closed':
        this.#forget(this.#connections.get(input.connection));
        break;
      case 'disk-done':
        if (this.#turn.isCurrent(input.generation)) this.#diskDone(input.id, input.failure);
        break;
      case 'polled':
        for (const session of this.#expiry.polled(input.id, this.#turn.now)) this.#expire(session);
        break;
      case 'command':
        this.#command(input.command);
        break;
      default:
        unreachable(input, 'input');
    }
  }

  #open(input: Extract<Input, { type: 'connection-opened' }>): void {
    const { turn, auth } = { turn: this.#turn, auth: this.#auth };
    const connection = new Connection({
      id: input.connection,
      address: input.address,
      port: input.port,
      transport: input.transport,
      openedAt: turn.now,
      establishedAt: turn.wall,
      maxFrameBytes: this.#config.juteMaxBuffer,
      identities: auth.identitiesAt(input.address),
    });
    this.#connections.set(connection.id, connection);
    this.#greeting.add(connection);
    if (this.#phase !== 'serving') this.#close(connection, 'the server is stopping');
  }

  #diskDone(id: number, failure: DiskFailure | undefined): void {
    if (id === this.#closingRequest) {
      this.#phase = 'stopped';
      return;
    }
    if (this.#snapshots.answered(id, failure)) return;
    const tookMs = this.#pipeline.flushed(id, failure);
    if (tookMs === undefined) return;
    const metrics = this.#metrics;
    metrics.fsyncTime.add(tookMs);
    const { fsyncWarningThresholdMs } = this.#config;
    if (tookMs <= fsyncWarningThresholdMs) return;
    metrics.fsyncThresholdExceeded.add();
    this.#host.log({
      level: 'warn',
      event: 'log.slow-flush',
      message:
        `a flush of the log took ${Math.round(tookMs)} ms: every write waits for it; look for ` +
        'what else uses the disk',
      fields: { tookMs: Math.round(tookMs), thresholdMs: fsyncWarningThresholdMs },
    });
  }

  #apply(write: PendingWrite): void {
    this.#applier.apply(write);
    this.#lastApplied = write;
    this.#snapshots.count(1);
    if (write.largeBytes > 0) this.#intake.releaseLarge(write.largeBytes);
  }

  #doWhatIsDue(): void {
    const { now } = this.#turn;
    this.#expiry.look(this.#turn);
    this.#cleaner.step();
    for (const connection of this.#greeting) {
      if (connection.openedAt + this.#config.sessionlessTimeoutMs > now) break;
      this.#metrics.sessionlessConnectionsExpired.add();
      this.#close(connection, `no session within ${this.#config.sessionlessTimeoutMs} ms`);
    }
  }

  #expire(session: Session): void {
    if (this.#phase !== 'serving') return;
    this.#metrics.staleSessionsExpired.add();
    this.#host.log({
      level: 'info',
      event: 'session.expired',
      message: `session ${hexLong(session.id)} ends: nothing was heard of it for ${session.timeoutMs} ms`,
      fields: { session: session.id, timeoutMs: session.timeoutMs },
    });
    const proposal = {
      operation: 'closeSession',
      session,
      identities: [],
      request: undefined,
      largeBytes: 0,
    } as const;
    this.#pipeline.propose(proposal, (p, origin) => prepareCloseSession(p, origin, session));
  }

  #sessionEnded({ session }: PendingWrite): void {
    if (session === undefined) return;
    this.#sessions.remove(session.id);
    this.#recovered.apacheSessions.delete(session.id);
    const { connection: id } = session;
    const connection = id === undefined ? undefined : this.#connections.get(id);
    if (connection !== undefined) this.#close(connection, 'its session has ended');
  }

  #command(command: PeerCommand): void {
    switch (command.name) {
      case 'reset-server-stats':
        for (const metric of Object.values(this.#metrics)) metric.reset();
        break;
      case 'reset-connection-stats':
        for (const connection of this.#connections.values()) connection.resetStats();
        break;
      case 'take-snapshot':
        this.#snapshots.ask();
        break;
      case 'shut-down':
        if (this.#phase === 'serving') this.#phase = 'stopping';
        this.#snapshots.stop();
        break;
      default:
        unreachable(command, 'command');
    }
  }

  /** What was accepted is finished and answered; then the log ends, and everyone is let go. */
  #goOnStopping(): void {
    const isDone = this.#pipeline.isIdle && !this.#snapshots.isBusy;
    if (this.#phase !== 'stopping' || !isDone) return;
    this.#phase = 'closing';
    for (const connection of this.#connections.values()) {
      this.#close(connection, 'the server is stopping');
    }
    const steps = this.#log.shutDown();
    if (steps.length === 0) this.#phase = 'stopped';
    else this.#closingRequest = this.#turn.askDisk('log', steps);
  }

  #halt(failure: DiskFailure): void {
    this.#phase = 'halted';
    this.#turn.effects.push({
      type: 'halt',
      code: DISK_EXIT_CODE,
      reason:
        `the transaction log cannot be written (${failure.code}: ${failure.message}); nothing that ` +
        'was not durable has been acknowledged. Make room or repair the disk, then start again',
    });
  }

  /** Lets a connection go, after what was said to it. */
  #close(connection: Connection, reason: string): void {
    if (connection.phase === 'closed') return;
    const { effects, durable } = this.#turn;
    this.#replies.flushOne(connection, durable, effects);
    effects.push({ type: 'close', connection: connection.id, reason });
    this.#forget(connection);
  }

  #forget(connection: Connection | undefined): void {
    if (connection === undefined) return;
    const { session } = connection;
    connection.phase = 'closed';
    this.#connections.delete(connection.id);
    this.#greeting.delete(connection);
    this.#intake.forget(connection);
    this.#replies.drop(connection);
    this.#watches.removeAll(connection.id);
    if (session?.connection === connection.id) session.connection = undefined;
    this.#metrics.connectionDrops.add();
  }
}
