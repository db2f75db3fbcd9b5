import type { Client, ConnectOptions } from '../../../client/api.js';
import { readShellOptions, type ShellOptions } from './arguments.js';
import { coloursOf, refusesColours } from './colours.js';
import { exitCodeOf, failureText, shellExitCodes } from './failure.js';
import { historyFile } from './history-file.js';
import { ShellSession } from './session.js';
import { screenOf, type Terminal, TerminalLoop } from './terminal.js';

/** What the shell needs of its surroundings. */
export interface ShellHost {
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a person sits; undefined in scripts. */
  readonly terminal?: Terminal | undefined;
  connect(connectString: string, options: ConnectOptions): Promise<Client>;
  /** Lines of standard input, asked for only when the command line names no command. */
  lines(): AsyncIterable<string>;
  out(line: string): void;
  err(line: string): void;
  /** Shows how far long work is; only where a person looks on. */
  progress(text: string | undefined): void;
  /** Calls back for each request to stop; returns what ends that. */
  onInterrupt(callback: () => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/**
 * Runs `vivarium shell`: the command named in `words`, or one a line from standard input, or a
 * person at a terminal. A line that fails does not stop the ones after it.
 *
 * @param words what stands after `shell` on the command line
 * @returns the highest exit code of all commands; at a terminal, that of the last
 */
export async function runShell(words: readonly string[], host: ShellHost): Promise<number> {
  let options: ShellOptions;
  try {
    options = readShellOptions(words);
  } catch (error) {
    host.err(failureText(error, ''));
    return exitCodeOf(error);
  }
  const isTyped = options.words.length === 0 && host.terminal !== undefined;
  return isTyped ? atTerminal(options, host, host.terminal) : inScript(options, host);
}

async function inScript(options: ShellOptions, host: ShellHost): Promise<number> {
  const { terminal } = host;
  const colours = options.colours && !refusesColours(host.env);
  const screen = terminal === undefined ? undefined : screenOf(terminal, colours);
  const session = new ShellSession(options, {
    version: host.version,
    connect: host.connect,
    out: host.out,
    err: host.err,
    fail: host.err,
    progress: host.progress,
    screen,
  });
  let isStopped = false;
  const forget = host.onInterrupt(() => {
    const end = () => host.exit(shellExitCodes.interrupted.code);
    // Who asks a second time does not want to wait.
    if (isStopped) end();
    else if (!session.interrupt()) void session.close().then(end, end);
    isStopped = true;
  });
  try {
    if (options.words.length > 0) return await session.run(options.words);
    let worst: number = shellExitCodes.ok.code;
    for await (const line of host.lines()) {
      worst = Math.max(worst, (await session.runLine(line)) ?? 0);
      if (session.hasQuit || isStopped) break;
    }
    return worst;
  } finally {
    await session.close();
    forget();
  }
}

async function atTerminal(
  options: ShellOptions,
  host: ShellHost,
  terminal: Terminal,
): Promise<number> {
  const hasColours = options.colours && !refusesColours(host.env);
  const colours = coloursOf(hasColours);
  const file = options.history ? historyFile(host.env) : undefined;
  const loop = new TerminalLoop(terminal, { colours, historyFile: file });
  const session = new ShellSession(options, {
    version: host.version,
    connect: host.connect,
    out: (line) => loop.print(line),
    err: (line) => loop.print(colours.dim(line)),
    fail: (line) => loop.print(colours.bad(line)),
    progress: (text) => loop.progress(text),
    screen: screenOf(terminal, hasColours),
    onStateChange: () => loop.refresh(),
  });
  const forget = host.onInterrupt(() => {
    session.interrupt();
    host.exit(shellExitCodes.interrupted.code);
  });
  try {
    return await loop.run(session);
  } finally {
    await session.close();
    forget();
  }
}
