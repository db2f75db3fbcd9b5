import type { Client, ConnectOptions } from '../client/api.js';
import { connect } from '../client/connect.js';
import { parseConnectString } from '../client/connect-string.js';
import { type Config, type ConfigOverrides, defaultConfig } from '../config/config.js';
import type { ServerSpec } from '../config/servers.js';
import { LocalClientHost, type LocalSessionKey } from './client-host.js';
import { RealTime, VirtualTime } from './clockwork.js';
import { endSession } from './end-session.js';
import { Kernel, type Micros } from './kernel.js';
import type { Local, LocalOptions, LocalServerHandle } from './local.js';
import type { BootLocal } from './machine.js';
import { MortalHost } from './mortal-host.js';
import { Network, type NetworkOptions } from './network.js';
import { LocalServer } from './server.js';

/** Where every server listens, each on a host of its own. */
const CLIENT_PORT = 2181;
const QUORUM_PORT = 2888;
const ELECTION_PORT = 3888;

/** How long the servers of an ensemble may take to agree on a leader at the start. */
const START_LIMIT_MS = 60_000;
const LOOK_MS = 5;
/** How long they may take to end a session. */
const END_LIMIT_MS = 60_000;

/** What runs in real time takes no longer than the machine needs. */
const NO_TIME = [0, 0] as const;
const SOME_LATENCY = [50, 400] as const;

/** Where a client lives. */
interface Place {
  readonly host: LocalClientHost;
  readonly mortal: MortalHost;
}

/** Servers in memory and their clients; see `Local` for what each method promises. */
export class LocalWorld implements Local {
  readonly connectString: string;
  readonly host: LocalClientHost;
  readonly servers: readonly [LocalServerHandle, ...LocalServerHandle[]];
  readonly #kernel: Kernel;
  readonly #network: Network;
  readonly #virtual: VirtualTime;
  readonly #real: RealTime | undefined;
  readonly #places = new WeakMap<Client, Place>();
  readonly #options: LocalOptions;
  readonly #locals: LocalServer[] = [];
  #clients = 0;

