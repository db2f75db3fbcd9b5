import { unreachable } from '../base/assert.js';
import type { Host } from '../base/host.js';
import type { ConnectionId, Millis, WallMillis } from '../base/ids.js';
import { longOf } from '../base/long.js';
import type { Config } from '../config/config.js';
import type { EnsembleSpec } from '../config/ensemble.js';
import type { Effect } from '../seam/effects.js';
import type { Batch, Input, PeerCommand } from '../seam/inputs.js';
import { Turn } from '../seam/turn.js';
import type { CommittedTxn } from '../storage/committed-log.js';
import type { BootDisk, DiskFailure } from '../storage/disk.js';
import type { Recovered } from '../storage/recovery.js';
import type { DatabaseOptions } from '../tree/database.js';
import { Election } from '../zab/election.js';
import { ElectionLinks } from '../zab/election-links.js';
import { Epochs } from '../zab/epochs.js';
import { Membership } from '../zab/membership.js';
import { QuorumLink } from '../zab/quorum-link.js';
import type { Core } from './core.js';
import { Leading } from './leading.js';
import { Learning } from './learning.js';
import { MemberHistory } from './member-history.js';
import { createMemberView } from './member-view.js';
import { firstSessionId } from './passwords.js';
import { coreOf, haltFor, noteFlush } from './peer.js';
import type { PendingWrite } from './request.js';
import { decodeSecrets, encodeSecrets } from './secrets-packet.js';
import type { Serving } from './serving.js';
import { SessionIds } from './sessions.js';
import { Snapshots } from './snapshots.js';
import { Store } from './store.js';
import type { PeerView } from './view.js';

export interface MemberOptions {
  readonly config: Config & { readonly ensemble: EnsembleSpec };
  readonly host: Host;
  /** Key of the session passwords, until a leader says another. */
  readonly secret: Uint8Array;
  readonly disk: BootDisk;
  readonly database: DatabaseOptions;
  /** Reads the data folder; called again when the history was cut. */
  readonly recover: () => Recovered;
  /** What was recovered to begin with. */
  readonly recovered: Recovered;
  readonly epochs: { readonly accepted: number; readonly current: number };
  /** Whether nothing says that this server was ever in an ensemble, or has data of its own. */
  readonly isEmpty: boolean;
  /** Whether all that was ever durable here is known to be here. */
  readonly isTrusted: boolean;
  readonly now: Millis;
  readonly wall: WallMillis;
}

const NEVER = Number.POSITIVE_INFINITY;
/** How long a quorum waits for a better candidate, as in ZooKeeper. */
const FINALIZE_WAIT_MS = 200;
/** A learner that came before it is known who leads waits as long as the election may last. */
const STRANGERS_MAX = 64;

/** A learner that has connected while it is not known who leads. */
interface Early {
  readonly address: string;
  readonly bytes: Uint8Array[];
}

/**
 * One server of an ensemble, as a deterministic machine: looks for a leader, then leads, follows or
 * observes until that ends, and looks again. See `Effect` for what its host promises.
 *
 * Whenever a role ends, everything that belongs to it is dropped: connections of clients, links,
 * answers of the disk to come. What it had logged is made durable and applied before anything else,
 * so that the tree, the log and the vote say the same.
 */
export class Member {
  readonly view: PeerView;
  readonly #options: MemberOptions;
  readonly #core: Core;
  readonly #turn: Turn;
  readonly #store: Store;
  readonly #membership: Membership;
  readonly #epochs: Epochs;
  readonly #history: MemberHistory;
  readonly #sessionIds: SessionIds;
  readonly #election: Election;
  readonly #links: ElectionLinks;
  readonly #early = new Map<ConnectionId, Early>();
  #role: Leading | Learning | undefined = undefined;
  #snapshots: Snapshots | undefined = undefined;
  #phase: 'settling' | 'looking' | 'working' | 'closing' | 'stopped' | 'halted' = 'settling';
  /** What must be answered before the server looks for a leader. */
  readonly #barrier = new Set<number>();
  #rest: readonly PendingWrite[] = [];
  #lost: string | undefined = undefined;
  #isStopping = false;
  /** Whether a cut or an exchange of the history was interrupted: the disk knows how far it came. */
  #isUnsettled = false;
  #isTrusted: boolean;
  #isEmpty: boolean;
  #hasBegun = false;

