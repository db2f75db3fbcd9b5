/** One run: servers, their clients, their faults, all under one seed. Judged by others. */
import { type Config, defaultConfig } from '@vivarium/core/internal/config/config';
import { settled } from '@vivarium/core/internal/local/clockwork';
import { Kernel } from '@vivarium/core/internal/local/kernel';
import type { BootLocal } from '@vivarium/core/internal/local/machine';
import { Network } from '@vivarium/core/internal/local/network';
import type { PeerView } from '@vivarium/core/internal/peer/view';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import * as recipesModule from '@vivarium/recipes';
import { zxidText } from '../inside/entry.js';
import { Witness } from '../inside/witness.js';
import { ApiRecord } from '../judges/api-record.js';
import { RecipeJudges } from '../judges/recipes/recipe-judges.js';
import type { RecipesModule } from '../programs/recipes/player.js';
import { readWholeTree } from '../programs/whole-tree.js';
import { Script } from '../script.js';
import { demand, Violation } from '../violation.js';
import { Faults } from './faults.js';
import { Heal } from './heal.js';
import type { History } from './history.js';
import { Keeper } from './keeper.js';
import { Lasting } from './lasting.js';
import { Participants } from './participants.js';
import { SimServer } from './sim-server.js';
import { chooseSwarm, type Focus, type Length, type Swarm } from './swarm.js';
import { Ways } from './ways.js';

export interface SimulationOptions {
  readonly seed: number;
  readonly boot: BootLocal;
  /** Nothing goes wrong. */
  readonly quiet?: boolean;
  /** `short` unless given. */
  readonly length?: Length;
  /** `requests` unless given. */
  readonly focus?: Focus;
  /** What programs use; the package unless given. */
  readonly recipes?: RecipesModule;
  /** Says what is done of all that the seed decides, and is told of it. */
  readonly script?: Script;
  readonly log?: (line: string) => void;
}

/** What happens more often than this in a second is a busy loop (L8). */
const EVENTS_PER_SECOND = 100_000;
/** How long after the heal everything must be done (L3). */
const LIVENESS_MS = 60_000;
/** Without a write for this long, whatever follows from earlier ones has followed. */
const REST_MS = 1_500;
/** What may happen meanwhile, for each pair of servers and for each client. */
const IDLE_EVENTS = 300;

/** The world of a run, and everything that is written down about it. */
export class Simulation {
  readonly kernel: Kernel;
  readonly swarm: Swarm;
  readonly history: History = { connections: [] };
  readonly record = new ApiRecord();
  readonly judges: RecipeJudges;
  readonly witness: Witness;
  readonly servers: readonly SimServer[];
  readonly faults: Faults;
  readonly #network: Network;
  readonly #participants: Participants;
  readonly #lasting: Lasting;
  readonly #keeper: Keeper;
  readonly #heal: Heal;
  #goesOn = true;
  /** Up to here the order of transactions was compared with what clients are certain of. */
  #entriesJudged = 0;
  #failure: unknown;

