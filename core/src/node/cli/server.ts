import { parseArgs } from 'node:util';
import { readConfigFile } from '../config-file.js';
import { serverLogger } from '../logger.js';
import { runServer } from '../run-server.js';
import { exitCodes } from '../start-error.js';
import { version } from '../version.js';
import { untilStopped } from './until-stopped.js';
import { CommandLineError, type World } from './world.js';

/** Runs one server in the foreground, from a `zoo.cfg`, until it is told to stop. */
export async function serverCommand(words: readonly string[], world: World): Promise<number> {
  const { positionals } = parseArgs({ args: [...words], allowPositionals: true, options: {} });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) {
    throw new CommandLineError('Name one config file.');
  }
  const { config, shown, warnings } = readConfigFile(path);
  const log = serverLogger(config, world.stderr);
  for (const message of warnings) log({ level: 'warn', event: 'config.warning', message });
  const server = await runServer({ config, boot: await world.loadBoot(), log, shownConfig: shown });
  /* Before it is said that it serves: whoever reads that may ask it to stop at once. */
  const ending = untilStopped(server, world, (signal) => {
    log({ level: 'info', event: 'server.stopping', message: `stopping on ${signal}` });
  });
  log({
    level: 'info',
    event: 'server.started',
    message: `Vivarium ${version} serves ${server.connectString}, data in ${server.dataDir}`,
    fields: { port: server.port, dataDir: server.dataDir, pid: process.pid },
  });
  const { code, reason } = await ending;
  const level = code === exitCodes.ok ? 'info' : 'error';
  const message = `the server has ended: ${reason}`;
  log({ level, event: 'server.ended', message, fields: { code } });
  return code;
}
