import { join } from 'node:path';
import { type Config, type ConfigOverrides, defaultConfig } from '../config/config.js';
import type { EnsembleSpec } from '../config/ensemble.js';
import { overrideProblem } from '../config/overrides.js';
import type { ServerSpec } from '../config/servers.js';
import { showOverrides } from './config-file.js';
import { anyFreePorts } from './free-port.js';
import type { Log } from './logger.js';
import { type BootMachine, type RunningServer, runServer } from './run-server.js';
import { exitCodes, StartError } from './start-error.js';

/** The servers of an ensemble, all in this process. */
export interface RunningEnsemble extends AsyncDisposable {
  /** What clients connect to: names every server. */
  readonly connectString: string;
  /** In the order of their numbers; observers come last. */
  readonly servers: readonly RunningServer[];
  /** Stops all of them. */
  close(): Promise<void>;
}

/** One server to run: its config, and how administrators may see that. */
export interface MemberConfig {
  readonly config: Config;
  readonly shown: string;
}

export interface RunEnsembleOptions {
  readonly boot: BootMachine;
  readonly log: Log;
  readonly storage?: 'memory';
}

/** How long the servers may take to agree on a leader and to serve. */
const START_LIMIT_MS = 60_000;
const LOOK_MS = 10;
const LOOPBACK = '127.0.0.1';

/**
 * Runs some servers of one ensemble in this process. Resolves when all of them serve.
 *
 * @throws StartError when one cannot start, or they do not agree on a leader; none is left then
 */
export async function runEnsemble(
  members: readonly MemberConfig[],
  { boot, log, storage }: RunEnsembleOptions,
): Promise<RunningEnsemble> {
  const servers: RunningServer[] = [];
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()));
  };
  try {
    for (const { config, shown } of members) {
      const { serverId } = config;
      const own: Log = (event) => log({ ...event, fields: { server: serverId, ...event.fields } });
      const options = { config, boot, log: own, shownConfig: shown };
      servers.push(await runServer(storage === undefined ? options : { ...options, storage }));
    }
    await untilServing(servers);
  } catch (error) {
    await close();
    throw error;
  }
  const connectString = servers.map((server) => server.connectString).join(',');
  return { servers, connectString, close, [Symbol.asyncDispose]: close };
}

async function untilServing(servers: readonly RunningServer[]): Promise<void> {
  const limit = performance.now() + START_LIMIT_MS;
  let end: string | undefined;
  for (const server of servers) {
    void server.ended.then(({ reason }) => {
      end ??= reason;
    });
  }
  while (!servers.every((server) => server.serving)) {
    if (end !== undefined) throw new StartError(`A server has ended: ${end}`, exitCodes.unexpected);
    if (performance.now() > limit) {
      const modes = servers.map(({ mode }) => mode).join(', ');
      const story = `The servers do not serve after ${START_LIMIT_MS} ms; they are ${modes}`;
      throw new StartError(story, exitCodes.unexpected);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

export interface EnsembleSettings {
  /** How many servers vote. */
  readonly servers: number;
  /** How many more only listen. */
  readonly observers: number;
  /**
   * Their settings. `dataDir` holds a folder for each, `clientPort` is that of the first, and
   * `auditFile` gets the number of each behind its name.
   */
  readonly overrides: ConfigOverrides;
  readonly isInMemory: boolean;
}

/** Where the servers of one ensemble on this machine listen; ports go up with their numbers. */
export interface LocalPorts {
  /** 0 when the system shall choose. */
  readonly client: number;
  readonly quorum: number;
  readonly election: number;
}

/** An ensemble whose servers are all on this machine, observers last. */
export function localEnsemble(voters: number, observers: number, ports: LocalPorts): EnsembleSpec {
  const servers = Array.from({ length: voters + observers }, (_, at): ServerSpec => {
    const own = { quorumPort: ports.quorum + at, electionPort: ports.election + at };
    const role = at < voters ? 'participant' : 'observer';
    const spec = { serverId: at + 1, addresses: [{ host: LOOPBACK, ...own }], role } as const;
    if (ports.client === 0) return spec;
    return { ...spec, client: { host: LOOPBACK, port: ports.client + at } };
  });
  return { servers, weights: new Map(), version: 0n };
}

/** Configs for an ensemble in this process. @throws StartError when the settings are wrong */
export async function memberConfigs(settings: EnsembleSettings): Promise<readonly MemberConfig[]> {
  const { servers, observers, isInMemory } = settings;
  const { clientPort = 2181, dataDir = 'data', ...more } = settings.overrides;
  const count = servers + observers;
  const isCount = Number.isInteger(servers) && servers >= 1;
  if (!isCount || !Number.isInteger(observers) || observers < 0) {
    const story = `There can be no ensemble of ${servers} servers and ${observers} observers`;
    throw new StartError(story, exitCodes.invocation);
  }
  const own = { clientPortAddress: LOOPBACK, ...(isInMemory ? inMemory : {}), ...more };
  const problem = overrideProblem({ clientPort, dataDir, ...own });
  if (problem !== undefined) throw new StartError(problem, exitCodes.invocation);
  const first = await anyFreePorts(LOOPBACK, 2 * count);
  const ports = { client: clientPort, quorum: first, election: first + count };
  const ensemble = localEnsemble(servers, observers, ports);
  return ensemble.servers.map(({ serverId }) => {
    const { auditFile } = own;
    const overrides: ConfigOverrides = {
      ...own,
      ...(auditFile !== undefined && { auditFile: `${auditFile}.server-${serverId}` }),
      serverId,
      ensemble,
      clientPort: clientPort === 0 ? 0 : clientPort + serverId - 1,
      dataDir: join(dataDir, String(serverId)),
    };
    try {
      return { config: defaultConfig(overrides), shown: showOverrides(overrides) };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new StartError(error.message, exitCodes.invocation, { cause: error });
    }
  });
}

/** Logs and snapshots that nobody will read again must not fill the memory. */
const inMemory: ConfigOverrides = { preAllocSize: 256, autopurgePurgeInterval: 60_000 };
