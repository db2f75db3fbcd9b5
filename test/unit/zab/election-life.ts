import { Random } from '@vivarium/core/internal/local/random';
import type { Server } from './election-server.js';
import { World } from './election-world.js';
import { ensembleOf, upTo } from './ensembles.js';

/** How an ensemble has come to rest after its troubles. */
export interface Rest {
  readonly servers: number;
  readonly faults: number;
  /** Milliseconds from when all was well to when all had one leader. */
  readonly settledMs: number;
  /** What was sent meanwhile, to each server on average. */
  readonly sends: number;
}

const TROUBLE_MS = 6_000;
/** Within this all must have one leader when nothing is wrong any more. */
const SETTLE_LIMIT_MS = 8_000;
/** A calm ensemble says nothing. */
const CALM_MS = 3_000;

/**
 * Lets an ensemble live through troubles that the seed decides, then sees to it that it comes to
 * rest.
 *
 * @throws when it does not, or when a leader lacks what was acknowledged before
 */
export function liveThrough(seed: number, trace: (line: string) => void = () => {}): Rest {
  return new Life(seed, trace).run();
}

class Life {
  readonly #random: Random;
  readonly #world: World;
  readonly #all: readonly Server[];
  /** Which kinds of trouble this life has, and how much of each. */
  readonly #weights: readonly number[];
  #faults = 0;

  constructor(seed: number, trace: (line: string) => void) {
    this.#random = new Random(seed, 'life');
    const random = this.#random;
    const voters = upTo(random.pick([1, 2, 3, 3, 3, 4, 5, 5, 6, 7]));
    const observers = upTo(random.pick([0, 0, 1, 2])).map((id) => 10 * id);
    const weightless =
      voters.length > 3 && random.chance(0.2) ? [random.between(1, voters.length)] : [];
    this.#world = new World(ensembleOf({ voters, observers, weightless }), seed);
    this.#world.trace = trace;
    this.#all = [...this.#world.servers.values()];
    this.#weights = this.#troubles.map(() => (random.chance(0.5) ? random.between(1, 10) : 0));
  }

