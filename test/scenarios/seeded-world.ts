/**
 * An ensemble and its clients for one test, in virtual time. A seed decides how far the servers
 * are from each other and from the clients, how what is said is cut up, which client goes to which
 * server, whose event loop or process stands still for a moment, and in which order things happen
 * that nothing else orders. Nothing of it breaks a connection or ends a session: a test must not
 * notice.
 */
import type { BootLocal } from '@vivarium/core/internal/local/machine';
import { mix, Random } from '@vivarium/core/internal/local/random';
import { LocalWorld } from '@vivarium/core/internal/local/world';
import { bootServer } from '@vivarium/core/internal/peer/boot-server';
import type { LocalServerHandle } from '@vivarium/core/local';
import type { Target } from '../compliance/target.js';
import { UnevenHost, type Unevenness } from './uneven-host.js';

const SERVERS = 3;
const TICK_MS = 500;
const LOOK_MS = 5;

/** How long bytes travel, in microseconds: within a rack, a building, a country, a continent. */
const latencies = [
  [50, 400],
  [50, 2_000],
  [500, 8_000],
  [5_000, 25_000],
] as const;
const loops: readonly Unevenness[] = [
  { chance: 0, longestMs: 1 },
  { chance: 0.02, longestMs: 80 },
  { chance: 0.1, longestMs: 20 },
];
/** Servers that stand still for up to so long, and so long apart. */
const pauses = [undefined, { longestMs: 30, apartMs: 100 }, { longestMs: 100, apartMs: 500 }];

export class SeededWorld implements Target {
  readonly connectString: string;
  /** The servers, for tests that want to do something to them. */
  readonly ensemble: LocalWorld;
  readonly #random: Random;
  readonly #unevenness: Unevenness;
  #clients = 0;
  #homes = 0;
  #trace = 0;
  #isOver = false;

  /**
   * Resolves when all servers serve.
   *
   * @param boot what servers are made of, where it is not the usual
   */
  static async open(seed: number, boot: BootLocal = bootServer): Promise<SeededWorld> {
    const world = new SeededWorld(seed, boot);
    const { servers } = world.ensemble;
    while (!servers.every(({ view }) => view?.serving)) await world.ensemble.advance(LOOK_MS);
    world.#pauseServers();
    return world;
  }

  private constructor(seed: number, boot: BootLocal) {
    this.#random = new Random(seed, 'scenario');
    this.#unevenness = this.#random.pick(loops);
    const latencyMicros = this.#random.pick(latencies);
    const config = { tickTime: TICK_MS, extendedTypesEnabled: true };
    const options = { servers: SERVERS, time: 'virtual', seed, config } as const;
    this.ensemble = new LocalWorld(boot, options, { latencyMicros });
    this.connectString = this.ensemble.connectString;
  }

  /** Each client has a loop of its own. */
  get host(): UnevenHost {
    const random = new Random(this.#random.bits(), `client ${++this.#clients}`);
    return new UnevenHost(this.ensemble.newHost(), random, this.#unevenness, this.#note);
  }

  readonly newHome = (): string => `/home-${++this.#homes}`;

  /** Who leads, and the others, in an order that the seed decides. */
  get roles(): readonly [leader: LocalServerHandle, ...followers: LocalServerHandle[]] {
    const leader = this.ensemble.leader!;
    const [one, other] = this.ensemble.servers.filter((each) => each !== leader);
    return this.#random.chance(0.5) ? [leader, one!, other!] : [leader, other!, one!];
  }

  /** Chance of the seed's, for tests. */
  random(purpose: string): Random {
    return new Random(this.#random.bits(), purpose);
  }

  /** A number over all that has happened to the clients: another run of the seed has the same. */
  get trace(): number {
    return this.#trace;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.ensemble.stop();
  }

  readonly #note = (what: number): void => {
    this.#trace = mix(mix(this.#trace, what), Math.round(this.ensemble.now * 1_000));
  };

  #pauseServers(): void {
    const habit = this.#random.pick(pauses);
    if (habit === undefined) return;
    const random = new Random(this.#random.bits(), 'pauses');
    const { host, servers } = this.ensemble;
    const pause = () => {
      if (this.#isOver) return;
      const server = random.pick(servers);
      if (server.state === 'running') {
        server.pause();
        host.setTimer(random.between(1, habit.longestMs), () => {
          if (server.state === 'paused') server.resume();
        });
      }
      host.setTimer(random.between(1, 2 * habit.apartMs), pause);
    };
    host.setTimer(random.between(1, habit.apartMs), pause);
  }
}
