/**
 * One whole server that elects. What comes after the election is played by a few lines: who follows
 * gets the leader's history at once, and a leader with a quorum commits.
 */
import { zxidOf } from '@vivarium/core/internal/base/ids';
import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import type { Random } from '@vivarium/core/internal/local/random';
import { Turn } from '@vivarium/core/internal/seam/turn';
import { Election } from '@vivarium/core/internal/zab/election';
import { ElectionLinks } from '@vivarium/core/internal/zab/election-links';
import { compareHistories } from '@vivarium/core/internal/zab/vote';
import type { World } from './election-world.js';
import type { Place } from './flaky-network.js';

/** What a server has on its disk. */
export interface Disk {
  zxid: bigint;
  currentEpoch: number;
  acceptedEpoch: number;
  isTrusted: boolean;
  isEmpty: boolean;
}

/** How long who follows tries to reach its leader, and a leader waits for a quorum. */
const CONNECT_MS = 600;
const ESTABLISH_MS = 3_000;
/** How long silence is borne. */
const SYNC_MS = 500;
const TICK_MS = 50;

export class Server implements Place {
  readonly serverId: number;
  readonly disk: Disk = {
    zxid: 0n,
    currentEpoch: 0,
    acceptedEpoch: 0,
    isTrusted: true,
    isEmpty: true,
  };
  readonly followers = new Set<Server>();
  isAlive = false;
  isPaused = false;
  isEstablished = false;
  election: Election;
  links: ElectionLinks;
  readonly #world: World;
  /** Grows with each start, so that what belongs to an earlier one is known. */
  #life = 0;
  #place: Place;
  #turn = new Turn(0, 0);
  #wakeAt = Number.POSITIVE_INFINITY;
  #roleSince = 0;
  #isJoined = false;
  /** Since when a leader has no quorum, or a follower does not hear its leader. */
  #aloneSince: number | undefined;
  #held: (() => void)[] = [];
  #isTicking = false;
  #isJudged = false;

  constructor(world: World, serverId: number) {
    this.#world = world;
    this.serverId = serverId;
    this.#place = this;
    [this.election, this.links] = this.#machines();
  }

