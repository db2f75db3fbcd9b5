/** One run: a server, its clients, their faults, all under one seed; and then the judgement. */
import type { Client } from '@vivarium/core';
import { createClient } from '@vivarium/core/internal/client/client';
import { parseConnectString } from '@vivarium/core/internal/client/connect-string';
import { LocalClientHost } from '@vivarium/core/internal/local/client-host';
import { settled } from '@vivarium/core/internal/local/clockwork';
import { DiskError, MemoryDisk } from '@vivarium/core/internal/local/disk';
import { endSession } from '@vivarium/core/internal/local/end-session';
import { Kernel } from '@vivarium/core/internal/local/kernel';
import type { BootLocal } from '@vivarium/core/internal/local/machine';
import { Network } from '@vivarium/core/internal/local/network';
import type { Random } from '@vivarium/core/internal/local/random';
import { LocalServer } from '@vivarium/core/internal/local/server';
import type { BootDisk } from '@vivarium/core/internal/storage/disk';
import { Canon } from '../inside/canon.js';
import { RecoveryProbes } from '../inside/recovery-probes.js';
import { type Observed, WatchedMachine } from '../inside/watched-machine.js';
import { ApiRecord } from '../judges/api-record.js';
import { GroupJudge } from '../judges/group-judge.js';
import { LockJudge } from '../judges/lock-judge.js';
import { CREDENTIAL } from '../judges/permissions.js';
import { Actor } from '../programs/actor.js';
import { hold } from '../programs/holder.js';
import { readWholeTree } from '../programs/whole-tree.js';
import { demand, Violation } from '../violation.js';
import { Faults } from './faults.js';
import type { History } from './history.js';
import { MortalHost } from './mortal-host.js';
import { recordedHost } from './recorded-host.js';
import { chooseSwarm, type Swarm } from './swarm.js';

export interface SimulationOptions {
  readonly seed: number;
  readonly boot: BootLocal;
  /** Nothing goes wrong. */
  readonly quiet?: boolean;
  readonly log?: (line: string) => void;
}

const ADDRESS = 'server:2181';
/** The beginning of 2026. */
const EPOCH_MS = 1_767_225_600_000;
/** What happens more often than this in a run is a busy loop (L8). */
const EVENTS_MAX = 2_000_000;
/** How long after the heal everything must be done (L3). */
const LIVENESS_MS = 60_000;
/** Without a write for this long, whatever follows from earlier ones has followed. */
const REST_MS = 1_500;

/** What a start meets in which the power goes. */
const POWER_CUT = { code: 'POWER', message: 'the power went during the start' } as const;

interface Participant {
  readonly place: string;
  readonly host: LocalClientHost;
  readonly mortal: MortalHost;
  readonly zk: Client;
  /** Whether it has shown credentials. */
  readonly isKnown: boolean;
  isDone: boolean;
}

