// Carries AsyncDisposable into programs whose own settings do not name its library.
/// <reference lib="esnext.disposable" preserve="true" />
import { resolve } from 'node:path';
import type { Host } from '../base/host.js';
import type { Millis, WallMillis } from '../base/ids.js';
import { type Config, contradiction } from '../config/config.js';
import type { PeerView } from '../peer/view.js';
import type { BootDisk } from '../storage/disk.js';
import { AdminDesk } from './admin-desk.js';
import { AuditLog } from './audit-log.js';
import type { DataDir } from './data-dir.js';
import { memoryStorage, openStorage, type Storage } from './data-storage.js';
import { tcpDial } from './dial.js';
import { Driver, type Machine, type ServerEnd } from './driver.js';
import { HistorySampler } from './history-sampler.js';
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
import { within } from './within.js';

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
  /** Where its data is: in `dataDir` unless given, or in memory, where it ends with the server. */
  readonly storage?: 'memory';
}

/** A server that runs in this process. */
export interface RunningServer extends AsyncDisposable {
  /** Port that it listens to. */
  readonly port: number;
  /** What clients connect to, such as `127.0.0.1:2181`. */
  readonly connectString: string;
  /** Absolute folder of its data; empty when that is in memory. */
  readonly dataDir: string;
  /** What it is to the others of its ensemble; `standalone` when there are none. */
  readonly mode: PeerView['mode'];
  /** Whether it takes requests: in an ensemble, while a leader and a quorum are there. */
  readonly serving: boolean;
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
  const audit = AuditLog.open(config, log);
  let storage: Storage | undefined;
  try {
    storage = options.storage === 'memory' ? memoryStorage(config) : await openStorage(config, log);
    return await serve(options, storage, audit);
  } catch (error) {
    storage?.files.close();
    storage?.dataDir.release();
    audit?.write({ operation: 'serverStart', result: 'failure' });
    audit?.close();
    throw error;
  }
}

async function serve(
  options: RunOptions,
  { dataDir, files }: Storage,
  audit: AuditLog | undefined,
): Promise<RunningServer> {
  const { boot, shownConfig } = options;
  const sampler = new HistorySampler();
  const quiet = quietLog(options.log);
  const log: Log = (event) => {
    sampler.heard(event);
    quiet(event);
  };
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
    host: createHost(
      (event) => log({ ...event, message: realNames(event.message, dataDir) }),
      audit && ((event) => audit.write(event)),
    ),
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
  const facts = new LiveFacts(dataDir, shownConfig, sampler);
  const desk = new AdminDesk({
    facts,
    config,
    history: sampler.history,
    audit,
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
  sampler.start(driver);
  audit?.write({ operation: 'serverStart', result: 'success' });
  const ended = machineEnded.then(async (end) => {
    audit?.stopping();
    sampler.stop();
    listener.stopAccepting();
    linkListener.stopAccepting();
    if (end.code === exitCodes.ok) await within(LINGER_MS, listener.drained());
    listener.destroy();
    linkListener.destroy();
    audit?.close();
    return end;
  });
  const close = async () => {
    audit?.stopping();
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
    dataDir: options.storage === 'memory' ? '' : resolve(config.dataDir),
    get mode() {
      return driver.view.mode;
    },
    get serving() {
      return !driver.isEnded && driver.view.serving;
    },
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
