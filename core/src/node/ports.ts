import { createServer, type ListenOptions, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config/config.js';
import { serverOf } from '../config/ensemble.js';
import type { LinkKind } from '../seam/inputs.js';
import type { Log } from './logger.js';
import { exitCodes, StartError, systemCode } from './start-error.js';

/** Where a server listens, and for whom. */
export interface Place {
  readonly purpose: 'clients' | LinkKind;
  readonly port: number;
  /** All addresses of the machine when not given. */
  readonly host?: string;
}

/** How long a port that is taken is left alone before it is tried again. */
const BIND_RETRY_MS = 1_000;

/** Where the clients connect. */
export function clientPlaceOf({ clientPort: port, clientPortAddress: host }: Config): Place {
  return { purpose: 'clients', port, ...(host === undefined ? {} : { host }) };
}

/** Where the other servers of the ensemble connect; nowhere when the server stands alone. */
export function linkPlacesOf(config: Config): readonly Place[] {
  const { ensemble, serverId, quorumListenOnAllIPs } = config;
  const places = new Map<string, Place>();
  const own = ensemble === undefined ? undefined : serverOf(ensemble, serverId);
  for (const { host, quorumPort, electionPort } of own?.addresses ?? []) {
    const at = quorumListenOnAllIPs ? {} : { host };
    // On all addresses a port is open once, however many addresses have it.
    const key = (port: number) => `${at.host ?? ''} ${port}`;
    places.set(key(quorumPort), { purpose: 'quorum', port: quorumPort, ...at });
    places.set(key(electionPort), { purpose: 'election', port: electionPort, ...at });
  }
  return [...places.values()];
}

/**
 * Finds out that a port is taken before the data is touched: by another server of that very data,
 * perhaps, such as the one whose `zoo.cfg` this is and which nobody has stopped yet.
 *
 * @throws StartError when one cannot be used
 */
export async function demandPorts(
  config: Config,
  log: Log,
  places: readonly Place[],
): Promise<void> {
  for (const place of places) {
    const probe = createServer((socket) => socket.destroy());
    await listenPatiently(probe, place, config, log);
    await new Promise<void>((done) => probe.close(() => done()));
  }
}

/**
 * Begins to listen. A port for other servers that is taken is tried again, as
 * `electionPortBindRetry` says: the process before this one may still be on its way out.
 *
 * @throws StartError when the place cannot be used
 */
export async function listenPatiently(
  server: Server,
  place: Place,
  config: Config,
  log: Log,
): Promise<void> {
  const retries = config.electionPortBindRetry === 0 ? Infinity : config.electionPortBindRetry;
  for (let tried = 0; ; tried++) {
    try {
      await listenAt(server, place);
      return;
    } catch (error) {
      const mayPass = ['EADDRINUSE', 'EADDRNOTAVAIL'].includes(systemCode(error));
      if (place.purpose === 'clients' || !mayPass || tried >= retries) {
        throw cannotListen(place, error);
      }
      const message = `${nameOf(place)} cannot be used yet (${systemCode(error)}), and is tried again`;
      log({ level: 'warn', event: 'listener.retry', message });
      await delay(BIND_RETRY_MS);
    }
  }
}

/**
 * Begins to listen.
 *
 * @returns the port, which the system chose when 0 was asked for
 * @throws the system's error, `EADDRINUSE` when the port is taken
 */
export function listenAt(
  server: Server,
  { port, host }: Pick<Place, 'port' | 'host'>,
  more: Pick<ListenOptions, 'backlog'> = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      server.off('listening', listening);
      reject(error);
    };
    const listening = () => {
      server.off('error', failed);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    };
    server.once('error', failed);
    server.once('listening', listening);
    server.listen({ port, ...(host === undefined ? {} : { host }), ...more });
  });
}

const clientRemedies: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'is taken by another program. Stop that one, or choose another clientPort, or --port of ' +
    'vivarium start (0 takes any).',
  EACCES: 'may not be used by this user. Choose a clientPort from 1024 on.',
  EADDRNOTAVAIL: 'is not an address of this machine. Check clientPortAddress.',
  ENOTFOUND: 'has a name that cannot be resolved. Check clientPortAddress.',
};

const OWN_LINE = "this server's own server.N line";

const linkRemedies: Readonly<Record<string, string>> = {
  EADDRINUSE: `is taken by another program. Stop that one, or choose another port in ${OWN_LINE}, on every server.`,
  EACCES: `may not be used by this user. Choose a port from 1024 on in ${OWN_LINE}, on every server.`,
  EADDRNOTAVAIL:
    `is not an address of this machine. Check ${OWN_LINE} and its myid; where the others reach it ` +
    'by an address that is not its own, set quorumListenOnAllIPs=true.',
  ENOTFOUND:
    `has a name that cannot be resolved. Check ${OWN_LINE}, or set quorumListenOnAllIPs=true: then ` +
    'only the others need the name.',
};

/** Why a server cannot listen, as an operator is told. */
export function cannotListen(place: Place, error: unknown): StartError {
  const remedies = place.purpose === 'clients' ? clientRemedies : linkRemedies;
  const remedy = remedies[systemCode(error)] ?? `gives: ${(error as Error).message}`;
  const whom = place.purpose === 'clients' ? '' : ` for other servers (${place.purpose})`;
  const story = `Cannot listen${whom}: ${nameOf(place)} ${remedy}`;
  return new StartError(story, exitCodes.unexpected, { cause: error });
}

function nameOf({ host, port }: Place): string {
  return `${host ?? 'every address'}, port ${port},`;
}
