import type { Client, ConnectOptions, WatchEvent } from '../../client/api.js';
import { isZkError } from '../../client/errors.js';
import type { ShellOptions } from './shell-arguments.js';
import { readArguments, readShellOptions, splitLine, UsageError } from './shell-arguments.js';
import { findShellCommand, helpText, type ShellOutput, versionText } from './shell-commands.js';
import { failureText } from './shell-format.js';

/** Exit codes: all done; a command failed or no server answered; wrong use, nothing was sent. */
export const SHELL_OK = 0;
export const SHELL_FAILED = 1;
export const SHELL_USAGE = 2;

/** What the shell needs of its surroundings. */
export interface ShellHost extends ShellOutput {
  readonly version: string;
  connect(connectString: string, options: ConnectOptions): Promise<Client>;
  /** Lines of standard input, asked for only when the command line names no command. */
  lines(): AsyncIterable<string>;
}

/**
 * Runs `vivarium shell`: the command named in `words`, or one a line from standard input. A line
 * that fails does not stop the ones after it.
 *
 * @param words what stands after `shell` on the command line
 * @returns the highest exit code of all commands
 */
export async function runShell(words: readonly string[], host: ShellHost): Promise<number> {
  let options: ShellOptions;
  try {
    options = readShellOptions(words);
  } catch (error) {
    host.err(failureText(error, ''));
    return SHELL_USAGE;
  }
  const shell = new Shell(options, host);
  try {
    if (options.words.length > 0) return await shell.run(options.words);
    let worst = SHELL_OK;
    for await (const line of host.lines()) {
      const command = splitLine(line);
      if (command.length === 0 || command[0]!.startsWith('#')) continue;
      if (command[0] === 'quit') break;
      worst = Math.max(worst, await shell.run(command));
    }
    return worst;
  } finally {
    await shell.close();
  }
}

/** One session's worth of commands; connects when the first of them needs a server. */
class Shell {
  readonly #options: ShellOptions;
  readonly #host: ShellHost;
  #client: Client | undefined;

  constructor(options: ShellOptions, host: ShellHost) {
    this.#options = options;
    this.#host = host;
  }

  /** Runs one command and says what went wrong. Never throws. */
  async run([name = '', ...words]: readonly string[]): Promise<number> {
    try {
      if (name === 'help') this.#host.out(helpText());
      else if (name === 'version') this.#host.out(versionText(this.#host.version));
      else await this.#runOnServer(name, words);
      return SHELL_OK;
    } catch (error) {
      this.#host.err(failureText(error, words.find((word) => word.startsWith('/')) ?? ''));
      return error instanceof UsageError ? SHELL_USAGE : SHELL_FAILED;
    }
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }

  async #runOnServer(name: string, words: readonly string[]): Promise<void> {
    const command = findShellCommand(name);
    const { flags, rest } = readArguments(words, command.flags);
    const [least, most] = command.words;
    if (rest.length < least || rest.length > most) {
      throw new UsageError(`usage: ${name} ${command.usage}`.trimEnd());
    }
    const client = await this.#connected();
    const watch = flags.has('w') ? () => {} : undefined;
    await command.run({ client, output: this.#host, flags, rest, watch });
  }

  async #connected(): Promise<Client> {
    if (this.#client !== undefined) return this.#client;
    const { server, timeoutMs, readOnly } = this.#options;
    const options = { sessionTimeoutMs: timeoutMs, connectTimeoutMs: timeoutMs, readOnly };
    const client = await this.#host.connect(server, options).catch((error: unknown) => {
      // A connect string that is none: no server was asked.
      throw isZkError(error, 'BAD_ARGUMENTS') ? new UsageError(error.message) : error;
    });
    client.events$.subscribe((event) => this.#host.out(eventText(event)));
    this.#client = client;
    return client;
  }
}

/** A watch event in zkCli's words. */
function eventText({ type, path, zxid }: WatchEvent): string {
  const name = type[0]!.toUpperCase() + type.slice(1);
  return `\nWATCHER::\n\nWatchedEvent state:SyncConnected type:${name} path:${path} zxid: ${zxid}`;
}
