/** One server of an ensemble: a process that starts and ends again and again on its own folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { apacheArgs, endWithThisProcess, fourLetterWord } from '../apache.js';
import type { ServerKind } from '../server-process.js';
import { PROGRAM } from '../vivarium.js';
import { WireClient } from '../wire-client.js';
import { ports } from './addresses.js';
import { type ConfigLines, type ServerFiles, serverFiles, wipeData } from './server-files.js';

const NAMES = fileURLToPath(new URL('./names-main.js', import.meta.url));
const START_LIMIT_MS = 60_000;
const LOOK_MS = 25;

export type Role = 'leader' | 'follower' | 'observer' | 'standalone' | 'read-only';

/** What a server says of itself. */
export interface ServerState {
  readonly role: Role;
  /** The last transaction it has applied. */
  readonly zxid: bigint;
}

export interface MemberOptions {
  readonly id: number;
  readonly kind: ServerKind;
  readonly isObserver: boolean;
  readonly folder: string;
  /** Where it listens. */
  readonly host: string;
  /** Environment of Vivarium; Apache has no use for it. */
  readonly env: Readonly<Record<string, string>>;
  /** Options of `node` itself. */
  readonly nodeArgs: readonly string[];
  /** Java system properties. */
  readonly properties: ConfigLines;
  /** In place of the options that make a Java process start fast and stay small. */
  readonly jvmArgs?: readonly string[];
}

export class Member {
  readonly id: number;
  readonly isObserver: boolean;
  readonly host: string;
  readonly port = ports.client;
  readonly files: ServerFiles;
  readonly #options: MemberOptions;
  #kind: ServerKind;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#kind = options.kind;
    this.id = options.id;
    this.isObserver = options.isObserver;
    this.host = options.host;
    this.files = serverFiles(options.folder);
  }

  get kind(): ServerKind {
    return this.#kind;
  }

  get dataDir(): string {
    return this.files.dataDir;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** @throws when it does not run */
  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error(`server ${this.id} does not run`);
    return this.#child.pid;
  }

  /** Starts the process and waits for nothing. */
  async launch(): Promise<void> {
    if (this.#child !== undefined) throw new Error(`server ${this.id} runs already`);
    const [command, args] = await this.#command();
    const output = openSync(this.files.logFile, 'a');
    const child = spawn(command, args, {
      stdio: ['ignore', output, output],
      env: {
        ...process.env,
        NO_COLOR: '1',
        VIVARIUM_TEST_HOSTS: this.files.hostsFile,
        ...this.#options.env,
      },
    });
    closeSync(output);
    const forget = endWithThisProcess(child);
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once('exit', () => {
        forget();
        if (this.#child === child) this.#child = undefined;
        resolve();
      });
    });
  }

  /** What it says of itself; undefined when it serves nobody. */
  async state(limitMs = 1000): Promise<ServerState | undefined> {
    const { host } = this;
    const text = await fourLetterWord(this.port, 'srvr', { host, limitMs }).catch(() => '');
    const role = /^Mode: ([\w-]+)/m.exec(text)?.[1];
    const zxid = /^Zxid: 0x([0-9a-f]+)/m.exec(text)?.[1];
    if (role === undefined || zxid === undefined) return undefined;
    return { role: role as Role, zxid: BigInt(`0x${zxid}`) };
  }

  /** Waits until it serves. @throws with its log when it ends before, or does not in time */
  async untilServing(limitMs = START_LIMIT_MS): Promise<ServerState> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const state = await this.state();
      if (state !== undefined) return state;
      if (!this.isRunning) throw new Error(`server ${this.id} has ended:\n${this.recentLog()}`);
      if (performance.now() > deadline) {
        throw new Error(`server ${this.id} does not serve:\n${this.recentLog()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Opens a session there. @throws when it refuses */
  session(timeoutMs = 30_000): ReturnType<typeof WireClient.session> {
    return WireClient.session(this.port, { timeOut: timeoutMs }, this.host);
  }

  /** Ends it in good order. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Ends it as a crash would. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Stops its process where it is; nothing of it moves until {@link resume}. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Gives it an empty disk. @throws while it runs */
  wipe(): void {
    if (this.isRunning) throw new Error(`server ${this.id} runs: its data cannot be wiped`);
    wipeData(this.#options.folder, this.id);
  }

  /** Lets another kind of server take this one's place and data, from the next start on. */
  become(kind: ServerKind): void {
    if (this.isRunning) throw new Error(`server ${this.id} runs as ${this.#kind}`);
    this.#kind = kind;
  }

  /** All that it has said in all its lives. */
  log(): string {
    return existsSync(this.files.logFile) ? readFileSync(this.files.logFile, 'utf8') : '';
  }

  recentLog(): string {
    return this.log().slice(-4000);
  }

  async #command(): Promise<readonly [string, readonly string[]]> {
    const { configFile, hostsFile } = this.files;
    const { jvmArgs, nodeArgs } = this.#options;
    if (this.#kind === 'vivarium') {
      const names = ['--import', NAMES];
      return [process.execPath, [...names, ...nodeArgs, PROGRAM, 'server', configFile]];
    }
    const told = 'org.slf4j.simpleLogger.log.org.apache.zookeeper.server.quorum';
    const properties = {
      'jdk.net.hosts.file': hostsFile,
      'org.slf4j.simpleLogger.showDateTime': 'true',
      'org.slf4j.simpleLogger.dateTimeFormat': 'HH:mm:ss.SSS',
      [`${told}.Learner`]: 'info',
      [`${told}.LearnerHandler`]: 'debug',
      ...this.#options.properties,
    };
    const options = jvmArgs === undefined ? { properties } : { properties, jvmArgs };
    return ['java', await apacheArgs(this.#kind, configFile, options)];
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#child?.kill(signal);
    // Who is stopped hears of nothing but SIGKILL until he goes on.
    if (signal !== 'SIGKILL') this.#child?.kill('SIGCONT');
    await this.#ended;
  }
}