/** The world of a run, and everything that is written down about it. */
export class Simulation {
  readonly kernel: Kernel;
  readonly swarm: Swarm;
  readonly history: History = { connections: [] };
  readonly record = new ApiRecord();
  readonly lock = new LockJudge();
  readonly group = new GroupJudge();
  readonly canon: Canon;
  readonly server: LocalServer;
  readonly faults: Faults;
  readonly recoveries: RecoveryProbes;
  readonly #network: Network;
  readonly #options: SimulationOptions;
  readonly #random: Random;
  readonly #participants: Participant[] = [];
  readonly #observed: Observed;
  readonly #note = (line: string) => this.kernel.note(line);
  #goesOn = true;
  #failure: unknown;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.kernel = new Kernel(options.seed, options.log);
    this.#random = this.kernel.random('simulation');
    this.swarm = chooseSwarm(this.kernel.random('swarm'), options.quiet === true);
    const { latencyMicros, config } = this.swarm;
    this.#network = new Network(this.kernel, { latencyMicros, fragments: true });
    const disk = new MemoryDisk();
    this.canon = new Canon(disk);
    this.server = new LocalServer({
      kernel: this.kernel,
      network: this.#network,
      address: ADDRESS,
      config,
      boot: (boot) => this.#boot(boot),
      disk,
      backgroundSlowness: this.swarm.backgroundSlowness,
      wall: () => EPOCH_MS + Math.floor(this.kernel.now / 1_000) + this.faults.wallOffsetMs,
      log: ({ level, event, message }) => {
        this.kernel.note(`log ${level} ${event} ${message}`);
        if (event === 'digest.mismatch') throw new Violation('R3', message);
      },
      stepped: (step) => {
        this.faults.stepped();
        this.recoveries.stepped(step);
      },
      ended: () => this.faults.serverEnded(),
    });
    this.faults = new Faults({
      kernel: this.kernel,
      network: this.#network,
      server: this.server,
      swarm: this.swarm,
      start: () => this.#start(),
      places: () => this.#live().map(({ place }) => place),
      pause: (place) => this.#pauseClient(place),
      forsake: (place) => this.#forsake(place),
      expire: (place) => this.#expire(place),
    });
    this.#observed = {
      canon: this.canon,
      attested: 0n,
      unreadSince: (connection) => {
        const micros = this.server.unreadSince(connection);
        return micros === undefined ? undefined : micros / 1_000;
      },
      proposed: () => {},
    };
    this.recoveries = new RecoveryProbes(this.kernel, this.canon, this.#observed, config);
  }

  /** @throws Violation, or whatever else was thrown inside */
  async run(): Promise<void> {
    const { swarm } = this;
    this.#start();
    for (let n = 0; n < swarm.clients; n++) this.#join(swarm.sessionTimeoutMs[n]!);
    this.faults.begin();
    await this.#pass(swarm.chaosMs);
    this.#goesOn = false;
    this.kernel.note('heal');
    this.faults.heal();
    const isDone = () => this.#live().every((participant) => participant.isDone);
    await this.#pass(LIVENESS_MS, isDone);
    if (!isDone()) {
      const late = this.#live().filter((participant) => !participant.isDone);
      const who = late.map(
        ({ place, zk }) => `${place} (${zk.state.type}, ${zk.stats().inFlight})`,
      );
      throw new Violation('L3', `not done ${LIVENESS_MS} ms after the heal: ${who.join(', ')}`);
    }
    await this.#rest();
    await this.#lastLook();
    for (const participant of this.#live()) void participant.zk.close();
    const { tickTime } = this.swarm.config;
    const longestMs = Math.max(...this.swarm.sessionTimeoutMs) + 3 * tickTime;
    await this.#pass(longestMs + 1_000, () => this.server.view?.sessionCount === 0);
    await this.#pass(tickTime);
    this.canon.look();
    this.#nothingIsLeft();
  }

  /** Everything that the server shows, to whoever sees most, and what its disk would bring back. */
  async #lastLook(): Promise<void> {
    const [someone] = this.#live().sort((a, b) => Number(b.isKnown) - Number(a.isKnown));
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
    this.recoveries.look(this.server);
  }

  /** E4, W7, L7: all programs have gone, and the time of every session is over. */
  #nothingIsLeft(): void {
    const view = this.server.view!;
    const { sessionCount, ephemeralCount, watchCount, connectionCount, outstanding } = view;
    demand(sessionCount === 0 && ephemeralCount === 0, 'E4', () => {
      return `${sessionCount} sessions do not end, and own ${ephemeralCount} nodes`;
    });
    demand(watchCount + connectionCount + outstanding === 0, 'W7', () => {
      const left = `${connectionCount} connections, ${watchCount} watches, ${outstanding} requests`;
      return `all sessions have ended, and the server still has ${left}`;
    });
  }

  /**
   * Waits until every client is connected and nothing is written any more: sessions that nobody
   * speaks for end meanwhile.
   */
  async #rest(): Promise<void> {
    const until = this.kernel.now + LIVENESS_MS * 1_000;
    const isConnected = () => this.#live().every(({ zk }) => zk.state.type === 'connected');
    for (;;) {
      const last = this.canon.lastZxid;
      const wasConnected = isConnected();
      await this.#pass(REST_MS);
      this.canon.look();
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
      await settled();
      if (this.#failure !== undefined) throw this.#failure;
      this.recoveries.maybe(this.server);
      if (kernel.happened > EVENTS_MAX) {
        throw new Violation('L8', `${EVENTS_MAX} things happened within a run`);
      }
    }
  }

  #live(): Participant[] {
    return this.#participants.filter(({ mortal }) => mortal.isAlive);
  }

  #boot(options: Parameters<BootLocal>[0]) {
    const inner = this.#options.boot({ ...options, disk: this.#bootDisk() });
    this.canon.begin(this.server.disk);
    const { lastZxid } = inner.view;
    if (lastZxid < this.canon.lastZxid || lastZxid < this.#observed.attested) {
      const facts = `logged ${this.canon.lastZxid}, attested ${this.#observed.attested}`;
      throw new Violation('R14', `a restart came back at ${lastZxid}: ${facts}`);
    }
    return new WatchedMachine(inner, this.#observed, options.now);
  }

  /** The disk as a server finds it that starts; now and then the power goes while it does. */
  #bootDisk(): BootDisk {
    const { disk } = this.server;
    const mayDie = this.swarm.faults.has('power') && this.#goesOn && this.#random.chance(0.3);
    let left = mayDie ? this.#random.between(0, 6) : Number.POSITIVE_INFINITY;
    return {
      list: (folder) => disk.list(folder),
      read: (file, position, length) => disk.read(file, position, length),
      perform(steps) {
        for (const step of steps) {
          if (left-- <= 0) throw new DiskError(POWER_CUT);
          disk.perform([step]);
        }
      },
    };
  }

  #start(): void {
    try {
      this.server.start();
    } catch (error) {
      if (error instanceof DiskError) {
        this.kernel.note(`the start failed: ${error.message}`);
        if (error.code === POWER_CUT.code) this.server.cutPower();
        return;
      }
      const isRefusal = error instanceof Error && error.name === 'RefusedStartError';
      throw isRefusal ? new Violation('R14', `a start was refused: ${error.message}`) : error;
    }
  }

  #join(sessionTimeoutMs: number): void {
    const { kernel, swarm } = this;
    const place = `c${this.#participants.length + 1}`;
    const host = new LocalClientHost({ kernel, network: this.#network, name: place });
    const mortal = new MortalHost(
      recordedHost(host, place, this.history, this.#note),
      (run) => void kernel.after(1, `${place} goes on`, run),
    );
    const clock = 'monotonic' as const;
    const options = { sessionTimeoutMs, clock, graceMs: this.#random.pick([0, 200]) };
    const zk = createClient(parseConnectString(`memory://${ADDRESS}`), options, mortal);
    // The first requests of all: whoever is known is known from the start of each connection.
    const isKnown = this.#random.chance(0.5);
    if (isKnown) zk.addAuth(CREDENTIAL).catch(() => {});
    const participant = { place, host, mortal, zk, isKnown, isDone: false };
    this.#participants.push(participant);
    const program = {
      name: place,
      zk,
      random: kernel.random(`actor ${place}`),
      isLive: () => mortal.isAlive,
      goesOn: () => this.#goesOn,
    };
    const works = [new Actor({ ...program, record: this.record, swarm }).act()];
    if (this.#random.chance(swarm.holders)) {
      const random = kernel.random(`holder ${place}`);
      works.push(hold({ ...program, random, lock: this.lock, group: this.group }));
    }
    Promise.all(works).then(
      () => {
        participant.isDone = true;
      },
      (error: unknown) => {
        this.#failure ??= error;
      },
    );
  }

  #at(place: string): Participant | undefined {
    return this.#participants.find((each) => each.place === place);
  }

  #pauseClient(place: string): () => void {
    const mortal = this.#at(place)?.mortal;
    this.kernel.note(`${place} is paused`);
    mortal?.pause();
    return () => mortal?.resume();
  }

  #forsake(place: string): void {
    const participant = this.#at(place);
    if (participant === undefined) return;
    participant.mortal.die(this.#random.chance(0.5));
    this.#join(participant.zk.sessionTimeoutMs || 1_000);
  }

  #expire(place: string): void {
    const key = this.#at(place)?.host.key;
    if (key === undefined) return;
    this.lock.ended.add(key.sessionId);
    const parts = { kernel: this.kernel, network: this.#network };
    const name = `x${this.history.connections.length}`;
    const host = recordedHost(
      new LocalClientHost({ ...parts, name }),
      name,
      this.history,
      this.#note,
    );
    void endSession(host, key);
  }
}
