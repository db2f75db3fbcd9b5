/** The program `vivarium` itself, as a person runs it. */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Child, type ChildOptions, startChild } from './child.js';
import type { TestContext } from './suite.js';
import { tempFolder } from './temp-folder.js';

const require = createRequire(import.meta.url);
const CORE = dirname(require.resolve('@vivarium/core/package.json'));

/** What `npx vivarium` runs. */
export const PROGRAM = join(CORE, 'bin', 'vivarium.js');
/** The folder whose `node_modules` has the packages. */
export const REPOSITORY = dirname(CORE);

export function vivarium(t: TestContext, words: readonly string[], options?: ChildOptions): Child {
  return startChild(t, [PROGRAM, ...words], options);
}

/** A `zoo.cfg` in a new folder, with a data folder of its own. */
export function zooCfg(t: TestContext, lines: readonly string[] = []) {
  const folder = tempFolder(t);
  const dataDir = join(folder, 'data');
  const path = join(folder, 'zoo.cfg');
  const all = [`dataDir=${dataDir}`, 'clientPort=0', 'clientPortAddress=127.0.0.1', ...lines];
  writeFileSync(path, `${all.join('\n')}\n`);
  return { path, dataDir };
}

export interface ServerChild extends Child {
  readonly port: number;
  readonly connectString: string;
}

/** Runs `vivarium server` and waits until it serves. */
export async function startServer(t: TestContext, config: string): Promise<ServerChild> {
  const child = vivarium(t, ['server', config]);
  const port = Number((await child.says(/"port":(\d+)/))[1]);
  return { ...child, port, connectString: `127.0.0.1:${port}` };
}

/** What one run of the shell came to. */
export interface ShellRun {
  readonly code: number | NodeJS.Signals;
  readonly out: string;
  readonly err: string;
}

/** Runs `vivarium shell` with a command, or with lines from a pipe, to its end. */
export async function shell(
  t: TestContext,
  connectString: string,
  { words = [], lines = [] }: { words?: readonly string[]; lines?: readonly string[] },
): Promise<ShellRun> {
  const input = lines.map((line) => `${line}\n`).join('');
  const child = vivarium(t, ['shell', '-server', connectString, ...words], { input });
  const code = await child.ended;
  return { code, ...child.output };
}
