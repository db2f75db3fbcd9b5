/** What a program may import from `@vivarium/core/server`: servers inside the own process. */
import { type Config, type ConfigOverrides, defaultConfig } from '../config/config.js';
import { overrideProblem } from '../config/overrides.js';
import { bootServer } from '../peer/boot-server.js';
import { showOverrides } from './config-file.js';
import { memberConfigs, type RunningEnsemble, runEnsemble } from './ensemble.js';
import { type LogStream, serverLogger } from './logger.js';
import { type RunningServer, runServer } from './run-server.js';
import { exitCodes, StartError } from './start-error.js';

export type { Config, ConfigOverrides } from '../config/config.js';
export type { EnsembleSpec } from '../config/ensemble.js';
export type { ClientAddress, ServerAddress, ServerSpec } from '../config/servers.js';
export type { ServerEnd } from './driver.js';
export type { RunningEnsemble } from './ensemble.js';
export type { RunningServer } from './run-server.js';
export { StartError } from './start-error.js';

/** Settings of a server, by the names in the options reference, and where it logs to. */
export interface ServerOptions extends ConfigOverrides {
  /** Takes the log, in the form that `logFormat` says. Default: standard error. */
  readonly logTo?: LogStream;
}

/**
 * Starts a server in this process. It listens to 127.0.0.1 unless `clientPortAddress` says
 * otherwise, on port 2181 unless `clientPort` does (0: any free one), with its data in `dataDir`
 * (`data/1`). Close it before the process ends; whatever it acknowledged is durable in any case.
 *
 * @throws StartError when it cannot start, with what to do about it
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const { logTo = process.stderr, ...chosen } = options;
  const overrides = { clientPortAddress: '127.0.0.1', ...chosen };
  const config = checkedConfig(overrides);
  const log = serverLogger(config, logTo);
  return runServer({ config, boot: bootServer, log, shownConfig: showOverrides(overrides) });
}

/** Settings of an ensemble in this process; those of servers hold for each of them. */
export interface EnsembleOptions extends Omit<ServerOptions, 'ensemble' | 'serverId'> {
  /** How many servers vote: an odd number. Default: 3. */
  readonly servers?: number;
  /** How many more servers only listen, for more reads. Default: none. */
  readonly observers?: number;
  /** Whether the data is kept in memory, and ends with the servers. Default: false. */
  readonly memory?: boolean;
}

/**
 * Starts an ensemble in this process, for this machine: its servers listen to 127.0.0.1, on ports
 * from `clientPort` on (2181; 0: any free ones), with their data in folders of their numbers below
 * `dataDir` (`data`). Resolves when they have a leader and serve. For an ensemble that survives the
 * loss of a machine, run one server on each, as the guide on running says.
 *
 * @throws StartError when it cannot start, with what to do about it
 */
export async function startEnsemble(options: EnsembleOptions = {}): Promise<RunningEnsemble> {
  const { logTo = process.stderr, servers = 3, observers = 0, memory = false, ...chosen } = options;
  const isInMemory = memory;
  const members = await memberConfigs({ servers, observers, overrides: chosen, isInMemory });
  const run = { boot: bootServer, log: serverLogger(members[0]!.config, logTo) };
  return runEnsemble(members, memory ? { ...run, storage: 'memory' } : run);
}

/** Programs in plain JavaScript have no compiler that would find a wrong name or value. */
function checkedConfig(overrides: ConfigOverrides): Config {
  const problem = overrideProblem(overrides);
  if (problem !== undefined) throw new StartError(problem, exitCodes.invocation);
  try {
    return defaultConfig(overrides);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new StartError(error.message, exitCodes.invocation, { cause: error });
  }
}
