import { unreachable } from '../base/assert.js';
import type { Millis } from '../base/ids.js';
import { longOf } from '../base/long.js';
import type { Effect } from '../seam/effects.js';
import type { Batch, Input, PeerCommand } from '../seam/inputs.js';
import type { Turn } from '../seam/turn.js';
import type { CommittedTxn } from '../storage/committed-log.js';
import type { DiskFailure } from '../storage/disk.js';
import { isProof } from '../storage/recovery.js';
import { txnTypes } from '../wire/txns.js';
import { assembleMember, type MemberParts } from './assemble-member.js';
import { Barrier } from './barrier.js';
import { obey } from './commands.js';
import { haltFor, haltsOf } from './halts.js';
import { Leading } from './leading.js';
import { Learning } from './learning.js';
import { LinkRouter, type Role } from './link-router.js';
import type { MemberOptions } from './member-options.js';
import { createMemberView } from './member-view.js';
import { noteFlush } from './peer.js';
import { createQuorumView } from './quorum-view.js';
import { ReadingOnly } from './reading-only.js';
import type { PendingWrite } from './request.js';
import type { Serving } from './serving.js';
import type { Snapshots } from './snapshots.js';
import { snapshotsOf } from './store-snapshots.js';
import type { PeerView } from './view.js';