  /** @param network what is to be another way than in a world for programs, in virtual time */
  constructor(boot: BootLocal, options: LocalOptions, network: Partial<NetworkOptions> = {}) {
    this.#options = options;
    const isReal = options.time !== 'virtual';
    const kernel = new Kernel(options.seed ?? 1);
    this.#kernel = kernel;
    const latencyMicros = isReal ? NO_TIME : SOME_LATENCY;
    this.#network = new Network(kernel, { latencyMicros, fragments: !isReal, ...network });
    this.#virtual = new VirtualTime(kernel);
    this.#real = isReal ? new RealTime(kernel, () => performance.now()) : undefined;
    this.host = this.newHost();
    const configs = configsOf(options);
    const servers = configs.map((config) => this.#newServer(boot, config));
    this.servers = servers as [LocalServerHandle, ...LocalServerHandle[]];
    const places = configs.map(({ serverId }) => addressOf(serverId));
    this.connectString = `memory://${places.join(',')}`;
    for (const server of servers) server.start();
  }

  /** Resolves when the servers serve. @throws RangeError when that takes too long */
  async ready(): Promise<void> {
    const isReady = () =>
      this.servers.length === 1 ? this.servers[0].view !== undefined : this.leader !== undefined;
    const limit = this.now + START_LIMIT_MS;
    while (!isReady()) {
      if (this.now > limit) throw new RangeError(`nobody leads after ${START_LIMIT_MS} ms`);
      await this.advance(LOOK_MS);
    }
  }

  get leader(): LocalServerHandle | undefined {
    return this.servers.find(({ view }) => view?.mode === 'leader' && view.serving);
  }

  get now(): number {
    return this.host.now();
  }

  async connect(options: ConnectOptions = {}): Promise<Client> {
    const host = this.newHost();
    const mortal = new MortalHost(host, (run) => {
      this.#kernel.after(1, `${host.name} goes on`, run);
    });
    const client = await this.until(connect(this.connectString, { ...options, host: mortal }));
    this.#places.set(client, { host, mortal });
    return client;
  }

  async advance(ms: number): Promise<void> {
    if (this.#real === undefined) await this.#virtual.advance(ms);
    else await new Promise<void>((resolve) => this.host.setTimer(ms, resolve));
  }

  until<T>(work: Promise<T>, limitMs?: number): Promise<T> {
    return this.#real === undefined ? this.#virtual.until(work, limitMs) : work;
  }

  partition(client: Client): void {
    this.#do(() => this.#network.isolate(this.#placeOf(client).host.name, true));
  }

  /** Cuts a place for clients off, or joins it again; what was sent meanwhile arrives then. */
  isolate(host: LocalClientHost, isolated: boolean): void {
    this.#do(() => this.#network.isolate(host.name, isolated));
  }

  /** How long a step of every disk takes, from now on. */
  slowDisks(stepMicros: readonly [from: Micros, to: Micros]): void {
    for (const server of this.#locals) server.diskStepMicros = stepMicros;
  }

  heal(): void {
    this.#do(() => this.#network.mend());
  }

  cut(client: Client): void {
    const { name } = this.#placeOf(client).host;
    this.#do(() => {
      for (const connection of [...this.#network.connections]) {
        if (connection.route.from === name) connection.cut('connection reset');
      }
    });
  }

  pause(client: Client): void {
    this.#do(() => this.#placeOf(client).mortal.pause());
  }

  resume(client: Client): void {
    this.#do(() => this.#placeOf(client).mortal.resume());
  }

  kill(client: Client): void {
    this.#do(() => this.#placeOf(client).mortal.die(false));
  }

  async expireSession(client: Client): Promise<void> {
    const { key, name } = this.#placeOf(client).host;
    if (key === undefined || client.session?.id !== key.sessionId) {
      throw new Error('the client has no session that could be ended');
    }
    // A client that came back meanwhile would have its session to itself again.
    const wasIsolated = this.#network.isIsolated(name);
    this.#do(() => this.#network.isolate(name, true));
    try {
      await this.#endSession(key);
    } finally {
      this.#do(() => this.#network.isolate(name, wasIsolated));
    }
    this.cut(client);
  }

  /** Asks one server after the other, since those without a leader end nothing. */
  async #endSession(key: LocalSessionKey): Promise<void> {
    const limit = this.now + END_LIMIT_MS;
    while (this.now < limit) {
      for (const { state, address } of this.servers) {
        const [server] = parseConnectString(address).servers;
        if (state !== 'running' || server === undefined) continue;
        if (await this.until(endSession(this.newHost(), { ...key, server }))) return;
      }
      await this.advance(LOOK_MS);
    }
    throw new Error(`no server has ended the session within ${END_LIMIT_MS} ms`);
  }

  async stop(): Promise<void> {
    for (const server of this.servers) await server.stop();
    this.#real?.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** A place of its own for a client. */
  newHost(): LocalClientHost {
    return new LocalClientHost({
      kernel: this.#kernel,
      network: this.#network,
      name: `client-${++this.#clients}`,
      ...(this.#real && { time: this.#real, wall: realWall }),
    });
  }

  #placeOf(client: Client): Place {
    const place = this.#places.get(client);
    if (place === undefined) throw new Error('this client was not made by connect() of this world');
    return place;
  }

  #newServer(boot: BootLocal, config: Config): LocalServerHandle {
    const { log } = this.#options;
    const isReal = this.#real !== undefined;
    const endings: (() => void)[] = [];
    const address = addressOf(config.serverId);
    const server = new LocalServer({
      kernel: this.#kernel,
      network: this.#network,
      address,
      config,
      boot,
      ...(isReal && { wall: realWall, turnMicros: NO_TIME }),
      ...(log && { log: (event) => log(event, handle) }),
      ended: () => {
        for (const ended of endings.splice(0)) ended();
      },
    });
    if (isReal) server.diskStepMicros = NO_TIME;
    this.#locals.push(server);
    const handle: LocalServerHandle = {
      id: config.serverId,
      address: `memory://${address}`,
      get state() {
        return server.state;
      },
      get view() {
        return server.view;
      },
      start: () => this.#do(() => server.start()),
      kill: () => this.#do(() => server.kill()),
      cutPower: () => this.#do(() => server.cutPower()),
      pause: () => this.#do(() => server.pause()),
      resume: () => this.#do(() => server.resume()),
      partition: () => this.#do(() => this.#network.isolate(address, true)),
      partitionFrom: (other) => this.#do(() => this.#split(address, addressOf(other.id))),
      stop: async () => {
        if (server.state === 'down') return;
        this.#do(() => server.resume());
        const ended = new Promise<void>((resolve) => endings.push(resolve));
        this.#do(() => server.stop());
        await this.until(ended);
      },
    };
    return handle;
  }

  #split(one: string, other: string): void {
    this.#network.sever(one, other, true);
    this.#network.sever(other, one, true);
  }

  /** Does something from outside, at the present moment. */
  #do(work: () => void): void {
    this.#real?.catchUp();
    work();
    this.#real?.arm();
  }
}

function realWall(): number {
  return Math.floor(performance.timeOrigin + performance.now());
}

/** The config of each server: one that stands alone, or those of an ensemble. */
function configsOf({ servers = 1, observers = 0, config }: LocalOptions): readonly Config[] {
  if (!(Number.isInteger(servers) && servers >= 1 && Number.isInteger(observers))) {
    throw new RangeError(`there can be no world of ${servers} servers and ${observers} observers`);
  }
  const overrides: ConfigOverrides = { preAllocSize: 64, maxClientCnxns: 0, ...config };
  const count = servers + observers;
  if (count === 1) return [defaultConfig(overrides)];
  const specs = Array.from({ length: count }, (_, at): ServerSpec => {
    const serverId = at + 1;
    const host = hostOf(serverId);
    const address = { host, quorumPort: QUORUM_PORT, electionPort: ELECTION_PORT };
    const role = serverId <= servers ? 'participant' : 'observer';
    return { serverId, addresses: [address], role, client: { host, port: CLIENT_PORT } };
  });
  const ensemble = { servers: specs, weights: new Map<number, number>(), version: 0n };
  return specs.map(({ serverId }) => defaultConfig({ ...overrides, serverId, ensemble }));
}

function hostOf(serverId: number): string {
  return `local-${serverId}`;
}

function addressOf(serverId: number): string {
  return `${hostOf(serverId)}:${CLIENT_PORT}`;
}