  constructor(options: MemberOptions) {
    const { config, host, now, wall, recovered, epochs } = options;
    this.#options = options;
    this.#isTrusted = options.isTrusted;
    this.#isEmpty = options.isEmpty;
    this.#turn = new Turn(now, wall);
    const turn = this.#turn;
    this.#core = coreOf(options, turn);
    this.#store = new Store({ ...options }, recovered);
    this.#membership = new Membership(config.ensemble);
    this.#epochs = new Epochs(turn, epochs.accepted, epochs.current);
    this.#history = new MemberHistory(this.#store, options.database);
    this.#sessionIds = new SessionIds(firstSessionId(wall, config.serverId));
    const { serverId } = config;
    const membership = this.#membership;
    const log = host.log.bind(host);
    this.#links = new ElectionLinks({
      serverId,
      membership,
      turn,
      timeoutMs: config.cnxTimeout,
      greeting: () => this.#election.greeting,
      heard: (from, notification) => this.#election.heard(from, notification, turn.now),
      lost: (id) => this.#election.lost(id),
      log,
    });
    this.#election = new Election({
      serverId,
      membership,
      minNotificationMs: config.minNotificationInterval,
      maxNotificationMs: config.maxNotificationInterval,
      finalizeWaitMs: FINALIZE_WAIT_MS,
      send: (to, notification) => this.#links.send(to, notification),
      isReachable: (id) => this.#links.isReachable(id),
      log,
    });
    this.view = createMemberView({
      core: this.#core,
      store: this.#store,
      startedAt: now,
      state: () => this.#election.state,
      serving: () => this.#serving,
      snapshots: () => this.#snapshots,
    });
  }

  /** True when it was asked to stop and everything is durable and said. */
  get stopped(): boolean {
    return this.#phase === 'stopped';
  }

  /** When to step next, even if nothing comes. */
  get wakeAt(): Millis {
    if (this.#phase === 'halted' || this.#phase === 'stopped') return NEVER;
    if (!this.#hasBegun) return this.#turn.now;
    return Math.min(
      this.#links.wakeAt,
      this.#phase === 'looking' ? this.#election.wakeAt : NEVER,
      this.#role?.wakeAt ?? NEVER,
      this.#snapshots?.wakeAt ?? NEVER,
    );
  }

  step(batch: Batch, out: Effect[]): void {
    if (this.#phase === 'halted' || this.#phase === 'stopped') return;
    const turn = this.#turn;
    turn.now = batch.now;
    turn.wall = batch.wall;
    turn.effects = out;
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#settle();
    }
    this.#leaveWhenLate();
    for (const input of batch.inputs) {
      this.#take(input);
      if (this.#isHalted) return;
    }
    this.#links.step();
    if (this.#phase === 'looking') this.#look();
    this.#role?.doWhatIsDue();
    if (this.#lost === undefined) {
      this.#role?.endStep();
      this.#snapshots?.endStep();
    }
    /* A role that ends may end at once, and a leader is found while it does. */
    while (this.#lost !== undefined) this.#leave();
    if (this.#isStopping && this.#phase !== 'closing' && this.#isAtRest) this.#stop();
  }

  get #isHalted(): boolean {
    return this.#phase === 'halted';
  }

  get #serving(): Serving | undefined {
    const role = this.#role;
    return role instanceof Leading ? role.deciding?.serving : role?.serving;
  }

  /**
   * After a long pause the time of the role may be over: then nothing that came meanwhile is
   * answered as if it were not.
   */
  #leaveWhenLate(): void {
    const role = this.#role;
    if (role === undefined) return;
    if (role instanceof Learning) role.learner.step();
    else role.leader.stepDownIfLate();
    if (this.#lost !== undefined) this.#leave();
  }

  #take(input: Input): void {
    switch (input.type) {
      case 'connection-opened': {
        const { connection } = input;
        if (this.#serving !== undefined && !this.#isStopping) this.#role?.take(input);
        else {
          const reason = 'this server does not serve: no leader is known to it';
          this.#turn.effects.push({ type: 'close', connection, reason });
        }
        break;
      }
      case 'connection-bytes':
        if (!this.#takeLinkBytes(input.connection, input.bytes)) this.#role?.take(input);
        break;
      case 'connection-slow':
        this.#takeSlow(input);
        break;
      case 'connection-closed':
        if (!this.#takeLinkClosed(input.connection, input.reason)) this.#role?.take(input);
        break;
      case 'link-opened':
        this.#takeLink(input);
        break;
      case 'disk-done':
        if (this.#turn.isCurrent(input.generation)) this.#diskDone(input.id, input.failure);
        break;
      case 'polled':
        if (this.#role instanceof Leading) this.#role.polled(input.id);
        break;
      case 'command':
        this.#command(input.command);
        break;
      default:
        unreachable(input, 'input');
    }
  }

  #takeLink(input: Extract<Input, { type: 'link-opened' }>): void {
    const { connection, link, address } = input;
    if (link === 'election') {
      this.#links.opened(connection, address);
      return;
    }
    const role = this.#role;
    if (role instanceof Learning && role.learner.opened(connection, address)) return;
    if (connection > 0 && role instanceof Leading) {
      role.leader.opened(new QuorumLink(this.#turn, connection, address));
    } else if (connection > 0 && role === undefined && this.#early.size < STRANGERS_MAX) {
      this.#early.set(connection, { address, bytes: [] });
    } else {
      const reason = 'this server does not lead';
      this.#turn.effects.push({ type: 'close', connection, reason });
    }
  }

  #takeLinkBytes(connection: ConnectionId, bytes: Uint8Array): boolean {
    const early = this.#early.get(connection);
    if (early !== undefined) early.bytes.push(bytes);
    else if (this.#links.has(connection)) this.#links.bytes(connection, bytes);
    else if (this.#role instanceof Learning && this.#role.learner.has(connection)) {
      this.#role.learner.received(bytes);
    } else if (this.#role instanceof Leading && this.#role.leader.has(connection)) {
      this.#role.leader.received(connection, bytes);
    } else return false;
    return true;
  }

  #takeSlow(input: Extract<Input, { type: 'connection-slow' }>): void {
    const { connection, slow } = input;
    if (this.#links.has(connection)) this.#links.slow(connection, slow);
    else if (this.#role instanceof Leading && this.#role.leader.has(connection)) {
      this.#role.leader.slow(connection, slow);
    } else this.#role?.take(input);
  }

  #takeLinkClosed(connection: ConnectionId, reason: string): boolean {
    if (this.#early.delete(connection)) return true;
    if (this.#links.has(connection)) {
      this.#links.closed(connection, reason);
      return true;
    }
    const role = this.#role;
    if (role instanceof Learning) return role.learner.closed(connection, reason);
    if (!(role instanceof Leading) || !role.leader.has(connection)) return false;
    role.leader.closed(connection, reason);
    return true;
  }

  #diskDone(id: number, failure: DiskFailure | undefined): void {
    if (this.#barrier.delete(id)) {
      if (failure !== undefined) this.#halt(failure);
      else if (this.#barrier.size === 0) this.#settled();
      return;
    }
    if (this.#snapshots?.answered(id, failure) === true) return;
    if (failure !== undefined && this.#epochs.isWaitingFor(id)) {
      this.#halt(failure);
      return;
    }
    if (this.#epochs.answered(id)) return;
    const role = this.#role;
    if (role instanceof Learning && role.answered(id, failure)) return;
    const ledger = role instanceof Leading ? role.deciding?.ledger : role?.ledger;
    const tookMs = ledger?.flushed(id, failure);
    if (tookMs !== undefined) noteFlush(this.#core, tookMs);
  }

  #command(command: PeerCommand): void {
    switch (command.name) {
      case 'reset-server-stats':
        for (const metric of Object.values(this.#core.metrics)) metric.reset();
        break;
      case 'reset-connection-stats':
        for (const each of this.#serving?.connections.values() ?? []) each.resetStats();
        break;
      case 'take-snapshot':
        this.#snapshots?.ask();
        break;
      case 'shut-down':
        this.#isStopping = true;
        this.#serving?.stopAccepting();
        this.#snapshots?.stop();
        break;
      default:
        unreachable(command, 'command');
    }
  }

  /** Nothing that was accepted is still on its way. */
  get #isAtRest(): boolean {
    if (this.#phase === 'settling') return false;
    const role = this.#role;
    if (this.#snapshots?.isBusy === true) return false;
    const ledger = role instanceof Leading ? role.deciding?.ledger : role?.ledger;
    return ledger?.isIdle ?? true;
  }

  /** Everyone is let go, and the log ends. */
  #stop(): void {
    this.#phase = 'closing';
    this.#endRole('the server is stopping');
    this.#links.close('the server is stopping');
    this.#ask('log', this.#store.log.shutDown());
  }

  /** The role ends for the reason that it has given. */
  #leave(): void {
    const reason = this.#lost!;
    this.#lost = undefined;
    this.#core.host.log({
      level: 'warn',
      event: 'member.looking',
      message: `the server looks for a leader again: ${reason}`,
    });
    this.#endRole(reason);
    this.#phase = 'settling';
    this.#settle();
  }

  #endRole(reason: string): void {
    this.#rest = this.#role?.end(reason) ?? [];
    this.#isUnsettled = this.#role instanceof Learning && this.#role.isUnsettled;
    this.#role = undefined;
    this.#snapshots?.stop();
    this.#snapshots = undefined;
    this.#epochs.abandon();
    this.#barrier.clear();
    this.#turn.abandonDisk();
  }

  /** Waits until all that the disk was asked for is done, the rest of the log too. */
  #settle(): void {
    this.#ask('log', this.#store.log.shutDown());
    this.#ask('background', []);
  }

  #ask(lane: 'log' | 'background', steps: Parameters<Turn['askDisk']>[1]): void {
    this.#barrier.add(this.#turn.askDisk(lane, steps));
  }

  #settled(): void {
    if (this.#isUnsettled) {
      this.#store.reload();
      this.#history.forget();
    } else {
      this.#store.applyRest(this.#rest);
      this.#history.logged(this.#rest);
    }
    this.#isUnsettled = false;
    this.#rest = [];
    if (this.#phase === 'closing') {
      this.#phase = 'stopped';
      return;
    }
    this.#phase = 'looking';
    const { zxidHigh, zxidLow } = this.#store.last;
    const own = {
      zxid: longOf(zxidHigh, zxidLow),
      peerEpoch: this.#epochs.current,
      isTrusted: this.#isTrusted,
      isEmpty: this.#isEmpty && (zxidHigh | zxidLow) === 0,
    };
    this.#election.look(own, this.#turn.now);
    this.#decide();
  }

  #look(): void {
    this.#election.step(this.#turn.now);
    this.#decide();
  }

  #decide(): void {
    const { decision } = this.#election;
    if (decision === undefined || this.#phase !== 'looking') return;
    this.#phase = 'working';
    const world = {
      core: this.#core,
      store: this.#store,
      membership: this.#membership,
      epochs: this.#epochs,
      sessionIds: this.#sessionIds,
      failed: (failure: DiskFailure) => this.#halt(failure),
      lost: (reason: string) => {
        this.#lost ??= reason;
      },
    };
    if (decision.leader === this.#options.config.serverId) {
      const leading = new Leading({
        ...world,
        history: this.#history,
        secrets: () => this.#secrets(),
        applied: () => this.#snapshots?.count(1),
        serving: () => this.#served(leading.leader.epoch),
      });
      this.#role = leading;
      for (const [connection, { address, bytes }] of this.#early) {
        leading.leader.opened(new QuorumLink(this.#turn, connection, address));
        for (const each of bytes) leading.leader.received(connection, each);
      }
    } else {
      const learning = new Learning({
        ...world,
        leader: decision.leader,
        isObserver: this.#election.state === 'observing',
        isTrusted: this.#isTrusted,
        newReceiver: (zxidHigh, zxidLow) => this.#history.newReceiver(zxidHigh, zxidLow),
        applied: (write) => {
          this.#history.decided(write as CommittedTxn);
          this.#snapshots?.count(1);
        },
        replaced: () => this.#history.forget(),
        secrets: (data) => this.#adopt(data),
        serving: () => this.#served(learning.learner.epoch),
      });
      this.#role = learning;
      for (const connection of this.#early.keys()) {
        const reason = `server ${decision.leader} leads`;
        this.#turn.effects.push({ type: 'close', connection, reason });
      }
    }
    this.#early.clear();
  }

  #secrets(): Uint8Array {
    return encodeSecrets({
      secrets: this.#core.passwords.secrets,
      usesApacheRule: this.#core.config.sessionPasswords === 'apache',
      apacheSessions: [...this.#store.apacheSessions],
    });
  }

  #adopt(data: Uint8Array): void {
    const { secrets, apacheSessions } = decodeSecrets(data);
    this.#core.passwords.adopt(secrets);
    for (const session of apacheSessions) this.#store.apacheSessions.add(session);
  }

  /** The history is a leader's by now, and clients are served. */
  #served(epoch: number): void {
    this.#isTrusted = true;
    this.#isEmpty = false;
    this.#election.newEpoch(epoch);
    const store = this.#store;
    this.#snapshots = new Snapshots({
      ...this.#core,
      database: store.database,
      log: store.log,
      retention: store.retention,
      apacheSessions: store.apacheSessions,
      lastZxid: store.lastSnapshotZxid,
      transactions: store.transactions,
    });
    const role = this.#role instanceof Leading ? 'leads' : 'follows';
    this.#core.host.log({
      level: 'info',
      event: 'member.serving',
      message: `the server ${role} in epoch ${epoch} and serves`,
      fields: { epoch },
    });
  }

  #halt(failure: DiskFailure): void {
    this.#phase = 'halted';
    this.#core.metrics.unrecoverableErrors.add();
    this.#turn.effects.push(haltFor(failure));
  }
}
