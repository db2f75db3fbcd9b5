import { parseArgs } from 'node:util';
import { parseConnectString } from '../../client/connect-string.js';
import { int } from '../../config/option-kinds.js';
import { findFreePorts } from '../free-port.js';
import { startRelay } from '../relay.js';
import { exitCodes, StartError, systemCode } from '../start-error.js';
import { CommandLineError, type World } from './world.js';

/** Where the page is unless another port is asked for, or the next free one after it. */
const USUAL_CONSOLE_PORT = 2180;
const PORTS_TRIED = 100;

/** Serves the console on loopback for an ensemble of any kind, until it is told to stop. */
export async function consoleCommand(words: readonly string[], world: World): Promise<number> {
  const { values } = parseArgs({
    args: words.map((word) => (word === '-server' ? '--server' : word)),
    options: { server: { type: 'string' }, port: { type: 'string' } },
  });
  if (values.server === undefined) {
    throw new CommandLineError('Name the servers: -server host:port,host:port');
  }
  const servers = serversOf(values.server);
  const relay = await startAt(servers, values.port);
  const url = `http://127.0.0.1:${relay.port}/`;
  world.stdout.write(`  The console for ${values.server} is at ${url}   Ctrl-C stops it.\n`);
  await new Promise<void>((resolve) => {
    const forget = world.onStopRequest(() => {
      forget();
      resolve();
    });
  });
  await relay.close();
  return exitCodes.ok;
}

function serversOf(text: string) {
  const { servers, chroot } = destinationOf(text);
  const foreign = servers.find(({ protocol }) => protocol !== 'tcp');
  if (foreign !== undefined) {
    throw new CommandLineError(`${text}: servers are reached by TCP; give host:port,host:port`);
  }
  if (chroot !== '') {
    throw new CommandLineError(`${text}: the console shows the whole tree; leave ${chroot} out`);
  }
  return servers;
}

function destinationOf(text: string) {
  try {
    return parseConnectString(text, 'console');
  } catch (error) {
    throw new CommandLineError((error as Error).message);
  }
}

async function startAt(servers: ReturnType<typeof serversOf>, text: string | undefined) {
  const port = text === undefined ? await usualPort() : readPort(text);
  try {
    return await startRelay({ servers, port });
  } catch (error) {
    if (systemCode(error) !== 'EADDRINUSE') throw error;
    const story = `Port ${port} of 127.0.0.1 is taken. Name another with --port.`;
    throw new StartError(story, exitCodes.invocation, { cause: error });
  }
}

async function usualPort(): Promise<number> {
  const free = await findFreePorts('127.0.0.1', USUAL_CONSOLE_PORT, 1, PORTS_TRIED);
  return free ?? USUAL_CONSOLE_PORT;
}

function readPort(text: string): number {
  const kind = int({ min: 0, max: 65_535 });
  const port = kind.parse(text)?.value;
  if (port !== undefined) return port;
  throw new CommandLineError(`--port ${text} is not allowed; allowed: ${kind.allowed}`);
}
