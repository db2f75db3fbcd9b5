/** One Vivarium server in a process of its own, as an operator runs it. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../interop/apache.js';

const BIN = fileURLToPath(new URL('../../../core/bin/vivarium.js', import.meta.url));
const START_LIMIT_MS = 20_000;

export interface ServerProcess {
  readonly port: number;
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** @param config further lines of `zoo.cfg` */
export async function startServer(
  config: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'vivarium-browser-'));
  const port = await freePort();
  const keys = {
    dataDir: join(folder, 'data'),
    clientPort: String(port),
    clientPortAddress: '127.0.0.1',
    ...config,
  };
  const file = join(folder, 'zoo.cfg');
  await writeFile(
    file,
    Object.entries(keys)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
  let end = await run(file, port);
  return {
    port,
    restart: async () => {
      await end();
      end = await run(file, port);
    },
    stop: async () => {
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function run(configFile: string, port: number): Promise<() => Promise<void>> {
  let said = '';
  const child = spawn(process.execPath, [BIN, 'server', configFile], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000);
    });
  }
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const end = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  const deadline = performance.now() + START_LIMIT_MS;
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`the server ended:\n${said}`);
    if (performance.now() > deadline) {
      await end();
      throw new Error(`the server did not start in time:\n${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return end;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
