/** Vivarium as an operator runs it: a process of its own, told by a zoo.cfg. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess, freePort } from './apache.js';

/** What `npx vivarium` runs. */
export const PROGRAM = fileURLToPath(new URL('../../../core/bin/vivarium.js', import.meta.url));
const START_LIMIT_MS = 60_000;
const LOG_KEPT = 200_000;

export interface VivariumOptions {
  /** Folder for `zoo.cfg` and data; what is in it is served. */
  readonly dataDir: string;
  /** A port that is free when absent. */
  readonly port?: number;
  /** Further lines of `zoo.cfg`, replacing the defaults of the same key. */
  readonly config?: Readonly<Record<string, string | number>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Options of `node` itself. */
  readonly nodeArgs?: readonly string[];
}

export interface VivariumProcess {
  readonly port: number;
  readonly pid: number;
  readonly dataDir: string;
  /** Resolves when clients are served. @throws with what it said when it ends before */
  readonly serving: Promise<void>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly hasEnded: boolean;
  /** The newest part of what it has said, of both outputs. */
  log(): string;
  /** Ends it in good order. */
  stop(): Promise<void>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
}

/**
 * Starts a process; `serving` tells when it serves, so that it can also be killed before.
 *
 * Defaults: loopback only, all four-letter words, TTL nodes on, no limit of connections.
 */
export async function launchVivarium(options: VivariumOptions): Promise<VivariumProcess> {
  const { dataDir, config = {}, env = {}, nodeArgs = [] } = options;
  const port = options.port ?? (await freePort());
  mkdirSync(dataDir, { recursive: true });
  const keys = {
    tickTime: 2000,
    dataDir,
    clientPort: port,
    clientPortAddress: '127.0.0.1',
    maxClientCnxns: 0,
    extendedTypesEnabled: 'true',
    '4lw.commands.whitelist': '*',
    ...config,
  };
  const configFile = join(dataDir, 'zoo.cfg');
  const lines = Object.entries(keys).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(configFile, lines.join(''));
  const child = spawn(process.execPath, [...nodeArgs, PROGRAM, 'server', configFile], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  const forget = endWithThisProcess(child);
  let said = '';
  let over = false;
  let serves = false;
  let started = (): void => {};
  let failed = (_error: Error): void => {};
  const serving = new Promise<void>((resolve, reject) => {
    started = resolve;
    failed = reject;
  });
  serving.catch(() => {}); // who kills it before it serves need not ask
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-LOG_KEPT);
      if (!serves && said.includes('"server.started"')) {
        serves = true;
        started();
      }
    });
  }
  const late = setTimeout(() => failed(new Error(`it does not serve:\n${said}`)), START_LIMIT_MS);
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => {
      over = true;
      forget();
      clearTimeout(late);
      failed(new Error(`it ended while starting (${code ?? signal}):\n${said}`));
      resolve(code ?? signal!);
    });
  });
  void serving.then(
    () => clearTimeout(late),
    () => clearTimeout(late),
  );
  const end = async (signal: NodeJS.Signals) => {
    if (!over) child.kill(signal);
    await ended;
  };
  return {
    port,
    pid: child.pid!,
    dataDir,
    serving,
    ended,
    get hasEnded() {
      return over;
    },
    log: () => said,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}
