import type { Client, ConnectOptions } from '../client/api.js';
import { connect } from '../client/connect.js';
import { serverName } from '../client/connect-string.js';
import { type ConfigOverrides, defaultConfig } from '../config/config.js';
import { LocalClientHost } from './client-host.js';
import { RealTime, VirtualTime } from './clockwork.js';
import { endSession } from './end-session.js';
import { Kernel } from './kernel.js';
import type { Local, LocalOptions, LocalServerHandle } from './local.js';
import type { BootLocal } from './machine.js';
import { Network } from './network.js';
import { LocalServer } from './server.js';

/** Where the one server listens. */
const ADDRESS = 'local-1:2181';

/** What runs in real time takes no longer than the machine needs. */
const NO_TIME = [0, 0] as const;
const SOME_LATENCY = [50, 400] as const;

/** A server in memory and its clients; see `Local` for what each method promises. */
export class LocalWorld implements Local {
  readonly connectString: string;
  readonly host: LocalClientHost;
  readonly servers: readonly [LocalServerHandle];
  readonly #kernel: Kernel;
  readonly #network: Network;
  readonly #virtual: VirtualTime;
  readonly #real: RealTime | undefined;
  readonly #hosts = new WeakMap<Client, LocalClientHost>();
  #clients = 0;
  #ended: (() => void)[] = [];

  constructor(boot: BootLocal, options: LocalOptions) {
    const isReal = options.time !== 'virtual';
    const kernel = new Kernel(options.seed ?? 1);
    this.#kernel = kernel;
    const latencyMicros = isReal ? NO_TIME : SOME_LATENCY;
    this.#network = new Network(kernel, { latencyMicros, fragments: !isReal });
    this.#virtual = new VirtualTime(kernel);
    this.#real = isReal ? new RealTime(kernel, () => performance.now()) : undefined;
    const overrides: ConfigOverrides = { preAllocSize: 64, maxClientCnxns: 0, ...options.config };
    const server = new LocalServer({
      kernel,
      network: this.#network,
      address: ADDRESS,
      config: defaultConfig(overrides),
      boot,
      ...(isReal && { wall: realWall, turnMicros: NO_TIME }),
      ...(options.log && { log: options.log }),
      ended: () => {
        for (const ended of this.#ended.splice(0)) ended();
      },
    });
    if (isReal) server.diskStepMicros = NO_TIME;
    this.connectString = `memory://${ADDRESS}`;
    this.host = this.#newHost();
    this.servers = [this.#handleOf(server)];
    this.#do(() => server.start());
  }

  get now(): number {
    return this.host.now();
  }

  async connect(options: ConnectOptions = {}): Promise<Client> {
    const host = this.#newHost();
    const client = await this.until(connect(this.connectString, { ...options, host }));
    this.#hosts.set(client, host);
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
    this.#do(() => this.#network.isolate(this.#hostOf(client).name, true));
  }

  heal(): void {
    this.#do(() => {
      this.#network.isolate(ADDRESS, false);
      for (let n = 1; n <= this.#clients; n++) this.#network.isolate(`client-${n}`, false);
    });
  }

  cut(client: Client): void {
    const { name } = this.#hostOf(client);
    this.#do(() => {
      for (const connection of [...this.#network.connections]) {
        if (connection.route.from === name) connection.cut('connection reset');
      }
    });
  }

  async expireSession(client: Client): Promise<void> {
    const { key } = this.#hostOf(client);
    if (key === undefined || client.session?.id !== key.sessionId) {
      throw new Error('the client has no session that could be ended');
    }
    const stranger = this.#newHost();
    await this.until(endSession(stranger, key));
    this.cut(client);
  }

  async stop(): Promise<void> {
    for (const server of this.servers) await server.stop();
    this.#real?.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #newHost(): LocalClientHost {
    return new LocalClientHost({
      kernel: this.#kernel,
      network: this.#network,
      name: `client-${++this.#clients}`,
      ...(this.#real && { time: this.#real, wall: realWall }),
    });
  }

  #hostOf(client: Client): LocalClientHost {
    const host = this.#hosts.get(client);
    if (host === undefined) throw new Error('this client was not made by connect() of this world');
    return host;
  }

  #handleOf(server: LocalServer): LocalServerHandle {
    return {
      address: serverName({ protocol: 'memory', host: 'local-1', port: 2181, resource: '/' }),
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
      partition: () => this.#do(() => this.#network.isolate(server.address, true)),
      stop: () => this.#stopServer(server),
    };
  }

  async #stopServer(server: LocalServer): Promise<void> {
    if (server.state === 'down') return;
    this.#do(() => server.resume());
    const ended = new Promise<void>((resolve) => this.#ended.push(resolve));
    this.#do(() => server.stop());
    await this.until(ended);
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
