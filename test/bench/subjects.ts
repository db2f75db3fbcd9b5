/** The servers that are measured, each started as a process of its own in a folder of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess, fourLetterWord, freePort, startApache } from '../interop/apache.js';

export const subjectNames = ['apache', 'vivarium'] as const;
export type SubjectName = (typeof subjectNames)[number];

export interface Subject {
  readonly name: SubjectName | 'canned';
  readonly port: number;
  readonly pid: number;
  /** From the start of its process until it served, in milliseconds. */
  readonly startMs: number;
  stop(): Promise<void>;
}

export interface SubjectOptions {
  /** Where its data is; kept when the subject stops. */
  readonly folder: string;
  /** Options of `node`, for Vivarium only: a profile, an inspector. */
  readonly nodeArgs?: readonly string[];
  /** Lines of `zoo.cfg` in place of what both servers are told alike. */
  readonly config?: Readonly<Record<string, string | number>>;
}

const program = fileURLToPath(new URL('../../../core/bin/vivarium.js', import.meta.url));

/** What both servers are told alike. */
const alike = {
  tickTime: 2000,
  snapCount: 100_000,
  maxClientCnxns: 0,
  '4lw.commands.whitelist': '*',
  'admin.enableServer': 'false',
} as const;

/** An ordinary server's heap, not the small quick one that tests use. */
const JVM = ['-Xms512m', '-Xmx2g'];
const START_LIMIT_MS = 120_000;

/** Starts a server on a data folder, which may hold data already. */
export function startSubject(name: SubjectName, options: SubjectOptions): Promise<Subject> {
  mkdirSync(options.folder, { recursive: true });
  return name === 'apache' ? apache(options) : vivarium(options);
}

async function apache({ folder, config }: SubjectOptions): Promise<Subject> {
  const began = performance.now();
  const server = await startApache({
    dataDir: folder,
    config: { ...alike, ...config },
    jvmArgs: JVM,
  });
  const startMs = performance.now() - began;
  return { name: 'apache', port: server.port, pid: server.pid, startMs, stop: () => server.stop() };
}

async function vivarium({ folder, nodeArgs = [], config }: SubjectOptions): Promise<Subject> {
  const port = await freePort();
  const own = { dataDir: folder, clientPort: port, clientPortAddress: '127.0.0.1' };
  const lines = { ...alike, ...config, ...own };
  const configFile = join(folder, 'zoo.cfg');
  const text = Object.entries(lines).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(configFile, text.join(''));
  const log = join(folder, 'vivarium.log');
  const output = openSync(log, 'w');
  const began = performance.now();
  const child = spawn(process.execPath, [...nodeArgs, program, 'server', configFile], {
    stdio: ['ignore', output, output],
    cwd: folder,
  });
  closeSync(output);
  const forget = endWithThisProcess(child);
  const ended = once(child, 'exit').then(forget);
  for (;;) {
    const words = await fourLetterWord(port, 'srvr').catch(() => '');
    if (words.includes('Mode:')) break;
    if (child.exitCode !== null || performance.now() - began > START_LIMIT_MS) {
      child.kill('SIGKILL');
      throw new Error(`Vivarium does not serve:\n${readFileSync(log, 'utf8')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    name: 'vivarium',
    port,
    pid: child.pid!,
    startMs: performance.now() - began,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Starts the server of canned replies. */
export async function startCanned(): Promise<Subject> {
  const canned = fileURLToPath(new URL('./canned-main.js', import.meta.url));
  const child = spawn(process.execPath, [canned], { stdio: ['ignore', 'pipe', 'inherit'] });
  const forget = endWithThisProcess(child);
  const ended = once(child, 'exit').then(forget);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    name: 'canned',
    port: Number(line.toString()),
    pid: child.pid!,
    startMs: 0,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Removes a data folder. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
