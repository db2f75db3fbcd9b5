/**
 * Apache ZooKeeper as a peer to compare with: fetched from Maven Central once, kept in the user's
 * cache folder, started as a standalone server on the loopback interface.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * The releases compared with, by the name tests use. `newest` is the newest 3.9 release whose parts
 * are all in Maven Central; `oldest` is the oldest release whose data folders are exchanged.
 */
export const apacheVersions = { newest: '3.9.5', oldest: '3.8.0' } as const;
export type ApacheVersion = (typeof apacheVersions)[keyof typeof apacheVersions];

/**
 * Libraries that the server loads but whose declarations leave to whoever packages it; for the
 * newest also those of its admin server, and its Prometheus provider, of which there is no 3.9.5.
 */
const companions = {
  '3.9.5': [
    'io.dropwizard.metrics:metrics-core:4.1.12.1',
    'org.xerial.snappy:snappy-java:1.1.10.5',
    'commons-cli:commons-cli:1.5.0',
    'org.slf4j:slf4j-simple:2.0.13',
    'org.eclipse.jetty:jetty-server:9.4.58.v20250814',
    'org.eclipse.jetty:jetty-servlet:9.4.58.v20250814',
    'com.fasterxml.jackson.core:jackson-databind:2.15.2',
    'org.apache.zookeeper:zookeeper-prometheus-metrics:3.9.4',
  ],
  '3.8.0': [
    'io.dropwizard.metrics:metrics-core:4.1.12.1',
    'org.xerial.snappy:snappy-java:1.1.7.7',
    'commons-cli:commons-cli:1.2',
    'org.slf4j:slf4j-simple:1.7.30',
  ],
} as const satisfies Record<ApacheVersion, readonly string[]>;

/** Folder for things that are fetched once and kept: `$XDG_CACHE_HOME/vivarium` or `~/.cache/…`. */
export function cacheFolder(...names: string[]): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vivarium', ...names);
}