  #trace(what: string): void {
    this.#world.trace(`${this.#world.now} ms: ${this.id}: ${what}`);
  }

  get id(): number {
    return this.serverId;
  }

  get state(): string {
    return this.isAlive ? this.election.state : 'down';
  }

  start(): void {
    const world = this.#world;
    const life = ++this.#life;
    const guarded =
      <T extends unknown[]>(run: (...args: T) => void) =>
      (...args: T) => {
        if (this.#life !== life || !this.isAlive) return;
        if (this.isPaused) this.#held.push(() => run(...args));
        else run(...args);
      };
    this.#place = {
      serverId: this.serverId,
      opened: guarded((connection, address) => this.opened(connection, address)),
      bytes: guarded((connection, bytes) => this.bytes(connection, bytes)),
      closed: guarded((connection, reason) => this.closed(connection, reason)),
    };
    this.isAlive = true;
    this.isPaused = false;
    this.#turn = new Turn(world.now, 0);
    [this.election, this.links] = this.#machines();
    this.#wakeAt = Number.POSITIVE_INFINITY;
    world.network.listen(this.#place);
    this.look();
    if (!this.#isTicking) this.#tick();
  }

  /** The process ends, or the machine loses its power. */
  stop(isPowerCut = false): void {
    if (!this.isAlive) return;
    this.#trace(isPowerCut ? 'loses its power' : 'ends');
    this.isAlive = false;
    this.isPaused = false;
    this.#held = [];
    this.#leaveRole();
    this.#world.network.end(this.#place, isPowerCut);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    for (const run of this.#held.splice(0)) run();
    this.#step(() => {});
  }

  opened(connection: number, address: string): void {
    this.#step(() => this.links.opened(connection, address));
  }

  bytes(connection: number, bytes: Uint8Array): void {
    this.#step(() => this.links.bytes(connection, bytes));
  }

  closed(connection: number, reason: string): void {
    this.#step(() => this.links.closed(connection, reason));
  }

  look(): void {
    this.#leaveRole();
    this.#trace('looks');
    const { zxid, currentEpoch, isTrusted, isEmpty } = this.disk;
    this.#step(() =>
      this.election.look({ zxid, peerEpoch: currentEpoch, isTrusted, isEmpty }, this.#world.now),
    );
  }

  /** A write, which some of those who follow get before it is acknowledged. */
  write(random: Random): void {
    if (!this.isEstablished || this.isPaused) return;
    const world = this.#world;
    const takers = this.#heard;
    const some = takers.filter(() => random.chance(0.7));
    this.disk.zxid += 1n;
    if (random.chance(0.1)) return;
    for (const one of some) one.#sync(this);
    const voters = [this, ...some].map((one) => one.id);
    if (world.membership.hasQuorum(voters)) world.committed = this.disk.zxid;
  }

  #machines(): [Election, ElectionLinks] {
    const world = this.#world;
    const turn = this.#turn;
    const { membership } = world;
    const log = ({ message, fields = {} }: LogEvent) => {
      const { leader, zxid, peerEpoch, round } = fields;
      const vote =
        fields.leader === undefined ? '' : ` (${leader} ${peerEpoch}/${zxid} in ${round})`;
      this.#trace(`${message}${vote}`);
    };
    const links: ElectionLinks = new ElectionLinks({
      serverId: this.id,
      membership,
      turn,
      timeoutMs: 1_000,
      greeting: () => election.greeting,
      heard: (from, notification) => election.heard(from, notification, turn.now),
      lost: (from) => election.lost(from),
      log,
    });
    const election: Election = new Election({
      serverId: this.id,
      membership,
      minNotificationMs: 200,
      maxNotificationMs: 60_000,
      finalizeWaitMs: 200,
      passOverMs: 6_000,
      send: (to, notification) => {
        world.takeVote(this, notification);
        links.send(to, notification);
      },
      isReachable: (id) => links.isReachable(id),
      log,
    });
    return [election, links];
  }

  #step(run: () => void): void {
    const world = this.#world;
    const life = this.#life;
    this.#turn.now = world.now;
    run();
    this.links.step();
    this.election.step(world.now);
    const { decision } = this.election;
    if (decision !== undefined && !this.#isJudged) world.judge(this, decision.vote);
    this.#isJudged = decision !== undefined;
    const effects = this.#turn.effects.splice(0);
    for (const effect of effects) {
      if (effect.type === 'dial') {
        const to = Number(effect.addresses[0]!.host.slice(4));
        world.network.dial(this.#place, effect.connection, to, effect.timeoutMs);
      } else if (effect.type === 'send') {
        world.sends++;
        world.network.send(this.#place, effect.connection, effect.bytes);
      } else if (effect.type === 'close') {
        world.network.close(this.#place, effect.connection);
      }
    }
    const wakeAt = Math.min(this.links.wakeAt, this.election.wakeAt);
    if (wakeAt < this.#wakeAt) {
      this.#wakeAt = wakeAt;
      world.agenda.plan(wakeAt, () => {
        if (this.#life !== life || this.#wakeAt !== wakeAt) return;
        this.#wakeAt = Number.POSITIVE_INFINITY;
        if (this.isAlive && !this.isPaused) this.#step(() => {});
      });
    }
  }

  #tick(): void {
    this.#isTicking = true;
    if (this.isAlive && !this.isPaused) this.#play();
    this.#world.agenda.plan(this.#world.now + TICK_MS, () => this.#tick());
  }

  /** Plays what a server does with the decision. */
  #play(): void {
    const { decision, state } = this.election;
    const { now } = this.#world;
    if (decision === undefined) return;
    if (this.#roleSince < 0) this.#roleSince = now;
    if (state === 'leading') this.#lead(now);
    else this.#follow(decision.leader, now);
  }

  #lead(now: number): void {
    const world = this.#world;
    const heard = this.#heard;
    const hasQuorum = world.membership.hasQuorum([this, ...heard].map((one) => one.id));
    if (hasQuorum) {
      this.#aloneSince = undefined;
      if (!this.isEstablished) this.#establish(heard);
      return;
    }
    this.#aloneSince ??= now;
    const isHopeless = !this.election.hasSupport && now - this.#roleSince > 1_000;
    const patience = this.isEstablished ? SYNC_MS : isHopeless ? 0 : ESTABLISH_MS;
    if (now - this.#aloneSince > patience) this.look();
  }

  /** Who follows and can be heard; who does not follow any more is forgotten. */
  get #heard(): Server[] {
    for (const one of this.followers) {
      if (!one.isAlive || one.election.decision?.leader !== this.id) this.followers.delete(one);
    }
    return [...this.followers].filter((one) => this.#world.canTalk(this, one));
  }

  #establish(followers: readonly Server[]): void {
    const world = this.#world;
    if (this.disk.zxid < world.committed) {
      throw new Error(`server ${this.id} leads without ${world.committed - this.disk.zxid} writes`);
    }
    const known = [this, ...followers].map((one) => one.disk.acceptedEpoch);
    const epoch = Math.max(...known) + 1;
    this.isEstablished = true;
    this.#trace(`leads in epoch ${epoch} with ${followers.map((one) => one.id)}`);
    this.disk.acceptedEpoch = epoch;
    this.disk.currentEpoch = epoch;
    this.disk.isEmpty = false;
    this.disk.isTrusted = true;
    this.#step(() => this.election.newEpoch(epoch));
    for (const one of followers) one.#sync(this);
    /* The first write of an epoch is none, so that a new epoch alone changes no history. */
    this.disk.zxid = zxidOf(epoch, 0);
    for (const one of followers) one.disk.zxid = this.disk.zxid;
    world.committed = this.disk.zxid;
  }

  #follow(leaderId: number, now: number): void {
    const world = this.#world;
    const leader = world.servers.get(leaderId)!;
    const isHeard = world.canTalk(this, leader) && leader.election.state === 'leading';
    const isDropped = this.#isJoined && (!leader.isAlive || !leader.followers.has(this));
    if (isHeard && !isDropped && (this.#isJoined || this.#join(leader))) {
      this.#aloneSince = undefined;
      /* It could not be heard when the epoch began. */
      const isBehind = this.disk.currentEpoch < leader.disk.currentEpoch;
      if (leader.isEstablished && isBehind) this.#sync(leader);
      return;
    }
    this.#aloneSince ??= now;
    const patience = isDropped ? 0 : this.#isJoined ? SYNC_MS : CONNECT_MS;
    if (isDropped || now - this.#aloneSince > patience) this.look();
  }

  /** A leader that has no quorum yet does not take anybody who knows more than it does. */
  #join(leader: Server): boolean {
    const mine = { ...this.disk, leader: 0, peerEpoch: this.disk.currentEpoch };
    const its = { ...leader.disk, leader: 0, peerEpoch: leader.disk.currentEpoch };
    if (!leader.isEstablished && compareHistories(mine, its) > 0) return false;
    this.#isJoined = true;
    leader.followers.add(this);
    if (leader.isEstablished) this.#sync(leader);
    return true;
  }

  /** Gets what the leader has. */
  #sync({ disk }: Server): void {
    const epoch = disk.currentEpoch;
    this.disk.acceptedEpoch = Math.max(this.disk.acceptedEpoch, epoch);
    this.disk.currentEpoch = epoch;
    this.disk.zxid = disk.zxid;
    this.disk.isEmpty = false;
    this.disk.isTrusted = true;
    this.#step(() => this.election.newEpoch(epoch));
  }

  #leaveRole(): void {
    this.isEstablished = false;
    this.followers.clear();
    this.#isJoined = false;
    this.#roleSince = -1;
    this.#aloneSince = undefined;
  }
}
