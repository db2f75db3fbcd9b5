/** The files that one server of an ensemble is started with. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Addresses, nameOfServer, ports } from './addresses.js';

/** What every server knows of every other. */
export interface Seat {
  readonly id: number;
  readonly isObserver: boolean;
}

export type ConfigLines = Readonly<Record<string, string | number>>;

export interface ServerFilesOptions {
  /** Holds `zoo.cfg`, the hosts file and the log output; the data is in `data` below it. */
  readonly folder: string;
  readonly id: number;
  readonly seats: readonly Seat[];
  readonly addresses: Addresses;
  /** Whether peers are found behind proxies. */
  readonly proxies: boolean;
  /** Lines of `zoo.cfg` in place of the defaults of the same key. */
  readonly config: ConfigLines;
}

export interface ServerFiles {
  readonly configFile: string;
  readonly hostsFile: string;
  readonly logFile: string;
  readonly dataDir: string;
}

/** Half of ZooKeeper's usual tick, so that what takes ticks takes a test less time. */
const DEFAULTS: ConfigLines = {
  tickTime: 1000,
  initLimit: 10,
  syncLimit: 5,
  maxClientCnxns: 0,
  maxSessionTimeout: 60_000,
  'admin.enableServer': 'false',
  '4lw.commands.whitelist': '*',
  'autopurge.purgeInterval': 0,
};

/** Where the files of a server are. */
export function serverFiles(folder: string): ServerFiles {
  return {
    configFile: join(folder, 'zoo.cfg'),
    hostsFile: join(folder, 'hosts'),
    logFile: join(folder, 'server.log'),
    dataDir: join(folder, 'data'),
  };
}

/** Writes all files anew; data that is there stays. */
export function writeServerFiles(options: ServerFilesOptions): void {
  const { folder, id, seats, addresses, proxies, config } = options;
  const { configFile, hostsFile, dataDir } = serverFiles(folder);
  mkdirSync(dataDir, { recursive: true });
  const keys = {
    ...DEFAULTS,
    dataDir,
    clientPort: ports.client,
    clientPortAddress: addresses.of(id),
    ...config,
  };
  const lines = Object.entries(keys).map(([key, value]) => `${key}=${value}`);
  // A server that is told that it observes refuses to be a voter, and the other way round.
  if (seats.some((seat) => seat.id === id && seat.isObserver)) lines.push('peerType=observer');
  // One server alone is none of an ensemble.
  for (const seat of seats.length === 1 ? [] : seats) {
    const role = seat.isObserver ? ':observer' : '';
    lines.push(
      `server.${seat.id}=${nameOfServer(seat.id)}:${ports.quorum}:${ports.election}${role}`,
    );
  }
  writeFileSync(configFile, `${lines.join('\n')}\n`);
  writeFileSync(join(dataDir, 'myid'), `${id}\n`);
  const hosts = seats.map((seat) => {
    const address = proxies ? addresses.between(id, seat.id) : addresses.of(seat.id);
    return `${address} ${nameOfServer(seat.id)}`;
  });
  writeFileSync(hostsFile, `127.0.0.1 localhost\n${hosts.join('\n')}\n`);
}

/** Empties the data folder but for its own id, as a new disk would be. */
export function wipeData(folder: string, id: number): void {
  const { dataDir } = serverFiles(folder);
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(join(dataDir, 'myid'), `${id}\n`);
}