/** A Maven project whose only purpose is to name `coordinates` (`group:artifact:version`). */
function pomOf(coordinates: readonly string[], excluded: readonly string[] = []): string {
  const exclusions = excluded.map((name) => {
    const [group, artifact] = name.split(':');
    return `<exclusion><groupId>${group}</groupId><artifactId>${artifact}</artifactId></exclusion>`;
  });
  const dependencies = coordinates.map((name) => {
    const [group, artifact, version] = name.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version><exclusions>${exclusions.join('')}</exclusions></dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>vivarium.test</groupId><artifactId>peers</artifactId><version>1</version>
<packaging>pom</packaging><dependencies>${dependencies.join('\n')}</dependencies></project>\n`;
}

/**
 * A folder with the jars of `coordinates` and all they need, fetched with Maven unless it is there
 * already. Safe to call from several processes at once.
 *
 * @throws when Maven is missing or cannot reach its repository
 */
export async function fetchJars(
  name: string,
  coordinates: readonly string[],
  excluded: readonly string[] = [],
): Promise<string> {
  const folder = cacheFolder(name);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}-`);
  await writeFile(join(work, 'pom.xml'), pomOf(coordinates, excluded));
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
  try {
    await run('mvn', ['-q', '-B', goal, '-DoutputDirectory=jars'], { cwd: work });
    await rename(join(work, 'jars'), folder);
  } catch (error) {
    if (!existsSync(folder)) {
      throw new Error(`cannot fetch ${name} with Maven (is 'mvn' installed?)`, { cause: error });
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

/** The jars of an Apache ZooKeeper release, with a quiet logger in place of its own. */
export function apacheJars(version: ApacheVersion = apacheVersions.newest): Promise<string> {
  return fetchJars(
    `apache-zookeeper-${version}-${companions[version].length}`,
    [`org.apache.zookeeper:zookeeper:${version}`, ...companions[version]],
    ['ch.qos.logback:logback-classic', 'ch.qos.logback:logback-core'],
  );
}

export interface ApacheOptions {
  readonly version?: ApacheVersion;
  /** Further lines of `zoo.cfg`, replacing the defaults of the same key. */
  readonly config?: Readonly<Record<string, string | number>>;
  /** Java system properties, such as `readonlymode.enabled`. */
  readonly properties?: Readonly<Record<string, string | number>>;
  /** Folder for `zoo.cfg`, data and log output; a temporary one that `stop` removes when absent. */
  readonly dataDir?: string;
  /** A port that is free when absent. */
  readonly port?: number;
  /** Replaces the options that make a Java process start fast and stay small. */
  readonly jvmArgs?: readonly string[];
}

export interface ApacheServer {
  readonly version: ApacheVersion;
  readonly port: number;
  readonly pid: number;
  /** `host:port`. */
  readonly address: string;
  /** What the configuration calls dataDir; the files are in its `version-2`. */
  readonly dataDir: string;
  /** What the server has written to its log so far. */
  log(): string;
  /** Ends it in good order, then removes its temporary folder. */
  stop(): Promise<void>;
  /** Ends it as a crash would; its folder stays. */
  kill(): Promise<void>;
  /** Removes its temporary folder, if it has one. */
  remove(): Promise<void>;
}

export const QUICK_JVM: readonly string[] = [
  '-Xms64m',
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
];
const START_LIMIT_MS = 60_000;

/** What `java` is told to run a server of a release. */
export async function apacheArgs(
  version: ApacheVersion,
  configFile: string,
  { jvmArgs, properties }: Pick<ApacheOptions, 'jvmArgs' | 'properties'> = {},
): Promise<readonly string[]> {
  const all = {
    'zookeeper.extendedTypesEnabled': 'true',
    'org.slf4j.simpleLogger.defaultLogLevel': 'warn',
    ...properties,
  };
  return [
    ...(jvmArgs ?? QUICK_JVM),
    ...Object.entries(all).map(([key, value]) => `-D${key}=${value}`),
    '-cp',
    join(await apacheJars(version), '*'),
    'org.apache.zookeeper.server.quorum.QuorumPeerMain',
    configFile,
  ];
}

/**
 * Starts a standalone server on 127.0.0.1 and waits until it serves.
 *
 * Defaults: all four-letter words, TTL nodes on, no admin server, tick of 2 s. Everything else is
 * as Apache has it.
 *
 * @throws with the server's own log when it ends or does not serve within a minute
 */
export async function startApache(options: ApacheOptions = {}): Promise<ApacheServer> {
  const version = options.version ?? apacheVersions.newest;
  const port = options.port ?? (await freePort());
  const temporary =
    options.dataDir === undefined ? await mkdtemp(join(tmpdir(), 'vivarium-apache-')) : undefined;
  const folder = temporary ?? options.dataDir!;
  mkdirSync(folder, { recursive: true });
  const keys: Record<string, string | number> = {
    tickTime: 2000,
    dataDir: folder,
    clientPort: port,
    clientPortAddress: '127.0.0.1',
    maxClientCnxns: 0,
    'admin.enableServer': 'false',
    '4lw.commands.whitelist': '*',
    ...options.config,
  };
  const configFile = join(folder, 'zoo.cfg');
  const lines = Object.entries(keys).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(configFile, lines.join(''));
  const args = await apacheArgs(version, configFile, options);
  const logFile = join(folder, 'apache.log');
  const output = openSync(logFile, 'a');
  const child = spawn('java', args, { stdio: ['ignore', output, output] });
  closeSync(output);
  const log = () => readFileSync(logFile, 'utf8');
  const forget = endWithThisProcess(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve(forget())));
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  const remove = async () => {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  };
  try {
    await untilServing(child, port, log);
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
  return {
    version,
    port,
    pid: child.pid!,
    address: `127.0.0.1:${port}`,
    dataDir: String(keys.dataDir),
    log,
    stop: () => end('SIGTERM').then(remove),
    kill: () => end('SIGKILL'),
    remove,
  };
}

/** A TCP port of the loopback interface that nobody uses at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : 0),
      );
    });
  });
}

/** The answer to a four-letter word; rejects when nobody answers. */
export function fourLetterWord(
  port: number,
  word: string,
  { host = '127.0.0.1', limitMs = 5000 } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, host, () => socket.write(word));
    socket.setEncoding('utf8');
    socket.setTimeout(limitMs, () => socket.destroy(new Error(`no answer to '${word}'`)));
    socket.on('data', (part) => {
      text += part;
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
  });
}

async function untilServing(child: ChildProcess, port: number, log: () => string): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`Apache ZooKeeper ended while starting:\n${log()}`);
    }
    const text = await fourLetterWord(port, 'srvr').catch(() => '');
    if (text.includes('Mode:')) return;
    if (Date.now() > deadline) throw new Error(`Apache ZooKeeper does not serve:\n${log()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Sees to it that a child never outlives this process; returns how to stop caring. */
export function endWithThisProcess(child: ChildProcess): () => void {
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  return () => process.off('exit', end);
}
