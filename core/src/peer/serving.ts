import { unreachable } from '../base/assert.js';
import type { Host } from '../base/host.js';
import type { ConnectionId, Millis, Zxid } from '../base/ids.js';
import type { Config } from '../config/config.js';
import type { Input } from '../seam/inputs.js';
import type { Turn } from '../seam/turn.js';
import type { Database } from '../tree/database.js';
import { WatchTable } from '../tree/watches.js';
import { Applier } from './applier.js';
import type { Authenticator } from './auth.js';
import type { Authority, SessionClaim } from './authority.js';
import { Connection } from './connection.js';
import type { DigestHistory } from './digest-history.js';
import { Greeter } from './handshake.js';
import { Intake } from './intake.js';
import type { MetricsRegistry } from './metrics.js';
import { Notifications } from './notifications.js';
import type { Outstanding } from './outstanding.js';
import type { Passwords } from './passwords.js';
import { Replies } from './replies.js';
import type { PendingWrite, WaitingRequest } from './request.js';
import type { Session, Sessions } from './sessions.js';

export interface ServingParts {
  readonly config: Config;
  readonly host: Host;
  readonly turn: Turn;
  readonly metrics: MetricsRegistry;
  readonly auth: Authenticator;
  readonly database: Database;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly digestHistory: DigestHistory;
  readonly authority: Authority;
  /** What is decided and not applied; only where writes are decided. */
  readonly outstanding: Outstanding | undefined;
  /** The tree is not what was foretold; unset where that is only reported. */
  readonly diverged?: ((zxid: Zxid) => void) | undefined;
  /** A transaction has ended a session. */
  readonly sessionEnded: (session: bigint) => void;
}

/** What its clients can tell a server. */
export type ClientInput = Extract<
  Input,
  { type: `connection-${'opened' | 'bytes' | 'slow' | 'closed'}` }
>;

const NEVER = Number.POSITIVE_INFINITY;

/**
 * A server towards its clients: their connections, what they ask, what they watch, what they are
 * told. It lasts as long as the server's role does.
 */
export class Serving {
  readonly connections: Map<ConnectionId, Connection> = new Map();
  readonly watches: WatchTable = new WatchTable();
  readonly sessions: Sessions;
  readonly intake: Intake;
  readonly #parts: ServingParts;
  readonly #greeter: Greeter;
  readonly #applier: Applier;
  readonly #replies: Replies;
  /** Connections whose handshake has not come, oldest first. */
  readonly #greeting = new Set<Connection>();
  /** The write applied last, for a look at the digest at the end of the step. */
  #lastApplied: PendingWrite | undefined = undefined;
  /** Whether what clients say is heard; who does not hear cannot say that they are silent. */
  isAccepting = true;

