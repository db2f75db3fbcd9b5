import { unreachable } from '../base/assert.js';
import type { Host } from '../base/host.js';
import type { Millis, SessionId } from '../base/ids.js';
import { hexLong } from '../base/long.js';
import type { Config } from '../config/config.js';
import type { Effect } from '../seam/effects.js';
import type { Batch, Input, PeerCommand } from '../seam/inputs.js';
import type { Turn } from '../seam/turn.js';
import type { DiskFailure } from '../storage/disk.js';
import { assemble, type PeerOptions, type PeerParts } from './assembly.js';
import { Connection } from './connection.js';
import { createPeerView } from './peer-view.js';
import type { PendingWrite } from './request.js';
import type { Session } from './sessions.js';
import type { PeerView } from './view.js';
import { prepareCloseSession } from './writes/close-session.js';

/** The process's exit code when the log cannot be written. */
const DISK_EXIT_CODE = 10;
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
  readonly #parts: PeerParts;
  readonly #apacheSessions: Set<SessionId>;
  /** Connections whose handshake has not come, oldest first. */
  readonly #greeting = new Set<Connection>();
  /** The write applied last, for a look at the digest at the end of the step. */
  #lastApplied: PendingWrite | undefined = undefined;
  #phase: 'serving' | 'stopping' | 'closing' | 'stopped' | 'halted' = 'serving';
  #closingRequest = 0;
  #hasBegun = false;

  constructor(options: PeerOptions) {
    const parts = assemble(options, {
      apply: (write) => this.#apply(write),
      failed: (failure) => this.#halt(failure),
      close: (connection, reason) => this.#close(connection, reason),
      sessionEnded: (write) => this.#sessionEnded(write),
    });
    this.#parts = parts;
    this.#config = parts.config;
    this.#host = parts.host;
    this.#turn = parts.turn;
    this.#apacheSessions = options.recovered.apacheSessions;
    this.view = createPeerView({
      ...parts,
      serverId: parts.config.serverId,
      startedAt: options.now,
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
    if (this.#phase !== 'serving') return this.#parts.pipeline.wakeAt;
    return Math.min(
      this.#parts.expiry.wakeAt,
      this.#parts.cleaner.wakeAt,
      this.#parts.snapshots.wakeAt,
      this.#parts.pipeline.wakeAt,
      this.#parts.intake.wakeAt,
      this.#sessionlessDeadline,
    );
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
    this.#lastApplied = undefined;
    if (!this.#hasBegun) this.#begin();
    for (const input of batch.inputs) {
      this.#take(input);
      if (this.#isHalted) return;
    }
    if (this.#phase === 'serving') this.#doWhatIsDue();
    this.#parts.intake.endStep();
    if (this.#lastApplied !== undefined) this.#parts.applier.checkDigest(this.#lastApplied);
    this.#parts.pipeline.endStep();
    this.#parts.replies.flush(turn.durable, out);
    this.#parts.snapshots.endStep();
    if (this.#phase !== 'serving') this.#goOnStopping();
  }

  /** Reading the data took time, in which no client could be heard. */
  #begin(): void {
    this.#hasBegun = true;
    const { sessions, turn } = this.#parts;
    for (const session of sessions.values()) sessions.touch(session, turn.now);
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
        const connection = this.#parts.connections.get(input.connection);
        if (connection === undefined || this.#phase !== 'serving') break;
        const wasGreeting = connection.phase === 'greeting';
        this.#parts.intake.received(connection, input.bytes);
        if (wasGreeting && connection.phase !== 'greeting') this.#greeting.delete(connection);
        break;
      }
      case 'connection-opened':
        this.#open(input);
        break;
      case 'link-opened': {
        const { connection } = input;
        const reason = 'this server stands alone';
        this.#turn.effects.push({ type: 'close', connection, reason });
        break;
      }
      case 'connection-slow': {
        const connection = this.#parts.connections.get(input.connection);
        if (connection !== undefined) connection.slow = input.slow;
        break;
      }
      case 'connection-closed':
        this.#forget(this.#parts.connections.get(input.connection));
        break;
      case 'disk-done':
        if (this.#turn.isCurrent(input.generation)) this.#diskDone(input.id, input.failure);
        break;
      case 'polled':
        for (const session of this.#parts.expiry.polled(input.id)) this.#expire(session);
        break;
      case 'command':
        this.#command(input.command);
        break;
      default:
        unreachable(input, 'input');
    }
  }

  #open(input: Extract<Input, { type: 'connection-opened' }>): void {
    const { turn, auth } = this.#parts;
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
    this.#parts.connections.set(connection.id, connection);
    this.#greeting.add(connection);
    if (this.#phase !== 'serving') this.#close(connection, 'the server is stopping');
  }

  #diskDone(id: number, failure: DiskFailure | undefined): void {
    if (id === this.#closingRequest) {
      this.#phase = 'stopped';
      return;
    }
    if (this.#parts.snapshots.answered(id, failure)) return;
    const tookMs = this.#parts.pipeline.flushed(id, failure);
    if (tookMs === undefined) return;
    const metrics = this.#parts.metrics;
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
    if (write.request !== undefined) this.#parts.intake.beforeWrite(write.request);
    this.#parts.applier.apply(write);
    this.#lastApplied = write;
    this.#parts.snapshots.count(1);
    if (write.largeBytes > 0) this.#parts.intake.releaseLarge(write.largeBytes);
  }

  #doWhatIsDue(): void {
    const { now } = this.#turn;
    this.#parts.expiry.look(this.#turn);
    this.#parts.cleaner.step();
    for (const connection of this.#greeting) {
      if (connection.openedAt + this.#config.sessionlessTimeoutMs > now) break;
      this.#parts.metrics.sessionlessConnectionsExpired.add();
      this.#close(connection, `no session within ${this.#config.sessionlessTimeoutMs} ms`);
    }
  }

  #expire(session: Session): void {
    if (this.#phase !== 'serving') return;
    this.#parts.metrics.staleSessionsExpired.add();
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
    this.#parts.pipeline.propose(proposal, (p, origin) => prepareCloseSession(p, origin, session));
  }

  #sessionEnded({ session }: PendingWrite): void {
    if (session === undefined) return;
    this.#parts.sessions.remove(session.id);
    this.#apacheSessions.delete(session.id);
    const { connection: id } = session;
    const connection = id === undefined ? undefined : this.#parts.connections.get(id);
    if (connection !== undefined) this.#close(connection, 'its session has ended');
  }

  #command(command: PeerCommand): void {
    switch (command.name) {
      case 'reset-server-stats':
        for (const metric of Object.values(this.#parts.metrics)) metric.reset();
        break;
      case 'reset-connection-stats':
        for (const connection of this.#parts.connections.values()) connection.resetStats();
        break;
      case 'take-snapshot':
        this.#parts.snapshots.ask();
        break;
      case 'shut-down':
        if (this.#phase === 'serving') this.#phase = 'stopping';
        this.#parts.snapshots.stop();
        break;
      default:
        unreachable(command, 'command');
    }
  }

  /** What was accepted is finished and answered; then the log ends, and everyone is let go. */
  #goOnStopping(): void {
    const isDone = this.#parts.pipeline.isIdle && !this.#parts.snapshots.isBusy;
    if (this.#phase !== 'stopping' || !isDone) return;
    this.#phase = 'closing';
    for (const connection of this.#parts.connections.values()) {
      this.#close(connection, 'the server is stopping');
    }
    const steps = this.#parts.log.shutDown();
    if (steps.length === 0) this.#phase = 'stopped';
    else this.#closingRequest = this.#turn.askDisk('log', steps);
  }

  #halt(failure: DiskFailure): void {
    this.#phase = 'halted';
    this.#parts.metrics.unrecoverableErrors.add();
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
    this.#parts.replies.flushOne(connection, durable, effects);
    effects.push({ type: 'close', connection: connection.id, reason });
    this.#forget(connection);
  }

  #forget(connection: Connection | undefined): void {
    if (connection === undefined) return;
    const { session } = connection;
    connection.phase = 'closed';
    this.#parts.connections.delete(connection.id);
    this.#greeting.delete(connection);
    this.#parts.intake.forget(connection);
    this.#parts.replies.drop(connection);
    this.#parts.watches.removeAll(connection.id);
    if (session?.connection === connection.id) session.connection = undefined;
    this.#parts.metrics.connectionDrops.add();
  }
}
