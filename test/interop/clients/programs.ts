/** The clients that are compared, each fetched or built once and kept in the user's cache. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { apacheJars, apacheVersions, cacheFolder, fetchJars } from '../apache.js';
import type { Program } from './round.js';

const run = promisify(execFile);

/** Sources that are not TypeScript stay where they are when the tests are built. */
const SOURCES = fileURLToPath(new URL('../../../interop/clients/', import.meta.url));
const BUILT = fileURLToPath(new URL('./', import.meta.url));
const DEBIAN_SHELL = '/usr/share/zookeeper/bin/zkCli.sh';
const NPM = { zookeeper: '7.3.0', 'node-zookeeper-client': '1.1.3' } as const;
export const CURATOR = '5.7.1';
/** Newest first. */
export const curatorReleases = ['5.9.0', '5.4.0'] as const;
/** The newest; what Debian has is older. */
export const KAZOO = '2.11.0';

export interface ClientRow {
  readonly name: string;
  /** Makes it ready. @throws when this machine lacks something for it, saying what */
  prepare(): Promise<Program>;
}

/** Every client of the proof. */
export const clients: readonly ClientRow[] = [
  { name: `zkCli.sh ${apacheVersions.newest}`, prepare: () => shellOf(apacheVersions.newest) },
  {
    name: 'zkCli.sh of Debian (3.8.0)',
    prepare: async () => {
      if (!existsSync(DEBIAN_SHELL)) throw new Error("Debian's package zookeeper is missing");
      return { command: DEBIAN_SHELL, words: ['-server', 'ADDRESS'], shell: true };
    },
  },
  { name: 'C (libzookeeper_mt 3.8.0)', prepare: cProgram },
  { name: `npm zookeeper ${NPM.zookeeper}`, prepare: () => npmProgram('npm-zookeeper-main.js') },
  {
    name: `npm node-zookeeper-client ${NPM['node-zookeeper-client']}`,
    prepare: () => npmProgram('npm-pure-main.js'),
  },
  { name: 'Go (go-zookeeper/zk 1.0.4)', prepare: goProgram },
  { name: `Curator ${CURATOR}`, prepare: () => curatorProgram('Round') },
];

async function shellOf(version: (typeof apacheVersions)['newest']): Promise<Program> {
  const jars = await apacheJars(version);
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=off';
  const main = 'org.apache.zookeeper.ZooKeeperMain';
  const words = [quiet, '-XX:TieredStopAtLevel=1', '-cp', join(jars, '*'), main];
  return { command: 'java', words: [...words, '-server', 'ADDRESS'], shell: true };
}

async function cProgram(): Promise<Program> {
  const source = join(SOURCES, 'c-round.c');
  const binary = await built('c-round', [source], async (folder) => {
    const flags = ['-DTHREADED', '-O1', '-Wall', '-Wextra', '-Werror', '-o', join(folder, 'round')];
    await run('cc', [...flags, source, '-lzookeeper_mt', '-lpthread']);
  });
  return { command: join(binary, 'round'), words: ['ADDRESS'] };
}

async function goProgram(): Promise<Program> {
  const folder = join(SOURCES, 'go');
  const sources = ['main.go', 'go.mod', 'go.sum'].map((name) => join(folder, name));
  const binary = await built('go-round', sources, async (into) => {
    await run('go', ['build', '-o', join(into, 'round'), '.'], { cwd: folder });
  });
  return { command: join(binary, 'round'), words: ['ADDRESS'] };
}

/**
 * A program over Curator: `Round` and `Bench`, or `Contender` and `Participant`, which do as their
 * standard input says.
 */
export async function curatorProgram(
  main: 'Round' | 'Contender' | 'Participant' | 'Bench',
  release: typeof CURATOR | (typeof curatorReleases)[number] = CURATOR,
): Promise<Program> {
  const jars = await fetchJars(
    `curator-${release}`,
    [
      `org.apache.curator:curator-recipes:${release}`,
      'org.xerial.snappy:snappy-java:1.1.10.5',
      'io.dropwizard.metrics:metrics-core:4.1.12.1',
      'org.slf4j:slf4j-nop:2.0.13',
    ],
    ['ch.qos.logback:logback-classic', 'ch.qos.logback:logback-core'],
  );
  const source = join(SOURCES, 'curator', `${main}.java`);
  const name = `curator-${release}-${main.toLowerCase()}`;
  const classes = await built(name, [source], async (into) => {
    await run('javac', ['-nowarn', '-d', into, '-cp', join(jars, '*'), source]);
  });
  const path = `${classes}:${join(jars, '*')}`;
  return { command: 'java', words: ['-XX:TieredStopAtLevel=1', '-cp', path, main, 'ADDRESS'] };
}

/** The folder of kazoo's newest release, for `PYTHONPATH`. */
export function kazooModules(python: string): Promise<string> {
  return made(`kazoo-${KAZOO}`, async (into) => {
    const words = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', into];
    await run(python, [...words, `kazoo==${KAZOO}`]);
  });
}

async function npmProgram(main: string): Promise<Program> {
  const versions = Object.entries(NPM).map(([name, version]) => `${name}@${version}`);
  const abi = process.versions.modules;
  const folder = await made(`npm-clients-${abi}-${digestOf(versions.join())}`, async (into) => {
    await writeFile(join(into, 'package.json'), '{"private":true}\n');
    await run('npm', ['install', '--no-audit', '--no-fund', ...versions], { cwd: into });
    // Newer releases of npm leave the building of native code to whoever asks for it.
    const native = join(into, 'node_modules', 'zookeeper');
    await run('npm', ['run', 'install'], { cwd: native, maxBuffer: 64 * 1024 * 1024 });
  });
  return { command: process.execPath, words: [join(BUILT, main), 'ADDRESS', folder] };
}

/** A cache folder for what is built from `sources`, made anew when they change. */
function built(
  name: string,
  sources: readonly string[],
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const text = sources.map((path) => readFileSync(path, 'utf8')).join('\n');
  return made(`${name}-${digestOf(text)}`, make);
}

async function made(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = cacheFolder(name);
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}-`);
  try {
    await make(work);
    await rename(work, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