  constructor(parts: ServingParts) {
    this.#parts = parts;
    const { config, database, sessions, metrics } = parts;
    this.sessions = sessions;
    const { connections, watches } = this;
    const close = (connection: Connection, reason: string) => this.close(connection, reason);
    this.#replies = new Replies(database, metrics);
    const own = { connections, watches, replies: this.#replies, close };
    const notifications = new Notifications({ ...parts, ...own });
    this.#greeter = new Greeter({ ...parts, ...own });
    const service = { config, database, watches, notifications };
    const sessionClosed = (session: Session) => this.end(session, 'its client has closed it');
    this.intake = new Intake({ ...parts, ...own, greeter: this.#greeter, service, sessionClosed });
    this.#applier = new Applier({
      ...parts,
      ...own,
      notifications,
      diverged: parts.diverged,
      digests: parts.digestHistory,
      sessionBegan: (write) => this.#greeter.began(write),
      sessionEnded: (write) => this.#sessionEnded(write),
      answered: (request) => this.intake.answered(request),
    });
  }

  /** When something is to be done for a client, even if nothing comes. */
  get wakeAt(): Millis {
    return this.isAccepting ? Math.min(this.intake.wakeAt, this.#sessionlessDeadline) : NEVER;
  }

  take(input: ClientInput): void {
    switch (input.type) {
      case 'connection-bytes': {
        const connection = this.connections.get(input.connection);
        if (connection === undefined || !this.isAccepting) break;
        const wasGreeting = connection.phase === 'greeting';
        this.intake.received(connection, input.bytes);
        if (wasGreeting && connection.phase !== 'greeting') this.#greeting.delete(connection);
        break;
      }
      case 'connection-opened':
        this.#open(input);
        break;
      case 'connection-slow': {
        const connection = this.connections.get(input.connection);
        if (connection !== undefined) connection.slow = input.slow;
        break;
      }
      case 'connection-closed':
        this.#forget(this.connections.get(input.connection));
        break;
      default:
        unreachable(input, 'input of a client');
    }
  }

  /** Lets go of connections that have not asked for a session in time. */
  doWhatIsDue(): void {
    const { turn, config, metrics } = this.#parts;
    for (const connection of this.#greeting) {
      if (connection.openedAt + config.sessionlessTimeoutMs > turn.now) break;
      metrics.sessionlessConnectionsExpired.add();
      this.close(connection, `no session within ${config.sessionlessTimeoutMs} ms`);
    }
  }

  /** Applies a write that is decided, tells the watchers and answers whoever asked. */
  apply(write: PendingWrite): void {
    if (write.request !== undefined) this.intake.beforeWrite(write.request);
    this.#applier.apply(write);
    this.#lastApplied = write;
    if (write.largeBytes > 0) this.intake.large.release(write.largeBytes);
    const { session } = write;
    if (session === undefined || session.unapplied === 0) return;
    if (--session.unapplied > 0) return;
    const request = this.#greeter.settled(session);
    if (request !== undefined) this.intake.answered(request);
    session.settled();
  }

  /** It is decided, later than it was asked, whether a client may go on with its session. */
  claimed(claim: SessionClaim, isValid: boolean): void {
    const request = this.#greeter.claimed(claim, isValid);
    if (request !== undefined) this.intake.answered(request);
  }

  /** A sync may be answered. */
  openGate(request: WaitingRequest): void {
    this.intake.openGate(request);
  }

  /** The end of a step, before what was accepted is flushed. */
  endIntake(): void {
    this.intake.endStep();
    if (this.#lastApplied !== undefined) this.#applier.checkDigest(this.#lastApplied);
    this.#lastApplied = undefined;
  }

  /** Hands over what there is to be said. */
  flush(): void {
    const { turn } = this.#parts;
    this.#replies.flush(turn.durable, turn.effects);
  }

  /** Takes nothing more in; what was accepted is still answered. */
  stopAccepting(): void {
    this.isAccepting = false;
  }

  /** A session is over: nothing of it is accepted, and whoever speaks for it is let go. */
  end(session: Session, reason: string): void {
    session.closing = true;
    this.sessions.remove(session.id);
    const { connection: speaker } = session;
    const connection = speaker === undefined ? undefined : this.connections.get(speaker);
    if (connection !== undefined) this.close(connection, reason);
  }

  /** Lets everybody go. */
  closeAll(reason: string): void {
    for (const connection of this.connections.values()) this.close(connection, reason);
  }

  /** Lets a connection go, after what was said to it. */
  close(connection: Connection, reason: string): void {
    if (connection.phase === 'closed') return;
    const { effects, durable } = this.#parts.turn;
    this.#replies.flushOne(connection, durable, effects);
    effects.push({ type: 'close', connection: connection.id, reason });
    this.#forget(connection);
  }

  get #sessionlessDeadline(): Millis {
    const [oldest] = this.#greeting;
    return oldest === undefined ? NEVER : oldest.openedAt + this.#parts.config.sessionlessTimeoutMs;
  }

  #open(input: Extract<ClientInput, { type: 'connection-opened' }>): void {
    const { turn, auth, config } = this.#parts;
    const connection = new Connection({
      id: input.connection,
      address: input.address,
      port: input.port,
      transport: input.transport,
      openedAt: turn.now,
      establishedAt: turn.wall,
      maxFrameBytes: config.juteMaxBuffer,
      identities: auth.identitiesAt(input.address),
    });
    this.connections.set(connection.id, connection);
    this.#greeting.add(connection);
    if (!this.isAccepting) this.close(connection, 'the server is stopping');
  }

  #sessionEnded({ txn }: PendingWrite): void {
    const id = txn.header.clientId;
    const session = this.sessions.get(id);
    this.#parts.sessionEnded(id);
    if (session !== undefined) this.end(session, 'its session has ended');
  }

  #forget(connection: Connection | undefined): void {
    if (connection === undefined) return;
    const { session } = connection;
    connection.phase = 'closed';
    this.connections.delete(connection.id);
    this.#greeting.delete(connection);
    this.intake.forget(connection);
    this.#replies.drop(connection);
    this.watches.removeAll(connection.id);
    if (session?.connection === connection.id) {
      session.connection = undefined;
      this.#parts.authority.left(session);
    }
    this.#parts.metrics.connectionDrops.add();
  }
}
