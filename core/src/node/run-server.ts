// Carries AsyncDisposable into programs whose own settings do not name its library.
/// <reference lib="esnext.disposable" preserve="true" />
import { resolve } from 'node:path';
import type { Host } from '../base/host.js';
import type { Millis, WallMillis } from '../base/ids.js';
import { type Config, contradiction } from '../config/config.js';
import type { BootDisk } from '../storage/disk.js';
import { AdminDesk } from './admin-desk.js';
import { type DataDir, openDataDir } from './data-dir.js';
import { tcpDial } from './dial.js';
import { Driver, type Machine, type ServerEnd } from './driver.js';
import { Files, type StepPerformer } from './files.js';
import { ForgetfulFiles } from './forgetful-files.js';
import { createHost } from './host.js';
import { LinkListener } from './link-listener.js';
import { Listener } from './listener.js';
import type { Log } from './logger.js';
import { cannotListen, clientPlaceOf, demandPorts, linkPlacesOf } from './ports.js';
import { LiveFacts } from './process-facts.js';
import { quietLog } from './quiet-log.js';
import { realNames } from './real-names.js';
import { exitCodes, StartError, systemCode } from './start-error.js';
import { LINGER_MS } from './stream.js';
import { highWaterMarkFor } from './tcp-stream.js';

/** Makes a machine of what a data folder holds. @throws when the folder must not be used */
export type BootMachine = (options: {
  readonly config: Config;
  readonly host: Host;
  readonly disk: BootDisk;
  readonly secret: Uint8Array;
  readonly now: Millis;
  readonly wall: WallMillis;
}) => Machine;

export interface RunOptions {
  readonly config: Config;
  readonly boot: BootMachine;
  readonly log: Log;
  /** The config as administrators may see it. */
  readonly shownConfig: string;
  /** How many ports to try, from the config's on, while they are taken. Default 1. */
  readonly portsTried?: number;
}

/** A server that runs in this process. */
export interface RunningServer extends AsyncDisposable {
  /** Port that it listens to. */
  readonly port: number;
  /** What clients connect to, such as `127.0.0.1:2181`. */
  readonly connectString: string;
  /** Absolute folder of its data. */
  readonly dataDir: string;
  /** Resolves when the server has ended, by request or because it could not go on. */
  readonly ended: Promise<ServerEnd>;
  /**
   * Stops it: every client is told, everything acknowledged is durable, the port and the data
   * folder are free. Resolves with how it ended; calling it again gives the same.
   */
  close(): Promise<ServerEnd>;
}

/**
 * Starts a server: claims its data folder, brings the data back to life, listens.
 *
 * @throws StartError when it cannot, with what to do about it; nothing is left behind then
 */
export async function runServer(options: RunOptions): Promise<RunningServer> {
  const { config, log } = options;
  const dataDir = await openDataDir(config);
  for (const message of dataDir.warnings) log({ level: 'warn', event: 'data.warning', message });
  let files: StepPerformer | undefined;
  try {
    files = openFiles(dataDir, log);
    return await serve(options, dataDir, files);
  } catch (error) {
    files?.close();
    dataDir.release();
    throw error;
  }
}

