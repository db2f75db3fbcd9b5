import type { AddWatchMode, Client, ClientState, ConnectOptions } from '../../../client/api.js';
import { parseConnectString } from '../../../client/connect-string.js';
import { isZkError } from '../../../client/errors.js';
import { readArguments, type ShellOptions, splitLine, UsageError } from './arguments.js';
import type { OwnCall, ShellCommand, ShellControl, ShellOutput, ShellScreen } from './command.js';
import { findShellCommand, shellCommands } from './commands.js';
import {
  exitCodeOf,
  failureDocument,
  failureText,
  Interrupted,
  ShellFailure,
  shellExitCodes,
} from './failure.js';
import { interruptible } from './interruptible.js';
import { eventShape, eventText } from './watches.js';
import { whyNoServer } from './why-no-server.js';

/** What a session of the shell needs of its surroundings. */
export interface SessionHost extends ShellOutput {
  readonly version: string;
  connect(connectString: string, options: ConnectOptions): Promise<Client>;
  readonly screen?: ShellScreen | undefined;
  /** Says that a command failed, and why. */
  fail(line: string): void;
  /** Something that the prompt shows has changed. */
  onStateChange?(): void;
}

/** The longest answer that is taken: a list of a few hundred thousand children. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/**
 * The commands of one run, over one client at a time; connects when the first of them needs a
 * server. Commands run one after the other.
 */
export class ShellSession implements ShellControl {
  readonly version: string;
  readonly commands = shellCommands;
  readonly lines: string[] = [];
  readonly persistentWatches = new Set<string>();
  printWatches = true;
  /** The loop of lines is to end. */
  hasQuit = false;
  readonly #options: ShellOptions;
  readonly #host: SessionHost;
  #server: string;
  #client: Client | undefined;
  /** While it connects. */
  #opening: { readonly client: Promise<Client>; readonly stopping: AbortController } | undefined;
  #isClosed = false;
  /** Of the command that runs. */
  #running: AbortController | undefined;

  constructor(options: ShellOptions, host: SessionHost) {
    this.#options = options;
    this.#host = host;
    this.#server = options.server;
    this.version = host.version;
  }

  get server(): string {
    return this.#server;
  }

  get screen(): ShellScreen | undefined {
    return this.#host.screen;
  }

  get client(): Client | undefined {
    return this.#client;
  }

