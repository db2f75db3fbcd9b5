import { nearest } from '../../config/spelling.js';
import { exitCodes, StartError } from '../start-error.js';
import { version } from '../version.js';
import { CommandLineError, type World } from './world.js';

interface Command {
  readonly usage: string;
  readonly doc: string;
  readonly run: (words: readonly string[], world: World) => Promise<number>;
}

/**
 * Every command, in the order of the help. What a command needs is loaded when it is run: somebody
 * who asks a server something does not wait for the code of servers.
 */
const commands: Readonly<Record<string, Command>> = {
  start: {
    usage:
      'vivarium start [--port 2181] [--data data]\n' +
      '  vivarium start --single [--port 2181] [--data data/1]',
    doc: 'Try it: three servers for this machine, with their data in ./data, or a single one.',
    run: async (words, world) => (await import('./start.js')).startCommand(words, world),
  },
  ensemble: {
    usage:
      'vivarium ensemble [--servers 3|5|7] [--observers n] [--data data | --memory] [--port 2181]\n' +
      '         [--in-process]',
    doc: 'Run a whole ensemble on this machine, each server in a process of its own.',
    run: async (words, world) => (await import('./ensemble.js')).ensembleCommand(words, world),
  },
  server: {
    usage: 'vivarium server path/to/zoo.cfg',
    doc: 'Run one server in the foreground, from an ordinary zoo.cfg.',
    run: async (words, world) => (await import('./server.js')).serverCommand(words, world),
  },
  shell: {
    usage: 'vivarium shell [-server host:port] [--json] [command …]',
    doc: "zkCli's commands and more, at a prompt, one, or from a pipe; `shell help` lists them.",
    run: async (words, world) => {
      const { runShell } = await import('./shell/shell.js');
      const { stdout, stderr, env } = world;
      return runShell(words, {
        version,
        env,
        terminal: world.terminal,
        connect: (await import('../../client/connect.js')).connect,
        lines: () => world.lines(),
        out: (line) => stdout.write(`${line}\n`),
        err: (line) => stderr.write(`${line}\n`),
        progress: progressOn(world),
        onInterrupt: (callback) => world.onInterrupt(callback),
        exit: (code) => world.exit(code),
      });
    },
  },
  console: {
    usage: 'vivarium console -server host:port[,host:port] [--port 2180]',
    doc: 'The web console for servers of any kind, on this machine alone. Ours have it at /.',
    run: async (words, world) => (await import('./console.js')).consoleCommand(words, world),
  },
  inspect: {
    usage:
      'vivarium inspect log FILE… [--from ZXID] [--to ZXID] [--path P [-R]] [--session ID]\n' +
      '         [--data text|base64|hex] [--summary] [--json]\n' +
      '  vivarium inspect log --repair FILE | --chop ZXID FILE\n' +
      '  vivarium inspect snapshot FILE [--path P] [-d] [--data text|base64|hex] [--json]\n' +
      '  vivarium inspect snapshot FILE --summary [--path P] [--depth N] [--json]\n' +
      '  vivarium inspect compare A B [--bytes N] [--nodes N] [--json]',
    doc: 'Show what stands in logs and snapshots, also of Apache ZooKeeper, and what is wrong there.',
    run: async (words, world) => {
      return (await import('./inspect/inspect.js')).inspectCommand(words, world);
    },
  },
  backup: {
    usage: 'vivarium backup --from host:port --user NAME [--stdin] FILE',
    doc:
      'Take a backup of a server that runs: the tree of one transaction, checked. The password of ' +
      'the administrator comes in VIVARIUM_PASSWORD, or from standard input.',
    run: async (words, world) => {
      return (await import('./backup/backup-command.js')).backupCommand(words, world);
    },
  },
  restore: {
    usage: 'vivarium restore FILE --data FOLDER [--data-log FOLDER]',
    doc: 'Make a data folder of a backup, on each server of an ensemble while none runs.',
    run: async (words, world) => {
      return (await import('./backup/restore-command.js')).restoreCommand(words, world);
    },
  },
  'admin-user': {
    usage: 'vivarium admin-user NAME [--stdin]',
    doc:
      'Make the zoo.cfg line of an administrator, with a new password, or one from standard ' +
      'input.',
    run: async (words, world) => (await import('./admin-user.js')).adminUserCommand(words, world),
  },
  example: {
    usage: 'vivarium example [name] [--json]',
    doc: 'Play a page of the cookbook here: three servers, some programs, and a failure.',
    run: async (words, world) => (await import('./example.js')).exampleCommand(words, world),
  },
  version: {
    usage: 'vivarium version',
    doc: 'Print the version.',
    run: async (_words, world) => {
      world.stdout.write(`${version}\n`);
      return exitCodes.ok;
    },
  },
  help: {
    usage: 'vivarium help',
    doc: 'Print this.',
    run: async (_words, world) => {
      world.stdout.write(helpText());
      return exitCodes.ok;
    },
  },
};

const otherNames: Readonly<Record<string, string>> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-v': 'version',
};

/**
 * Runs the command that `words` name and says on standard error what went wrong.
 *
 * @param words the command line without the program's own name
 * @returns the exit code, as ZooKeeper's
 */
export async function runCommandLine(words: readonly string[], world: World): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined) {
    world.stderr.write(helpText());
    return exitCodes.invocation;
  }
  const command = commands[otherNames[name] ?? name];
  if (command === undefined) return unknownCommand(name, world);
  if (name !== 'shell' && rest.some((word) => word === '--help' || word === '-h')) {
    world.stdout.write(`${command.usage}\n  ${command.doc}\n`);
    return exitCodes.ok;
  }
  try {
    return await command.run(rest, world);
  } catch (error) {
    return failed(error, command, world);
  }
}

/** One line of a terminal that is written over again and again; nothing in scripts. */
function progressOn({ stderr, isWatched }: World): (text: string | undefined) => void {
  let isShown = false;
  return (text) => {
    if (!isWatched || (text === undefined && !isShown)) return;
    stderr.write(`\r\x1b[K${text ?? ''}`);
    isShown = text !== undefined;
  };
}

function unknownCommand(name: string, world: World): number {
  const like = nearest(name, Object.keys(commands));
  const hint = like === undefined ? '' : ` Did you mean ${like}?`;
  world.stderr.write(`vivarium: there is no command ${JSON.stringify(name)}.${hint}\n`);
  world.stderr.write(`\n${helpText()}`);
  return exitCodes.invocation;
}

function failed(error: unknown, command: Command, world: World): number {
  if (error instanceof StartError) {
    for (const line of error.message.split('\n')) world.stderr.write(`vivarium: ${line}\n`);
    return error.exitCode;
  }
  if (error instanceof CommandLineError || isArgumentError(error)) {
    world.stderr.write(`vivarium: ${(error as Error).message}\nUsage: ${command.usage}\n`);
    return exitCodes.invocation;
  }
  const story = error instanceof Error ? (error.stack ?? error.message) : String(error);
  world.stderr.write(`vivarium: unexpected: ${story}\n`);
  return exitCodes.unexpected;
}

/** An error of `parseArgs`. */
function isArgumentError(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS_');
}

function helpText(): string {
  const rows = Object.values(commands).map(({ usage, doc }) => `  ${usage}\n      ${doc}\n`);
  return `Vivarium ${version}, a coordination service that speaks ZooKeeper.\n\n${rows.join('\n')}`;
}
