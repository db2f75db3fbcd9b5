/** Some servers of an ensemble in a world of their own, on virtual time. */
import type { Client, ConnectOptions } from '@vivarium/core';
import type { AuditEvent } from '@vivarium/core/internal/base/audit-event';
import { createClient } from '@vivarium/core/internal/client/client';
import { parseConnectString } from '@vivarium/core/internal/client/connect-string';
import { type ConfigOverrides, defaultConfig } from '@vivarium/core/internal/config/config';
import type { ServerSpec } from '@vivarium/core/internal/config/servers';
import { LocalClientHost } from '@vivarium/core/internal/local/client-host';
import { VirtualTime } from '@vivarium/core/internal/local/clockwork';
import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { Kernel } from '@vivarium/core/internal/local/kernel';
import type { LocalMachine } from '@vivarium/core/internal/local/machine';
import { Network } from '@vivarium/core/internal/local/network';
import { LocalServer } from '@vivarium/core/internal/local/server';
import { bootMember } from '@vivarium/core/internal/peer/boot-member';

export interface RigOptions {
  readonly servers?: number;
  readonly observers?: number;
  readonly seed?: number;
  readonly config?: ConfigOverrides;
  /** What one server is told that the others are not, or otherwise. */
  readonly configOf?: (serverId: number, servers: readonly ServerSpec[]) => ConfigOverrides;
  /** What the servers find on their disks; nothing unless given. */
  readonly disks?: readonly MemoryDisk[];
  readonly log?: (line: string) => void;
  /** How much longer each step of a disk takes that is not for the log. */
  readonly backgroundSlowness?: number;
  /** Everything takes the same time wherever it happens. */
  readonly isEven?: boolean;
  /** Puts something around a server's machine. */
  readonly watched?: (machine: LocalMachine, serverId: number) => LocalMachine;
}

/** An ensemble whose servers are numbered from 1, observers last. */
export class EnsembleRig {
  readonly kernel: Kernel;
  readonly network: Network;
  readonly servers: readonly LocalServer[];
  readonly time: VirtualTime;
  readonly events: { readonly server: number; readonly event: string; readonly message: string }[] =
    [];
  /** What the servers told their audit logs, if the config asks for them. */
  readonly audited: { readonly server: number; readonly event: AuditEvent }[] = [];
  /** Servers that have ended by themselves. */
  readonly ends: { readonly server: number; readonly code: number; readonly reason: string }[] = [];
  #clients = 0;

  constructor(options: RigOptions = {}) {
    const { servers = 3, observers = 0, seed = 1, log } = options;
    this.kernel = new Kernel(seed, log);
    const latencyMicros = options.isEven ? ([200, 200] as const) : ([50, 400] as const);
    const fragments = !options.isEven;
    this.network = new Network(this.kernel, { latencyMicros, fragments });
    this.time = new VirtualTime(this.kernel);
    const specs: ServerSpec[] = [];
    for (let id = 1; id <= servers + observers; id++) {
      const address = { host: `s${id}`, quorumPort: 2888, electionPort: 3888 };
      const role = id <= servers ? 'participant' : 'observer';
      specs.push({ serverId: id, addresses: [address], role });
    }
    const ensemble = { servers: specs, weights: new Map(), version: 0n };
    this.servers = specs.map(({ serverId }) => {
      const config = defaultConfig({
        tickTime: 200,
        initLimit: 10,
        syncLimit: 5,
        preAllocSize: 2,
        maxClientCnxns: 0,
        ...options.config,
        serverId,
        ensemble,
        ...options.configOf?.(serverId, specs),
      });
      const server = new LocalServer({
        kernel: this.kernel,
        network: this.network,
        address: `s${serverId}:2181`,
        config,
        ...(options.disks && { disk: options.disks[serverId - 1]! }),
        ...(options.isEven && { turnMicros: [50, 50] }),
        backgroundSlowness: options.backgroundSlowness ?? 1,
        boot: (how) => {
          const audit = (event: AuditEvent) => this.audited.push({ server: serverId, event });
          const host = config.auditEnabled ? { ...how.host, audit } : how.host;
          const machine = bootMember({ ...how, host });
          return options.watched?.(machine, serverId) ?? machine;
        },
        ended: ({ code, reason }) => this.ends.push({ server: serverId, code, reason }),
        log: ({ event, message }) => {
          this.events.push({ server: serverId, event, message });
          log?.(`  s${serverId} ${event}: ${message}`);
        },
      });
      if (options.isEven) server.diskStepMicros = [100, 100];
      return server;
    });
  }

  start(): void {
    for (const server of this.servers) server.start();
  }

  /** Number of the server that leads and serves; undefined while none does. */
  get leader(): number | undefined {
    const at = this.servers.findIndex(({ view }) => view?.mode === 'leader' && view.serving);
    return at < 0 ? undefined : at + 1;
  }

  /** Lets time pass until something holds. */
  async until(what: string, holds: () => boolean, limitMs = 30_000): Promise<void> {
    const limit = this.kernel.now + limitMs * 1_000;
    while (!holds()) {
      if (this.kernel.now >= limit) throw new Error(`not within ${limitMs} ms: ${what}`);
      await this.time.advance(5);
    }
  }

  /** What a promise comes to while time passes. */
  async done<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    promise.then(over, over);
    await this.until('it is done', () => isOver);
    return promise;
  }

  /** A client of some servers, all unless given. */
  client(options: ConnectOptions = {}, servers = this.servers.map((_, at) => at + 1)): Client {
    const name = `c${++this.#clients}`;
    const host = new LocalClientHost({ kernel: this.kernel, network: this.network, name });
    const places = servers.map((id) => `s${id}:2181`).join(',');
    return createClient(parseConnectString(`memory://${places}`), options, host);
  }
}
