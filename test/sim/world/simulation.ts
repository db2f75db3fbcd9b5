/** One run: servers, their clients, their faults, all under one seed. Judged by others. */
import type { Config } from '@vivarium/core/internal/config/config';
import { settled } from '@vivarium/core/internal/local/clockwork';
import { Kernel } from '@vivarium/core/internal/local/kernel';
import type { BootLocal } from '@vivarium/core/internal/local/machine';
import { Network } from '@vivarium/core/internal/local/network';
import { Witness } from '../inside/witness.js';
import { ApiRecord } from '../judges/api-record.js';
import { GroupJudge } from '../judges/group-judge.js';
import { LockJudge } from '../judges/lock-judge.js';
import { readWholeTree } from '../programs/whole-tree.js';
import { demand, Violation } from '../violation.js';
import { shuffled } from './faults/choices.js';
import { Faults, type Left } from './faults.js';
import type { History } from './history.js';
import { Keeper } from './keeper.js';
import { Lasting } from './lasting.js';
import { Participants } from './participants.js';
import { SimServer } from './sim-server.js';
import { chooseSwarm, type Length, type Swarm } from './swarm.js';
import { Ways } from './ways.js';

export interface SimulationOptions {
  readonly seed: number;
  readonly boot: BootLocal;
  /** Nothing goes wrong. */
  readonly quiet?: boolean;
  /** `short` unless given. */
  readonly length?: Length;
  /** Faults that are left out. */
  readonly without?: Left;
  readonly log?: (line: string) => void;
}

/** What happens more often than this in a second is a busy loop (L8). */
const EVENTS_PER_SECOND = 100_000;
/** How long after the heal everything must be done (L3). */
const LIVENESS_MS = 60_000;
/** Without a write for this long, whatever follows from earlier ones has followed. */
const REST_MS = 1_500;

/** The world of a run, and everything that is written down about it. */
export class Simulation {
  readonly kernel: Kernel;
  readonly swarm: Swarm;
  readonly history: History = { connections: [] };
  readonly record = new ApiRecord();
  readonly lock = new LockJudge();
  readonly group = new GroupJudge();
  readonly witness: Witness;
  readonly servers: readonly SimServer[];
  readonly faults: Faults;
  readonly #network: Network;
  readonly #participants: Participants;
  readonly #lasting: Lasting;
  readonly #keeper: Keeper;
  /** Those who are whole from the heal on. */
  #core: readonly SimServer[] = [];
  #goesOn = true;
  #failure: unknown;