async function serve(
  options: RunOptions,
  dataDir: DataDir,
  files: StepPerformer,
): Promise<RunningServer> {
  const { boot, shownConfig } = options;
  const log = quietLog(options.log);
  const config = { ...options.config, serverId: dataDir.serverId };
  const problem = contradiction(config);
  if (problem !== undefined) {
    const story = `${problem.message}; allowed: ${problem.allowed}`;
    throw new StartError(story, exitCodes.invocation);
  }
  const portsTried = options.portsTried ?? 1;
  const links = linkPlacesOf(config);
  await demandPorts(config, log, portsTried === 1 ? [clientPlaceOf(config), ...links] : links);
  const machine = bootOrRefuse(boot, dataDir, {
    config,
    host: createHost((event) => log({ ...event, message: realNames(event.message, dataDir) })),
    disk: files,
    secret: dataDir.secret,
    now: performance.now(),
    wall: Date.now(),
  });
  let driverEnded = (_end: ServerEnd): void => {};
  const machineEnded = new Promise<ServerEnd>((done) => {
    driverEnded = done;
  });
  const { sendQueueHighWaterBytes, sendQueueMaxBytes, linkQueueMaxBytes } = config;
  const driver = new Driver({
    machine,
    files,
    log,
    connections: {
      sendQueueHighWaterBytes,
      sendQueueMaxBytes,
      linkQueueMaxBytes,
      dial: tcpDial(highWaterMarkFor(config)),
    },
    ended: driverEnded,
    filesClosed: () => dataDir.release(),
  });
  const facts = new LiveFacts(dataDir, shownConfig);
  const desk = new AdminDesk({
    facts,
    config,
    view: () => driver.view,
    command: (command) => driver.command(command),
  });
  const listener = new Listener({ config, driver, desk, log });
  const linkListener = new LinkListener({ config, connections: driver.connections, log });
  const port = await listenSomewhere(listener, config, portsTried);
  try {
    await linkListener.listen();
  } catch (error) {
    listener.destroy();
    linkListener.destroy();
    throw error;
  }
  facts.clientPort = port;
  driver.start();
  const ended = machineEnded.then(async (end) => {
    listener.stopAccepting();
    linkListener.stopAccepting();
    if (end.code === exitCodes.ok) await within(LINGER_MS, listener.drained());
    listener.destroy();
    linkListener.destroy();
    return end;
  });
  const close = async () => {
    listener.stopAccepting();
    driver.stop();
    const late = `the stop was not done within ${config.shutdownTimeoutMs} ms`;
    const stopped = await within(config.shutdownTimeoutMs, machineEnded);
    if (stopped === undefined) driver.end({ code: exitCodes.unexpected, reason: late });
    return ended;
  };
  return {
    port,
    connectString: `${addressForClients(config)}:${port}`,
    dataDir: resolve(config.dataDir),
    ended,
    close,
    async [Symbol.asyncDispose]() {
      await close();
    },
  };
}

/**
 * A machine that refuses to boot says why in a sentence, and a disk that fails meanwhile can be
 * helped; anything else is a defect.
 */
function bootOrRefuse(
  boot: BootMachine,
  dataDir: DataDir,
  options: Parameters<BootMachine>[0],
): Machine {
  try {
    return boot(options);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'RefusedStartError') {
      const story = realNames(error.message, dataDir);
      throw new StartError(story, exitCodes.dataFolder, { cause: error });
    }
    if (!/^E[A-Z0-9]+$/.test(systemCode(error))) throw error;
    const story =
      `The data in ${dataDir.logs} could not be brought back: ${error.message}. ` +
      'Make room or repair the disk, then start again.';
    throw new StartError(story, exitCodes.disk, { cause: error });
  }
}

/**
 * The disk of a server. For crash tests only, the environment variable VIVARIUM_TEST_DISK may ask
 * for one that forgets what was not synced (`forgetful`), or that also lies about it (`lying`).
 */
function openFiles(dataDir: DataDir, log: Log): StepPerformer {
  const files = new Files(dataDir);
  const kind = process.env.VIVARIUM_TEST_DISK ?? '';
  if (kind === '') return files;
  if (kind !== 'forgetful' && kind !== 'lying') {
    const allowed = 'forgetful, lying, or nothing';
    const story = `VIVARIUM_TEST_DISK=${kind} is not allowed; allowed: ${allowed}`;
    throw new StartError(story, exitCodes.invocation);
  }
  const message = `VIVARIUM_TEST_DISK=${kind}: data will be lost on purpose`;
  log({ level: 'warn', event: 'disk.test', message });
  return new ForgetfulFiles(files, { lies: kind === 'lying' });
}

async function listenSomewhere(
  listener: Listener,
  config: Config,
  portsTried: number,
): Promise<number> {
  const first = config.clientPort;
  for (let port = first; ; port++) {
    try {
      return await listener.listen(port);
    } catch (error) {
      const mayGoOn = port + 1 < first + portsTried && port < 65_535;
      if (systemCode(error) === 'EADDRINUSE' && mayGoOn) continue;
      throw cannotListen({ ...clientPlaceOf(config), port }, error);
    }
  }
}

function addressForClients({ clientPortAddress }: Config): string {
  if (clientPortAddress === undefined || clientPortAddress === '0.0.0.0') return 'localhost';
  if (clientPortAddress === '::') return 'localhost';
  return clientPortAddress.includes(':') ? `[${clientPortAddress}]` : clientPortAddress;
}

/** What `work` gives, or `undefined` when it takes longer. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((expire) => {
    timer = setTimeout(() => expire(undefined), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