const NEVER = Number.POSITIVE_INFINITY;

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
  readonly #parts: MemberParts;
  readonly #turn: Turn;
  readonly #router: LinkRouter;
  readonly #barrier: Barrier;
  #role: Role = undefined;
  /** For clients that accept a server without a leader; while it looks for one, if it is to be. */
  #reading: ReadingOnly | undefined = undefined;
  #snapshots: Snapshots | undefined = undefined;
  #phase: 'settling' | 'looking' | 'working' | 'closing' | 'stopped' | 'halted' = 'settling';
  /** What the last role had logged and not applied. */
  #rest: readonly PendingWrite[] = [];
  #lost: string | undefined = undefined;
  #isStopping = false;
  /** A cut or an exchange of the history was interrupted: the disk knows how far it came. */
  #isUnsettled = false;
  #isTrusted: boolean;
  #hasBegun = false;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#isTrusted = options.isTrusted;
    this.#parts = assembleMember(options);
    const { turn, links, core, store, availability } = this.#parts;
    this.#turn = turn;
    this.#router = new LinkRouter(turn, links, () => this.#role);
    this.#barrier = new Barrier(turn);
    this.view = createMemberView({
      core,
      store,
      startedAt: () => availability.servingSince,
      quorum: createQuorumView(this.#parts, options.config.serverId, () => this.#role),
      serving: () => this.#serving,
      isReadOnly: () => this.#reading?.serving !== undefined,
      isStopping: () => this.#isStopping,
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
      this.#parts.links.wakeAt,
      this.#phase === 'looking' ? this.#parts.election.wakeAt : NEVER,
      this.#clients?.wakeAt ?? NEVER,
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
    this.#parts.links.step();
    if (this.#phase === 'looking') {
      this.#parts.election.step(turn.now);
      this.#decide();
    }
    this.#clients?.doWhatIsDue();
    if (this.#lost === undefined) {
      this.#clients?.endStep();
      this.#snapshots?.endStep();
    }
    /* A role that ends may end at once, and a leader is found while it does. */
    while (this.#lost !== undefined) this.#leave();
    if (this.#isStopping && !this.#isEnding && this.#isAtRest) this.#stop();
  }

  get #isHalted(): boolean {
    return this.#phase === 'halted';
  }

  /** It is as good as stopped. */
  get #isEnding(): boolean {
    return this.#phase === 'closing' || this.#phase === 'stopped';
  }

  /** Whoever deals with clients. */
  get #clients(): Role | ReadingOnly {
    return this.#role ?? this.#reading;
  }

  get #serving(): Serving | undefined {
    const clients = this.#clients;
    return clients instanceof Leading ? clients.deciding?.serving : clients?.serving;
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
        if (this.view.acceptsClients) this.#clients?.take(input);
        else {
          const reason = 'this server does not serve: no leader is known to it';
          this.#turn.effects.push({ type: 'close', connection, reason });
        }
        break;
      }
      case 'connection-bytes':
      case 'connection-slow':
      case 'connection-closed':
        if (!this.#router.took(input)) this.#clients?.take(input);
        break;
      case 'link-opened':
        this.#router.opened(input);
        break;
      case 'disk-done':
        if (this.#turn.isCurrent(input.generation)) this.#diskDone(input.id, input.failure);
        break;
      case 'polled':
        this.#clients?.polled(input.id);
        break;
      case 'command':
        this.#command(input.command);
        break;
      default:
        unreachable(input, 'input');
    }
  }

  #diskDone(id: number, failure: DiskFailure | undefined): void {
    const passage = this.#barrier.answered(id, failure);
    if (passage === 'passed') this.#settled();
    else if (typeof passage === 'object') this.#halt(haltFor(passage.failure));
    if (passage !== undefined) return;
    if (this.#snapshots?.answered(id, failure) === true) return;
    if (failure !== undefined && this.#parts.epochs.isWaitingFor(id)) {
      this.#halt(haltFor(failure));
      return;
    }
    if (this.#parts.epochs.answered(id)) return;
    const role = this.#role;
    if (role instanceof Learning && role.answered(id, failure)) return;
    const ledger = role instanceof Leading ? role.deciding?.ledger : role?.ledger;
    const tookMs = ledger?.flushed(id, failure);
    if (tookMs !== undefined) noteFlush(this.#parts.core, tookMs);
  }

  #command(command: PeerCommand): void {
    obey(command, {
      metrics: this.#parts.core.metrics,
      serving: this.#serving,
      snapshots: this.#snapshots,
      leader: this.#role instanceof Leading ? this.#role.leader : undefined,
      endSession: (id) => this.#role?.endSession(id),
      stopping: () => {
        this.#isStopping = true;
      },
    });
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
    this.#parts.links.close('the server is stopping');
    this.#settle();
  }

  /** The role ends for the reason that it has given. */
  #leave(): void {
    const reason = this.#lost!;
    this.#lost = undefined;
    this.#parts.core.host.log({
      level: 'warn',
      event: 'member.looking',
      message: `the server looks for a leader again: ${reason}`,
    });
    this.#endRole(reason);
    this.#parts.election.leave();
    this.#phase = 'settling';
    this.#settle();
  }

  #endRole(reason: string): void {
    this.#rest = this.#role?.end(reason) ?? [];
    this.#isUnsettled = this.#role instanceof Learning && this.#role.isUnsettled;
    this.#role = undefined;
    this.#endReading(reason);
    this.#snapshots?.stop();
    this.#snapshots = undefined;
    this.#parts.epochs.abandon();
    this.#parts.availability.ended();
  }

  /** Waits until all that the disk was asked for is done, the rest of the log too. */
  #settle(): void {
    this.#barrier.begin([
      ['log', this.#parts.store.log.shutDown()],
      ['background', []],
    ]);
  }

  #settled(): void {
    this.#parts.epochs.settle();
    if (this.#isUnsettled) {
      this.#parts.history.forget();
      const recovered = this.#parts.store.reload((failure) => this.#halt(haltFor(failure)));
      if (recovered === undefined) return;
      this.#isTrusted &&= isProof(recovered);
    } else {
      this.#parts.store.applyRest(this.#rest);
      this.#parts.history.logged(this.#rest);
    }
    this.#isUnsettled = false;
    this.#rest = [];
    if (this.#phase === 'closing') {
      this.#phase = 'stopped';
      return;
    }
    this.#phase = 'looking';
    const { zxidHigh, zxidLow } = this.#parts.store.last;
    const { accepted, current: peerEpoch } = this.#parts.epochs;
    const isEmpty = (accepted | zxidHigh | zxidLow) === 0 && !this.#parts.epochs.isInitialized;
    const own = {
      zxid: longOf(zxidHigh, zxidLow),
      peerEpoch,
      isTrusted: this.#isTrusted,
      isEmpty,
      needsOrder: isEmpty && !this.#options.config.dbAutocreate,
    };
    this.#parts.availability.looking();
    this.#parts.election.look(own, this.#turn.now);
    /* A tree that is not known to be what was durable here is shown to nobody. */
    const isShown = this.#options.config.readOnlyModeEnabled && this.#isTrusted;
    if (isShown) this.#reading = new ReadingOnly(this.#parts);
    this.#decide();
  }

  #decide(): void {
    const { decision } = this.#parts.election;
    if (decision === undefined || this.#phase !== 'looking') return;
    this.#phase = 'working';
    const { leader } = decision;
    this.#endReading(`server ${leader} is to lead`);
    this.#parts.availability.decided(this.#parts.election.state);
    this.#role = leader === this.#options.config.serverId ? this.#lead() : this.#learn(leader);
    this.#router.decided(leader);
  }

  #endReading(reason: string): void {
    this.#reading?.end(reason);
    this.#reading = undefined;
  }

  #lead(): Leading {
    const { rule } = this.#parts;
    const leading: Leading = new Leading({
      ...this.#roleParts,
      secrets: () => rule.asLeader(),
      applied: (write) => this.#applied(write),
      serving: () => {
        this.#served(leading.leader.epoch);
        rule.save();
      },
    });
    return leading;
  }

  #learn(leader: number): Learning {
    const { election, history, rule } = this.#parts;
    /* Until it has all that a leader has, whatever it gets on the way. */
    if (election.isInDoubt) this.#isTrusted = false;
    const learning: Learning = new Learning({
      ...this.#roleParts,
      leader,
      isObserver: election.state === 'observing',
      isTrusted: this.#isTrusted,
      applied: (write) => {
        history.decided(write as CommittedTxn);
        this.#applied(write);
      },
      replaced: () => history.forget(),
      trust: (isTrusted) => {
        this.#isTrusted = isTrusted;
      },
      secrets: (data) => rule.adopt(data),
      serving: () => this.#served(learning.learner.epoch),
    });
    return learning;
  }

  get #roleParts() {
    return {
      ...this.#parts,
      ...haltsOf((effect) => this.#halt(effect)),
      hasSupport: () => this.#parts.election.hasSupport,
      lost: (reason: string) => {
        this.#lost ??= reason;
      },
    };
  }

  #applied({ txn }: PendingWrite): void {
    this.#parts.store.transactions++;
    this.#snapshots?.count(1);
    if (txn.body.type === txnTypes.createSession) this.#parts.rule.began(txn.header.clientId);
  }

  /** The history is a leader's by now, and clients are served. */
  #served(epoch: number): void {
    this.#isTrusted = true;
    this.#parts.epochs.trust();
    this.#parts.election.newEpoch(epoch);
    this.#parts.availability.serving(this.#role instanceof Leading);
    this.#snapshots = snapshotsOf(this.#parts.store, this.#parts.core);
    const role = this.#role instanceof Leading ? 'leads' : 'follows';
    this.#parts.core.host.log({
      level: 'info',
      event: 'member.serving',
      message: `the server ${role} in epoch ${epoch} and serves`,
      fields: { epoch },
    });
  }

  #halt(effect: Effect): void {
    this.#phase = 'halted';
    this.#parts.core.metrics.unrecoverableErrors.add();
    this.#turn.effects.push(effect);
  }
}
