/** What a program may import from `@vivarium/core/server`: a server inside the own process. */
import { type Config, type ConfigOverrides, defaultConfig } from '../config/config.js';
import { overrideProblem } from '../config/overrides.js';
import { bootServer } from '../peer/boot-server.js';
import { showOverrides } from './config-file.js';
import { createLogger, type LogStream } from './logger.js';
import { type RunningServer, runServer } from './run-server.js';
import { exitCodes, StartError } from './start-error.js';

export type { Config, ConfigOverrides } from '../config/config.js';
export type { ServerEnd } from './driver.js';
export type { RunningServer } from './run-server.js';
export { StartError } from './start-error.js';

/** Settings of a server, by the names in the options reference, and where it logs to. */
export interface ServerOptions extends ConfigOverrides {
  /** Takes the log, one JSON object a line. Default: standard error. */
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
  const log = createLogger({ level: config.logLevel, stream: logTo });
  return runServer({ config, boot: bootServer, log, shownConfig: showOverrides(overrides) });
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