  constructor(options: SimulationOptions) {
    const { seed, quiet = false, length = 'short', focus, boot } = options;
    const { script = new Script(), recipes = recipesModule } = options;
    const kernel = new Kernel(seed, options.log);
    this.kernel = kernel;
    this.swarm = chooseSwarm(kernel.random('swarm'), { quiet, length, focus });
    const { swarm } = this;
    const { latencyMicros } = swarm;
    this.#network = new Network(kernel, { latencyMicros, fragments: true });
    this.#lasting = new Lasting(kernel);
    this.#keeper = new Keeper(kernel);
    const servers: SimServer[] = [];
    this.servers = servers;
    const spec = swarm.configs[0]?.ensemble;
    this.witness = new Witness({
      kernel,
      subjects: servers,
      spec,
      hasLocalSessions: swarm.configs[0]?.localSessionsEnabled === true,
      tell: options.log,
    });
    const { marks } = this.witness;
    this.judges = new RecipeJudges(marks, kernel.random('recipe judges'));
    for (const config of swarm.configs) servers.push(this.#server(config, boot));
    const random = kernel.random('drift');
    const { driftPermille } = swarm;
    for (const { clock } of servers) {
      clock.rate = 1 + random.between(-driftPermille, driftPermille) / 1_000;
    }
    this.#participants = new Participants({
      ...this,
      script,
      recipes,
      marks,
      network: this.#network,
      connectString: this.servers.map(({ local }) => `memory://${local.address}`).join(),
      goesOn: () => this.#goesOn,
      failed: (error) => {
        this.#failure ??= error;
      },
    });
    this.#heal = new Heal({ ...this, lasting: this.#lasting, keeper: this.#keeper });
    this.#marksSize();
    this.faults = new Faults(kernel, swarm, script);
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
    const { swarm } = this;
    const participants = this.#participants;
    const heal = this.#heal;
    for (const server of this.servers) server.start();
    for (const timeoutMs of swarm.sessionTimeoutMs) participants.join(timeoutMs);
    const { readOnlyModeEnabled = false } = swarm.configs[0] ?? {};
    if (readOnlyModeEnabled) participants.lookOn(this.witness.marks);
    this.faults.begin({
      ...this,
      network: this.#network,
      ways: new Ways(this.#network),
      lasting: this.#lasting,
      participants,
      leader: () => heal.leader,
      mayWipe: (server) => heal.mayWipe(server),
      goesOn: () => this.#goesOn,
    });
    await this.#pass(swarm.chaosMs);
    this.#goesOn = false;
    this.faults.stop();
    participants.recall();
    heal.begin();
    await this.#pass(LIVENESS_MS, () => participants.areDone);
    const { waits } = participants;
    demand(participants.areDone, waits.length > 0 ? 'L6' : 'L3', () => {
      const late = [...participants.late, ...waits].join(', ');
      return `not done ${LIVENESS_MS} ms after the heal: ${late}`;
    });
    await this.#rest();
    heal.judge();
    await this.#lastLook();
    for (const participant of participants.live) void participant.zk.close();
    const { tickTime } = swarm;
    // While they look for a leader they are not asked.
    const isEmpty = () =>
      heal.whole.length > 0 && heal.whole.every(({ local }) => sessionsOf(local.view) === 0);
    for (let epochs = -1; epochs !== this.#epochs && !isEmpty(); ) {
      // A new leader gives every session its whole time again.
      epochs = this.#epochs;
      await this.#pass(this.#longestMs + 3 * tickTime + 1_000, isEmpty);
    }
    await this.#pass(tickTime);
    for (const server of heal.whole) nothingIsLeft(server, participants.neverHeardOf(server.name));
    // What whoever died before its first word has left belongs to no session, and goes later.
    const haveNone = () => heal.whole.every(({ local }) => local.view?.connectionCount === 0);
    await this.#pass(defaultConfig().sessionlessTimeoutMs + tickTime, haveNone);
    for (const server of heal.whole) nothingIsLeft(server, 0);
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
      oddities: swarm.oddities,
      count: swarm.configs.length,
      mayDieStarting: () => swarm.faults.has('power') && this.#goesOn,
      ended: () => this.#keeper.ended(server),
    });
    return server;
  }

  #marksSize(): void {
    const { marks } = this.witness;
    const { configs } = this.swarm;
    if (configs.some(({ commitLogCount }) => commitLogCount < 100)) marks.hit('few-committed-kept');
    if (configs.some(({ forceSnapshotSync }) => forceSnapshotSync)) marks.hit('snapshots-forced');
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

  /**
   * C13: everything that each server shows, to one who knows the credentials, and what the disks
   * would bring back.
   */
  async #lastLook(): Promise<void> {
    const leaving = new Map<SimServer, () => void>();
    for (const server of this.#heal.whole) {
      const { zk, leave } = this.#participants.visit(`memory://${server.local.address}`);
      leaving.set(server, leave);
      readWholeTree(zk).then(
        () => {
          leave();
          leaving.delete(server);
        },
        (error: unknown) => {
          this.#failure ??= error;
        },
      );
    }
    // Whoever cannot reach a leader that is frozen may notice only now.
    const isDone = () => !this.#heal.whole.some((server) => leaving.has(server));
    await this.#pass(LIVENESS_MS, isDone);
    demand(isDone(), 'L3', () => `the tree was not read ${LIVENESS_MS} ms after all was at rest`);
    for (const leave of leaving.values()) leave();
    for (const { recoveries, local } of this.#heal.whole) recoveries.look(local);
  }

  /**
   * Waits until somebody leads, every client is and stays connected, nothing is held up on its
   * way and nothing is written any more: sessions that nobody speaks for end meanwhile. That a
   * leader is gone may be noticed some time later.
   */
  async #rest(): Promise<void> {
    const until = this.kernel.now + LIVENESS_MS * 1_000;
    const states = () => this.#participants.live.map(({ zk }) => zk.state);
    for (;;) {
      const last = this.canon.lastZxid;
      const before = states();
      const { happened, now } = this.kernel;
      await this.#pass(REST_MS);
      const staysConnected = states().every((state, at) => {
        return state.type === 'connected' && state === before[at];
      });
      const isClear = now >= this.#lasting.overAt;
      const isIdle = staysConnected && isClear && this.canon.lastZxid === last;
      if (isIdle && this.#heal.isEven && this.#heal.isLed) {
        this.#demandIdleness(this.kernel.happened - happened);
        break;
      }
      if (this.kernel.now < until) continue;
      this.#heal.judge();
      const what = isIdle ? 'servers show different states' : 'there is no rest';
      const property = isIdle ? 'L4' : 'L3';
      throw new Violation(property, `${what} ${LIVENESS_MS} ms after everything was done`);
    }
    this.record.rest(this.canon.lastZxid);
    this.judges.rest(this.canon.lastZxid, this.#participants.sessions);
  }

  /**
   * The longest time of a session: of those that programs have, and of those that are left. Of
   * somebody's last look one is left where the connection broke before its client heard of it.
   */
  get #longestMs(): number {
    const left = this.#heal.whole.flatMap(({ local }) => [
      ...(local.view?.globalSessions().values() ?? []),
      ...(local.view?.sessions() ?? []).map(({ timeoutMs }) => timeoutMs),
    ]);
    return Math.max(...this.swarm.sessionTimeoutMs, ...left);
  }

  get #epochs(): number {
    return this.witness.ensemble?.leaderships.length ?? 0;
  }

  /** L8: nobody works where there is nothing to do. */
  #demandIdleness(happened: number): void {
    const most = IDLE_EVENTS * (this.servers.length ** 2 + this.#participants.live.length);
    demand(happened <= most, 'L8', () => {
      return `${happened} things happened in ${REST_MS} ms in which nobody wrote; at most ${most}`;
    });
  }

  /** S3: nobody is certain of a session that was just ended for its silence. */
  #judgeCertainty(): void {
    const { entries } = this.canon;
    while (this.#entriesJudged < entries.length) {
      const { type, clientId, zxid } = entries[this.#entriesJudged++]!;
      if (type !== txnTypes.closeSession || this.witness.closing.has(clientId)) continue;
      for (const { place, zk } of this.#participants.live) {
        demand(!zk.isCertain(clientId), 'S3', () => {
          return `${place} is certain of session ${clientId}, which ${zxidText(zxid)} has ended`;
        });
      }
    }
  }

  async #pass(ms: number, isOver: () => boolean = () => false): Promise<void> {
    const { kernel } = this;
    const until = kernel.now + ms * 1_000;
    await settled();
    while (!isOver() && kernel.step(until)) {
      if (kernel.wasStirred()) await settled();
      if (this.#failure !== undefined) throw this.#failure;
      this.#judgeCertainty();
      for (const { recoveries, local } of this.servers) recoveries.maybe(local);
      if (kernel.happened > EVENTS_PER_SECOND * (1 + kernel.now / 1_000_000)) {
        throw new Violation('L8', `${kernel.happened} things happened by ${kernel.now} µs`);
      }
    }
  }
}

/** Those that others know too, and those that only this server knows. */
function sessionsOf(view: PeerView | undefined): number | undefined {
  return view && view.sessionCount + view.localSessionCount;
}

/**
 * E4, W7, L7: all programs have gone, and the time of every session is over.
 *
 * @param silent how many connections there may be that never asked for a session
 */
function nothingIsLeft({ name, local }: SimServer, silent: number): void {
  const { ephemeralCount, watchCount, connectionCount, outstanding } = local.view!;
  const sessions = sessionsOf(local.view);
  demand(sessions === 0 && ephemeralCount === 0, 'E4', () => {
    return `${name}: ${sessions} sessions do not end, and own ${ephemeralCount} nodes`;
  });
  demand(watchCount + outstanding === 0 && connectionCount <= silent, 'W7', () => {
    const left = `${connectionCount} connections, ${watchCount} watches, ${outstanding} requests`;
    return `${name}: all sessions have ended, and the server still has ${left}`;
  });
}