  constructor(options: SimulationOptions) {
    const { seed, quiet = false, length = 'short', without = {}, boot } = options;
    const kernel = new Kernel(seed, options.log);
    this.kernel = kernel;
    this.swarm = chooseSwarm(kernel.random('swarm'), { quiet, length });
    const { swarm } = this;
    const { latencyMicros } = swarm;
    this.#network = new Network(kernel, { latencyMicros, fragments: true });
    this.#lasting = new Lasting(kernel);
    this.#keeper = new Keeper(kernel);
    const servers: SimServer[] = [];
    this.servers = servers;
    const spec = swarm.configs[0]?.ensemble;
    this.witness = new Witness({ kernel, subjects: servers, spec, tell: options.log });
    for (const config of swarm.configs) servers.push(this.#server(config, boot));
    const random = kernel.random('drift');
    const { driftPermille } = swarm;
    for (const { clock } of servers) {
      clock.rate = 1 + random.between(-driftPermille, driftPermille) / 1_000;
    }
    this.#participants = new Participants({
      ...this,
      network: this.#network,
      connectString: this.servers.map(({ local }) => `memory://${local.address}`).join(),
      goesOn: () => this.#goesOn,
      failed: (error) => {
        this.#failure ??= error;
      },
    });
    this.#marksSize();
    this.faults = new Faults(kernel, swarm, without);
  }

  /** The order of transactions, as everybody agrees on. */
  get canon() {
    return this.witness.canon;
  }

  /** Whether one server is all there is. */
  get isAlone(): boolean {
    return this.witness.ensemble === undefined;
  }

  /** @throws Violation, or whatever else was thrown inside */
  async run(): Promise<void> {
    const { swarm, kernel } = this;
    const participants = this.#participants;
    for (const server of this.servers) server.start();
    for (const timeoutMs of swarm.sessionTimeoutMs) participants.join(timeoutMs);
    this.faults.begin({
      ...this,
      network: this.#network,
      ways: new Ways(this.#network),
      lasting: this.#lasting,
      marks: this.witness.marks,
      participants,
      leader: () => this.#leader(),
      mayWipe: (server) => this.#mayWipe(server),
      goesOn: () => this.#goesOn,
    });
    await this.#pass(swarm.chaosMs);
    this.#goesOn = false;
    kernel.note('heal');
    this.#heal();
    const isDone = () => participants.live.every((participant) => participant.isDone);
    await this.#pass(LIVENESS_MS, isDone);
    if (!isDone()) {
      const late = participants.live.filter((participant) => !participant.isDone);
      const who = late.map(
        ({ place, zk }) => `${place} (${zk.state.type}, ${zk.stats().inFlight})`,
      );
      throw new Violation('L3', `not done ${LIVENESS_MS} ms after the heal: ${who.join(', ')}`);
    }
    await this.#rest();
    await this.#lastLook();
    for (const participant of participants.live) void participant.zk.close();
    const { tickTime } = swarm;
    const longestMs = Math.max(...swarm.sessionTimeoutMs) + 3 * tickTime;
    const isEmpty = () => this.#core.every(({ local }) => local.view?.sessionCount === 0);
    await this.#pass(longestMs + 1_000, isEmpty);
    await this.#pass(tickTime);
    for (const server of this.#core) nothingIsLeft(server);
    this.witness.judgeRefusals();
  }

  #server(config: Config, boot: BootLocal): SimServer {
    const { kernel, swarm, witness } = this;
    const server: SimServer = new SimServer({
      kernel,
      network: this.#network,
      id: this.servers.length + 1,
      config,
      boot,
      witness,
      backgroundSlowness: swarm.backgroundSlowness,
      mayDieStarting: () => swarm.faults.has('power') && this.#goesOn,
      ended: () => this.#keeper.ended(server),
    });
    return server;
  }

  #marksSize(): void {
    const { marks } = this.witness;
    const spec = this.swarm.configs[0]?.ensemble;
    if (spec === undefined) {
      marks.hit('alone');
      return;
    }
    const voters = spec.servers.filter(({ role }) => role === 'participant').length;
    if (voters === 1) marks.hit('one-voter');
    if (voters % 2 === 0) marks.hit('even');
    if (voters >= 5) marks.hit('five-or-more');
    if (voters < spec.servers.length) marks.hit('observers');
    if (spec.groups !== undefined) marks.hit('groups');
  }

  /** Who was established last, if it is still up. */
  #leader(): SimServer | undefined {
    const last = this.witness.ensemble?.established.at(-1)?.subject;
    return this.servers.find((server) => server === last && server.isUp);
  }

  /** Not unless it has something to lose, and those who have their data could decide without it. */
  #mayWipe(server: SimServer): boolean {
    return server.hasJoined && this.#canDecide(this.servers.filter((each) => each !== server));
  }

  /** Whether those of them who can prove what they have are a quorum. */
  #canDecide(servers: readonly SimServer[]): boolean {
    const sound = servers.filter(({ isBlank, hasJoined }) => !isBlank && hasJoined);
    const { ensemble } = this.witness;
    return ensemble?.members.isQuorum(new Set(sound.map(({ id }) => id))) === true;
  }

  /**
   * From now on nothing goes wrong any more among those who are enough to decide; the others may
   * stay as they are.
   */
  #heal(): void {
    const frozen = this.#chooseFrozen();
    const names = new Set(frozen.map(({ name }) => name));
    if (names.size > 0) this.witness.marks.hit('some-frozen');
    if (names.size > 0) this.kernel.note(`frozen: ${[...names].join(' ')}`);
    this.faults.stop();
    for (const server of this.servers) {
      server.forgetPlans();
      if (!names.has(server.name)) server.mendDisk();
    }
    this.#lasting.heal(names);
    this.#keeper.heal(this.servers, new Set(frozen));
    this.#core = this.servers.filter((server) => !frozen.includes(server));
  }

  #chooseFrozen(): SimServer[] {
    if (!this.swarm.freezes) return [];
    const random = this.kernel.random('frozen');
    const frozen: SimServer[] = [];
    for (const server of shuffled(this.servers, random)) {
      const others = this.servers.filter((each) => each !== server && !frozen.includes(each));
      if (this.#canDecide(others) && random.chance(0.7)) frozen.push(server);
    }
    return frozen;
  }

  /** Everything that the servers show, to whoever sees most, and what disks would bring back. */
  async #lastLook(): Promise<void> {
    const { live } = this.#participants;
    const [someone] = [...live].sort((a, b) => Number(b.isKnown) - Number(a.isKnown));
    let isDone = false;
    void readWholeTree(someone!.zk).then(
      () => {
        isDone = true;
      },
      (error: unknown) => {
        this.#failure ??= error;
      },
    );
    await this.#pass(LIVENESS_MS, () => isDone);
    demand(isDone, 'L3', () => `the tree was not read ${LIVENESS_MS} ms after all was at rest`);
    for (const { recoveries, local } of this.#core) recoveries.look(local);
  }

  /**
   * Waits until every client is connected and nothing is written any more: sessions that nobody
   * speaks for end meanwhile.
   */
  async #rest(): Promise<void> {
    const until = this.kernel.now + LIVENESS_MS * 1_000;
    const isConnected = () =>
      this.#participants.live.every(({ zk }) => zk.state.type === 'connected');
    for (;;) {
      const last = this.canon.lastZxid;
      const wasConnected = isConnected();
      await this.#pass(REST_MS);
      if (wasConnected && isConnected() && this.canon.lastZxid === last) break;
      if (this.kernel.now < until) continue;
      throw new Violation('L3', `no rest ${LIVENESS_MS} ms after everything was done`);
    }
    this.record.rest(this.canon.lastZxid);
    this.group.rest(this.canon.lastZxid);
  }

  async #pass(ms: number, isOver: () => boolean = () => false): Promise<void> {
    const { kernel } = this;
    const until = kernel.now + ms * 1_000;
    await settled();
    while (!isOver() && kernel.step(until)) {
      if (kernel.wasStirred()) await settled();
      if (this.#failure !== undefined) throw this.#failure;
      for (const { recoveries, local } of this.servers) recoveries.maybe(local);
      if (kernel.happened > EVENTS_PER_SECOND * (1 + kernel.now / 1_000_000)) {
        throw new Violation('L8', `${kernel.happened} things happened by ${kernel.now} µs`);
      }
    }
  }
}

/** E4, W7, L7: all programs have gone, and the time of every session is over. */
function nothingIsLeft({ name, local }: SimServer): void {
  const { sessionCount, ephemeralCount, watchCount, connectionCount, outstanding } = local.view!;
  demand(sessionCount === 0 && ephemeralCount === 0, 'E4', () => {
    return `${name}: ${sessionCount} sessions do not end, and own ${ephemeralCount} nodes`;
  });
  demand(watchCount + connectionCount + outstanding === 0, 'W7', () => {
    const left = `${connectionCount} connections, ${watchCount} watches, ${outstanding} requests`;
    return `${name}: all sessions have ended, and the server still has ${left}`;
  });
}
