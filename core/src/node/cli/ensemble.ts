import { parseArgs } from 'node:util';
import type { LogEvent } from '../../base/log-event.js';
import { int } from '../../config/option-kinds.js';
import { readConfigFile } from '../config-file.js';
import { memberConfigs, type RunningEnsemble, runEnsemble } from '../ensemble.js';
import { createLogger, type Log } from '../logger.js';
import { exitCodes } from '../start-error.js';
import { type EnsembleSeats, prepareEnsemble, USUAL_PORT } from './ensemble-files.js';
import {
  type EnsembleMember,
  launchMembers,
  type MemberNews,
  ownMembers,
} from './ensemble-members.js';
import { EnsembleWatch } from './ensemble-watch.js';
import { welcomeToEnsemble } from './ensemble-welcome.js';
import { CommandLineError, type World } from './world.js';

const USUAL_FOLDER = 'data';
const VOTERS = ['3', '5', '7'];
const MAX_OBSERVERS = 32;

/** What the command line asks for. */
interface Wishes {
  readonly voters: number | undefined;
  readonly observers: number | undefined;
  readonly port: number | undefined;
  readonly folder: string;
  readonly isInMemory: boolean;
  readonly isInProcess: boolean;
}

/**
 * Runs an ensemble on this machine, for somebody who wants to try it: each server in a process of
 * its own, unless it is told otherwise.
 */
export async function ensembleCommand(words: readonly string[], world: World): Promise<number> {
  const wishes = readWishes(words);
  const log = createLogger({ level: 'info', stream: world.stderr, format: 'text' });
  const watch = new EnsembleWatch(world, log);
  const forget = world.onStopRequest((signal) => watch.stop(signal));
  try {
    const { members, seats } = await begin(wishes, world, watch);
    if (await watch.begin(members)) {
      const port = wishes.port ?? USUAL_PORT;
      const isTerminal = world.stdout.isTTY === true;
      const modes = await watch.modes();
      world.stdout.write(welcomeToEnsemble({ members, modes, seats, port, isTerminal }));
      watch.tellOfLeaders();
    }
    const code = await watch.ended();
    if (code === exitCodes.ok && seats !== undefined) {
      world.stdout.write(`  Stopped. All that was acknowledged is in ${seats.folder}\n`);
    }
    return code;
  } finally {
    forget();
  }
}

interface Begun {
  readonly members: readonly EnsembleMember[];
  /** Where the data is; undefined when it is in memory. */
  readonly seats: EnsembleSeats | undefined;
}

async function begin(wishes: Wishes, world: World, news: MemberNews): Promise<Begun> {
  if (wishes.isInMemory) {
    return { members: ownMembers(await runInMemory(wishes, world, news)), seats: undefined };
  }
  const { voters, observers, port, folder } = wishes;
  const seats = await prepareEnsemble({
    folder,
    ...(voters === undefined ? {} : { voters }),
    ...(observers === undefined ? {} : { observers }),
    ...(port === undefined ? {} : { port }),
  });
  if (!wishes.isInProcess) return { members: launchMembers(seats.seats, world, news), seats };
  const configs = seats.seats.map(({ configFile }) => readConfigFile(configFile));
  const running = await runEnsemble(configs, { boot: await world.loadBoot(), log: logTo(news) });
  return { members: ownMembers(running), seats };
}

async function runInMemory(
  wishes: Wishes,
  world: World,
  news: MemberNews,
): Promise<RunningEnsemble> {
  const configs = await memberConfigs({
    servers: wishes.voters ?? Number(VOTERS[0]),
    observers: wishes.observers ?? 0,
    isInMemory: true,
    overrides: {
      tickTime: 2000,
      clientPort: wishes.port ?? USUAL_PORT,
      fourLetterWords: ['*'],
      allowLoopbackOrigins: true,
    },
  });
  return runEnsemble(configs, {
    boot: await world.loadBoot(),
    log: logTo(news),
    storage: 'memory',
  });
}

/** The events of servers in this process, as members in processes of their own tell them. */
function logTo(news: MemberNews): Log {
  return (event: LogEvent) => news.happened(Number(event.fields?.server), event);
}

function readWishes(words: readonly string[]): Wishes {
  const { values } = parseArgs({
    args: [...words],
    options: {
      servers: { type: 'string' },
      observers: { type: 'string' },
      port: { type: 'string' },
      data: { type: 'string' },
      memory: { type: 'boolean', default: false },
      'in-process': { type: 'boolean', default: false },
    },
  });
  if (values.servers !== undefined && !VOTERS.includes(values.servers)) {
    throw new CommandLineError(`--servers ${values.servers} is not allowed; allowed: 3, 5, 7`);
  }
  if (values.data === '') throw new CommandLineError('--data needs the name of a folder');
  if (values.memory && values.data !== undefined) {
    throw new CommandLineError('--memory keeps no data: leave --data out');
  }
  return {
    voters: values.servers === undefined ? undefined : Number(values.servers),
    observers: readNumber('observers', values.observers, MAX_OBSERVERS),
    port: readNumber('port', values.port, 65_535),
    folder: values.data ?? USUAL_FOLDER,
    isInMemory: values.memory,
    isInProcess: values['in-process'],
  };
}

function readNumber(name: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const kind = int({ min: 0, max });
  const value = kind.parse(text)?.value;
  if (value !== undefined) return value;
  throw new CommandLineError(`--${name} ${text} is not allowed; allowed: ${kind.allowed}`);
}
