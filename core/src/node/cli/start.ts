import { parseArgs } from 'node:util';
import { type ConfigOverrides, defaultConfig } from '../../config/config.js';
import { int } from '../../config/option-kinds.js';
import { showOverrides } from '../config-file.js';
import { createLogger } from '../logger.js';
import { type RunningServer, runServer } from '../run-server.js';
import { exitCodes } from '../start-error.js';
import { version } from '../version.js';
import { ensembleCommand } from './ensemble.js';
import { USUAL_PORT } from './ensemble-files.js';
import { untilStopped } from './until-stopped.js';
import { CommandLineError, type World } from './world.js';

const SINGLE = '--single';

/** How far from the usual port a free one is looked for. */
const PORTS_TRIED = 100;

/**
 * For somebody who wants to try it: an ensemble of three servers on this machine, or a single
 * server, with everything on that a developer may want to see, and with words on how to go on.
 */
export function startCommand(words: readonly string[], world: World): Promise<number> {
  if (!words.includes(SINGLE)) return ensembleCommand(words, world);
  return startSingle(
    words.filter((word) => word !== SINGLE),
    world,
  );
}

async function startSingle(words: readonly string[], world: World): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: { port: { type: 'string' }, data: { type: 'string' } },
  });
  if (values.data === '') throw new CommandLineError('--data needs the name of a folder');
  const overrides: ConfigOverrides = {
    clientPort: readPort(values.port),
    clientPortAddress: '127.0.0.1',
    dataDir: values.data ?? 'data/1',
    fourLetterWords: ['*'],
    allowLoopbackOrigins: true,
  };
  const config = defaultConfig(overrides);
  const log = createLogger({ level: config.logLevel, stream: world.stderr, format: 'text' });
  const server = await runServer({
    config,
    boot: await world.loadBoot(),
    log,
    shownConfig: showOverrides(overrides),
    portsTried: values.port === undefined ? PORTS_TRIED : 1,
  });
  /* Before it is said that it runs: whoever reads that may ask it to stop at once. */
  const ending = untilStopped(server, world, () => world.stdout.write('\n'));
  world.stdout.write(welcome(server, config.clientPort, world.stdout.isTTY === true));
  const { code, reason } = await ending;
  if (code === exitCodes.ok) {
    const story = `  Stopped. All that was acknowledged is in ${server.dataDir}\n`;
    world.stdout.write(story);
  } else {
    world.stderr.write(`vivarium: the server has ended: ${reason}\n`);
  }
  return code;
}

function readPort(text: string | undefined): number {
  if (text === undefined) return USUAL_PORT;
  const kind = int({ min: 0, max: 65_535 });
  const port = kind.parse(text)?.value;
  if (port !== undefined) return port;
  throw new CommandLineError(`--port ${text} is not allowed; allowed: ${kind.allowed}`);
}

/** What a person reads first. */
function welcome(server: RunningServer, wanted: number, isTerminal: boolean): string {
  const { connectString, port, dataDir } = server;
  const useColors = isTerminal && (process.env.NO_COLOR ?? '') === '';
  const bold = (text: string) => (useColors ? `\x1b[1m${text}\x1b[22m` : text);
  const dim = (text: string) => (useColors ? `\x1b[2m${text}\x1b[22m` : text);
  const moved = wanted === port || wanted === 0 ? '' : `   (port ${wanted} is taken)`;
  const shell = `npx vivarium shell${port === USUAL_PORT ? '' : ` -server ${connectString}`}`;
  return `
  ${bold(`Vivarium ${version}`)} is running. Ctrl-C stops it.

    ${dim('connect')}  ${bold(connectString)}${moved}
    ${dim('data')}     ${dataDir}
    ${dim('console')}  http://${connectString}/   and for machines /commands, /metrics

  Try it in another terminal:

    ${shell} create /hello world
    ${shell} get /hello

  or in a program, say try.mjs in this folder, run with ${bold('node try.mjs')}:

    import { connect } from '@vivarium/core';
    const zk = await connect('${connectString}');
    zk.children$('/').subscribe((now) => console.log(now.children));

`;
}