  /** As zkCli's prompt says it. */
  get stateText(): string {
    if (this.#isClosed) return 'CLOSED';
    const state = this.#client?.state;
    if (state === undefined || state.type === 'connecting' || state.type === 'not-connected') {
      return 'CONNECTING';
    }
    if (state.type === 'closed') return state.detail === 'authFailed' ? 'AUTH_FAILED' : 'CLOSED';
    return state.detail === 'readOnly' ? 'CONNECTEDREADONLY' : 'CONNECTED';
  }

  /** Runs a line as it was typed. @returns its exit code, or undefined for an empty one */
  async runLine(line: string): Promise<number | undefined> {
    const words = splitLine(line);
    if (words.length === 0 || words[0]!.startsWith('#')) return undefined;
    this.lines.push(line);
    return this.run(words);
  }

  /** Runs one command and says what went wrong. Never throws. */
  async run(words: readonly string[]): Promise<number> {
    const running = new AbortController();
    this.#running = running;
    try {
      await this.#dispatch(words, running.signal);
      return shellExitCodes.ok.code;
    } catch (error) {
      this.#host.progress(undefined);
      const isJson = this.#options.json || words.includes('--json');
      const path = words.find((word) => word.startsWith('/')) ?? '';
      const text = failureText(error, path);
      if (isJson) this.#host.fail(JSON.stringify(failureDocument(error, path)));
      else if (text !== '') this.#host.fail(text);
      return exitCodeOf(error);
    } finally {
      this.#host.progress(undefined);
      this.#running = undefined;
    }
  }

  /** Ends the command that runs, if one does. */
  interrupt(): boolean {
    if (this.#running === undefined) return false;
    this.#running.abort(new Interrupted());
    return true;
  }

  quit(): void {
    this.hasQuit = true;
  }

  async redo(line: string): Promise<void> {
    this.lines[this.lines.length - 1] = line;
    await this.#dispatch(splitLine(line), this.#running!.signal);
  }

  async connect(server = this.#server): Promise<void> {
    try {
      parseConnectString(server);
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
    await this.close();
    this.#server = server;
    this.#isClosed = false;
    await this.connected(this.#running?.signal);
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#isClosed = true;
    this.#opening?.stopping.abort(new ShellFailure('Not connected', 'noAnswer'));
    this.#opening = undefined;
    this.persistentWatches.clear();
    await client?.close();
    this.#host.onStateChange?.();
  }

  /**
   * The client, connected at least once. Whoever asks while it connects waits for the same one.
   *
   * @throws ShellFailure when nobody answers; the signal's reason
   */
  async connected(signal?: AbortSignal): Promise<Client> {
    if (this.#client !== undefined && this.#client.state.type !== 'closed') return this.#client;
    if (this.#isClosed) throw new ShellFailure('Not connected', 'noAnswer');
    if (this.#opening === undefined) {
      const stopping = new AbortController();
      const client = this.#open(stopping.signal).finally(() => {
        if (this.#opening?.stopping === stopping) this.#opening = undefined;
      });
      this.#opening = { client, stopping };
    }
    const { client } = this.#opening;
    return signal === undefined ? client : orAborted(client, signal);
  }

  async #open(signal: AbortSignal): Promise<Client> {
    const { timeoutMs, readOnly } = this.#options;
    const server = this.#server;
    const client = await this.#host
      .connect(server, {
        sessionTimeoutMs: timeoutMs,
        connectTimeoutMs: timeoutMs,
        maxFrameBytes: MAX_ANSWER_BYTES,
        readOnly,
        signal,
      })
      .catch(async (error: unknown) => {
        // A connect string that is none: no server was asked.
        if (isZkError(error, 'BAD_ARGUMENTS')) throw new UsageError(error.message);
        if (isZkError(error, 'CONNECTION_LOSS')) {
          throw new ShellFailure(await whyNoServer(server, timeoutMs, error), 'noAnswer');
        }
        throw error;
      });
    client.events$.subscribe((event) => {
      if (!this.printWatches) return;
      const text = this.#options.json ? JSON.stringify(eventShape(event)) : eventText(event);
      this.#host.out(text);
    });
    client.state$.subscribe(() => this.#host.onStateChange?.());
    this.#client = client;
    this.#host.onStateChange?.();
    return client;
  }

  async #dispatch([name = '', ...words]: readonly string[], signal: AbortSignal): Promise<void> {
    const command = findShellCommand(name);
    const { flags, rest } = this.#arguments(name, command, words);
    const json = this.#options.json || flags.has('json');
    const call: OwnCall = { flags, rest, json, signal, output: this.#host, control: this };
    if (command.own === true) {
      await command.run(call);
      return;
    }
    if (this.#isClosed) {
      // On standard output, as zkCli has it; but nothing was done, and the exit code says so.
      this.#host.out('Not connected');
      throw new ShellFailure('', 'noAnswer');
    }
    const client = await this.connected(signal);
    const giveUp = this.#giveUpWithout(client);
    try {
      await command.run({
        ...call,
        client: interruptible(client, signal),
        watch: flags.has('w') ? () => {} : undefined,
        unwatch: (path: string, mode: AddWatchMode) => {
          client.removeWatches(path, mode).catch(() => {});
        },
      });
    } finally {
      giveUp();
    }
  }

  #arguments(name: string, command: ShellCommand, words: readonly string[]) {
    const { flags, rest } = readArguments(words, { ...command.flags, json: false });
    const [least, most] = command.words;
    const { formerWord } = command;
    if (formerWord !== undefined && rest.length === most + 1) {
      this.#host.err(formerWord.says);
      const given = new Map(flags).set(formerWord.flag, rest.at(-1)!);
      return { flags: given, rest: rest.slice(0, -1) };
    }
    if (rest.length < least || rest.length > most) {
      throw new UsageError(`usage: ${name} ${command.usage}`.trimEnd());
    }
    return { flags, rest };
  }

  /** Ends the command when the connection is gone for as long as a session lasts. */
  #giveUpWithout(client: Client): () => void {
    const { timeoutMs } = this.#options;
    let stop = (): void => {};
    const look = ({ type }: ClientState) => {
      stop();
      stop = () => {};
      if (type === 'connected' || type === 'closed') return;
      stop = client.clock.setTimer(timeoutMs, () => {
        const text =
          `the connection to ${this.#server} was lost, and no server answered within ` +
          `${timeoutMs} ms; what was under way may have happened`;
        this.#running?.abort(new ShellFailure(text, 'noAnswer'));
      });
    };
    const states = client.state$.subscribe(look);
    return () => {
      states.unsubscribe();
      stop();
    };
  }
}

/** The same promise, or the signal's reason when that comes first. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