  run(): Rest {
    const { agenda } = this.#world;
    for (const server of this.#all) {
      agenda.plan(this.#random.between(0, 1_000), () => {
        if (!server.isAlive) server.start();
      });
    }
    const paceMs = this.#random.pick([20, 100, 300]);
    this.#world.network.delayMs = this.#random.pick([
      [0, 2],
      [1, 30],
      [0, 300],
    ] as const);
    for (let at = 300; at < TROUBLE_MS; at += this.#random.between(1, 2 * paceMs)) {
      agenda.plan(at, () => this.#trouble());
    }
    agenda.runTo(TROUBLE_MS);
    return this.#rest();
  }

  #trouble(): void {
    const random = this.#random;
    const total = this.#weights.reduce((sum, weight) => sum + weight, 0);
    let at = random.between(0, Math.max(0, total - 1));
    const chosen = this.#weights.findIndex((weight) => {
      at -= weight;
      return at < 0;
    });
    if (chosen >= 0) this.#troubles[chosen]!();
    this.#faults++;
    this.#world.leaderOf(this.#all.filter((one) => one.isAlive))?.write(random);
    for (const one of this.#all) if (random.chance(0.3)) one.write(random);
  }

  get #one(): Server {
    return this.#random.pick(this.#all);
  }

  readonly #troubles: readonly (() => void)[] = [
    () => this.#one.stop(),
    () => this.#one.stop(true),
    () => this.#start(this.#one),
    () => this.#start(this.#one),
    () => this.#world.network.hurt(0.3, false),
    () => this.#world.network.hurt(0.05, true),
    () => this.#one.pause(),
    () => this.#one.resume(),
    () => this.#world.network.cut(this.#one.id, this.#one.id, true),
    () => this.#isolate(this.#one),
    () => this.#world.network.heal(),
    () => this.#split(),
    () => {
      const one = this.#one;
      if (one.isAlive) one.look();
    },
    () => this.#spoil(this.#one),
    () => {
      for (const one of this.#all) one.stop(this.#random.chance(0.5));
    },
  ];

  #start(server: Server): void {
    if (!server.isAlive) server.start();
    else server.resume();
  }

  #isolate(server: Server): void {
    for (const other of this.#all) {
      if (other === server) continue;
      if (this.#random.chance(0.9)) this.#world.network.cut(server.id, other.id, true);
      if (this.#random.chance(0.9)) this.#world.network.cut(other.id, server.id, true);
    }
  }

  #split(): void {
    const left = new Set(this.#all.filter(() => this.#random.chance(0.5)));
    for (const a of this.#all) {
      for (const b of this.#all) {
        if (left.has(a) !== left.has(b)) this.#world.network.cut(a.id, b.id, true);
      }
    }
  }

  /** A server loses its data, or cannot say whether its log is whole; never more than may be. */
  #spoil(server: Server): void {
    const { membership } = this.#world;
    const sound = this.#all.filter(({ disk }) => disk.isTrusted && !disk.isEmpty);
    const left = sound.filter((one) => one !== server).map((one) => one.id);
    const empty = this.#all.filter(({ disk }) => disk.isEmpty).map((one) => one.id);
    if (!membership.hasQuorum(left) || membership.hasQuorum([...empty, server.id])) return;
    server.stop(this.#random.chance(0.5));
    const { disk } = server;
    if (this.#random.chance(0.5)) {
      Object.assign(disk, { zxid: 0n, currentEpoch: 0, acceptedEpoch: 0, isEmpty: true });
      disk.isTrusted = true;
    } else {
      disk.isTrusted = false;
      if ((disk.zxid & 0xffff_ffffn) > 1n) disk.zxid -= 1n;
    }
    server.start();
  }

  #rest(): Rest {
    const world = this.#world;
    const { agenda, network } = world;
    network.heal();
    network.delayMs = [0, 2];
    const down = this.#whoStaysDown();
    world.trace(`${world.now} ms: all is well; down: ${down.map((one) => one.id)}`);
    for (const one of this.#all) {
      if (down.includes(one)) one.stop(this.#random.chance(0.5));
      else this.#start(one);
    }
    const members = this.#all.filter((one) => one.isAlive);
    const sendsBefore = world.sends;
    let settledMs = 0;
    while (world.leaderOf(members) === undefined) {
      settledMs += 50;
      agenda.runTo(agenda.now + 50);
      if (settledMs > SETTLE_LIMIT_MS) throw new Error(`they have no leader: ${this.#states()}`);
    }
    const sends = (world.sends - sendsBefore) / this.#all.length;
    const leader = world.leaderOf(members)!;
    agenda.runTo(agenda.now + 5_000);
    const sendsSettled = world.sends;
    agenda.runTo(agenda.now + CALM_MS);
    if (world.leaderOf(members) !== leader) throw new Error(`not calm: ${this.#states()}`);
    for (const one of members) {
      const { decision } = one.election;
      if (decision?.leader !== leader.id) throw new Error(`no one leader: ${this.#states()}`);
    }
    /* Handshakes with servers that are down never come to be: nothing is sent. */
    if (world.sends > sendsSettled) {
      throw new Error(`${world.sends - sendsSettled} sends in the calm: ${this.#states()}`);
    }
    this.#loseAndFind(leader, members);
    return { servers: this.#all.length, faults: this.#faults, settledMs, sends };
  }

  /** A server looks again though all is well, and hears its leader and no more than it needs. */
  #loseAndFind(leader: Server, members: readonly Server[]): void {
    const { agenda, membership, network } = this.#world;
    const followers = members.filter((one) => one !== leader && membership.canLead(one.id));
    if (followers.length === 0) return;
    const seeker = this.#random.pick(followers);
    const heard = [seeker, leader];
    for (const one of members) {
      if (heard.includes(one)) continue;
      if (membership.hasQuorum(heard.map(({ id }) => id))) network.cut(one.id, seeker.id, true);
      else heard.push(one);
    }
    seeker.look();
    /* A link that is deaf in one direction is noticed after two seconds. */
    agenda.runTo(agenda.now + 5_000);
    if (this.#world.leaderOf(heard) !== undefined) return;
    throw new Error(`${seeker.id} does not find its leader again: ${this.#states()}`);
  }

  /** So many that the others are a quorum whose data counts. */
  #whoStaysDown(): readonly Server[] {
    const { membership } = this.#world;
    const down: Server[] = [];
    for (const one of this.#all) {
      if (!this.#random.chance(0.3)) continue;
      const up = this.#all.filter((other) => other !== one && !down.includes(other));
      const neverBegan = this.#all.every(({ disk }) => disk.isEmpty);
      const sound = up.filter(({ disk }) => neverBegan || (disk.isTrusted && !disk.isEmpty));
      if (membership.hasQuorum(sound.map(({ id }) => id))) down.push(one);
    }
    return down;
  }

  #states(): string {
    const each = this.#all.map(({ id, state, election, isEstablished, disk }) => {
      const { leader, zxid, peerEpoch, round } = election.greeting!;
      const told = `${leader} ${peerEpoch}/${zxid.toString(16)} round ${round}`;
      const marks = `${isEstablished ? ' established' : ''}${disk.isTrusted ? '' : ' doubtful'}`;
      return `${id} ${state}${marks}${disk.isEmpty ? ' empty' : ''} (${told})`;
    });
    return each.join('; ');
  }
}
