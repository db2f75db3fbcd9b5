import {
  clearScreenDown,
  createInterface,
  cursorTo,
  emitKeypressEvents,
  type Interface,
  moveCursor,
} from 'node:readline';
import { Writable } from 'node:stream';
import type { Colours } from './colours.js';
import type { ShellScreen } from './command.js';
import { complete } from './completion.js';
import { HISTORY_MAX, keepLine, readHistory, trimHistory } from './history-file.js';
import type { ShellSession } from './session.js';

/** The two ends of a terminal. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/** What the loop needs besides the terminal. */
export interface TerminalOptions {
  readonly colours: Colours;
  /** Where lines are kept; undefined to keep none. */
  readonly historyFile: string | undefined;
}

/**
 * A person at a terminal: reads lines, with history and completion, and runs them one after the
 * other. Ctrl-C ends the command that runs, or throws the line away; Ctrl-D ends the loop.
 *
 * What comes by itself, such as watch events, is printed above the line that is being typed.
 */
export class TerminalLoop {
  readonly #terminal: Terminal;
  readonly #options: TerminalOptions;
  readonly #waiting: string[] = [];
  #session!: ShellSession;
  #lines: Interface | undefined;
  #isBusy = false;
  #hasProgress = false;
  #hasComplained = false;
  #wake = (): void => {};
  #stopEcho = (): void => {};

  constructor(terminal: Terminal, options: TerminalOptions) {
    this.#terminal = terminal;
    this.#options = options;
  }

  /** Prints a line: above what is being typed, if nothing runs. */
  print(text: string): void {
    const { output } = this.#terminal;
    const lines = this.#lines;
    this.progress(undefined);
    if (lines === undefined || this.#isBusy) {
      output.write(`${text}\n`);
      return;
    }
    // What is typed may take several rows; the next drawing moves up by as many.
    const { rows } = lines.getCursorPos();
    moveCursor(output, 0, -rows);
    cursorTo(output, 0);
    clearScreenDown(output);
    output.write(`${text}\n${'\n'.repeat(rows)}`);
    lines.prompt(true);
  }

  /** Shows one line about long work, in the place of the one before. */
  progress(text: string | undefined): void {
    if (text === undefined && !this.#hasProgress) return;
    this.#terminal.output.write(`\r\x1b[K${text ?? ''}`);
    this.#hasProgress = text !== undefined;
  }

  /** The prompt shows the state of the session. */
  refresh(): void {
    const lines = this.#lines;
    if (lines === undefined) return;
    lines.setPrompt(this.#prompt());
    if (!this.#isBusy) lines.prompt(true);
  }

  /** Runs until the end. @returns the exit code of the last command */
  async run(session: ShellSession): Promise<number> {
    this.#session = session;
    const { historyFile } = this.#options;
    const lines = this.#open(historyFile === undefined ? [] : readHistory(historyFile));
    this.print(`Vivarium shell ${session.version}. Tab completes, help lists the commands.`);
    void session.connected().then(
      () => this.refresh(),
      (error: Error) => this.print(this.#options.colours.bad(error.message)),
    );
    let code = 0;
    const closed = new Promise<void>((resolve) => {
      lines.once('close', () => {
        this.#lines = undefined;
        resolve();
      });
    });
    for (;;) {
      const wasWaiting = this.#waiting.length > 0;
      const line = await this.#nextLine(closed);
      if (line === undefined) break;
      if (historyFile !== undefined && line.trim() !== '') this.#keep(historyFile, line);
      this.#isBusy = true;
      if (wasWaiting) this.print(`${this.#prompt()}${line}`);
      code = (await session.runLine(line)) ?? code;
      this.#isBusy = false;
      if (session.hasQuit) break;
    }
    if (!session.hasQuit) this.#terminal.output.write('\n');
    lines.close();
    this.#stopEcho();
    if (historyFile !== undefined) trimHistory(historyFile);
    return code;
  }

  #open(history: string[]): Interface {
    const lines = createInterface({
      input: this.#terminal.input,
      output: this.#echo(),
      terminal: true,
      history: history.reverse(),
      historySize: HISTORY_MAX,
      removeHistoryDuplicates: true,
      completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
        const { commands, client } = this.#session;
        void complete(line, commands, client).then(([candidates, word]) =>
          done(null, [[...candidates], word]),
        );
      },
    });
    this.#lines = lines;
    lines.setPrompt(this.#prompt());
    lines.on('SIGINT', () => this.#interrupt(lines));
    // What is typed while a command runs waits for its turn.
    lines.on('line', (line) => {
      this.#waiting.push(line);
      this.#wake();
    });
    return lines;
  }

  /** Where the line that is typed is drawn: nowhere while a command writes. */
  #echo(): NodeJS.WritableStream {
    const { output } = this.#terminal;
    const echo = new Writable({
      write: (part: Buffer, _encoding, done) => {
        if (!this.#isBusy) output.write(part);
        done();
      },
    });
    Object.defineProperty(echo, 'columns', { get: () => output.columns });
    const resized = () => void echo.emit('resize');
    output.on('resize', resized);
    this.#stopEcho = () => output.off('resize', resized);
    return echo;
  }

  #interrupt(lines: Interface): void {
    if (this.#session.interrupt()) return;
    const typed = lines.line;
    // Ctrl-E, then Ctrl-U: to the end, and everything away.
    lines.write(null, { ctrl: true, name: 'e' });
    lines.write(null, { ctrl: true, name: 'u' });
    this.print(`${this.#prompt()}${typed}^C`);
    if (typed === '') this.print('quit or Ctrl-D ends the shell');
  }

  /** The next line, or undefined when there is no more. */
  async #nextLine(closed: Promise<void>): Promise<string | undefined> {
    if (this.#waiting.length === 0 && this.#lines !== undefined) {
      const typed = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.refresh();
      await Promise.race([typed, closed]);
    }
    return this.#waiting.shift();
  }

  #keep(file: string, line: string): void {
    const problem = keepLine(file, line);
    if (problem === undefined || this.#hasComplained) return;
    this.#hasComplained = true;
    this.print(this.#options.colours.warn(problem));
  }

  /** In the form of zkCli's. */
  #prompt(): string {
    const { colours } = this.#options;
    const { server, stateText, lines } = this.#session;
    const paint = PAINTS[stateText] ?? 'bad';
    return `[zk: ${server}(${colours[paint](stateText)}) ${lines.length}] `;
  }
}

const PAINTS: Readonly<Record<string, 'good' | 'warn' | undefined>> = {
  CONNECTED: 'good',
  CONNECTEDREADONLY: 'warn',
  CONNECTING: 'warn',
};

/** The whole of a terminal, for one command. */
export function screenOf({ input, output }: Terminal, colours: boolean): ShellScreen {
  return {
    get columns() {
      return output.columns ?? 80;
    },
    get rows() {
      return output.rows ?? 24;
    },
    colours,
    write: (text) => void output.write(text),
    async take(onKey, work) {
      emitKeypressEvents(input);
      const others = input.listeners('keypress') as ((...args: unknown[]) => void)[];
      const listen = (text: string | undefined, key: { ctrl?: boolean; name?: string }) =>
        onKey(key.ctrl === true ? `ctrl-${key.name}` : (text ?? key.name ?? ''));
      const wasRaw = input.isRaw;
      for (const other of others) input.off('keypress', other);
      input.on('keypress', listen);
      input.setRawMode(true);
      input.resume();
      try {
        return await work();
      } finally {
        input.off('keypress', listen);
        for (const other of others) input.on('keypress', other);
        input.setRawMode(wasRaw);
        if (others.length === 0) input.pause();
      }
    },
  };
}
