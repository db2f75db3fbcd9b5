import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { EnsembleSpec } from '../../config/ensemble.js';
import { participantsOf } from '../../config/ensemble.js';
import { writeServer } from '../../config/servers.js';
import { readConfigFile } from '../config-file.js';
import { readIfThere, writeDurably } from '../durable-file.js';
import { type LocalPorts, localEnsemble } from '../ensemble.js';
import { anyFreePorts, findFreePorts } from '../free-port.js';
import { exitCodes, StartError } from '../start-error.js';

/** What a person asked for; what is absent is as it was, or usual. */
export interface EnsembleRequest {
  readonly folder: string;
  readonly voters?: number;
  readonly observers?: number;
  /** Client port of the first server; 0 for any, and then no usual port is taken at all. */
  readonly port?: number;
  /** Further keys of each `zoo.cfg`, or other values for those that it has. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** One server of an ensemble on this machine, before it runs. */
export interface EnsembleSeat {
  readonly id: number;
  readonly port: number;
  readonly dataDir: string;
  readonly configFile: string;
}

export interface EnsembleSeats {
  /** Absolute. */
  readonly folder: string;
  readonly seats: readonly EnsembleSeat[];
  readonly voters: number;
  /** Whether the usual port was taken, so that others were chosen. */
  readonly isMoved: boolean;
}

export const USUAL_PORT = 2181;
const USUAL_QUORUM_PORT = 2888;
const USUAL_ELECTION_PORT = 3888;
/** How far from a usual port a free one is looked for. */
const PORTS_TRIED = 100;
const USUAL_VOTERS = 3;
const HOST = '127.0.0.1';

/**
 * Makes the folders of an ensemble, each with a `zoo.cfg` and a `myid`, or finds those of an
 * earlier start: its servers stay as many as they were, and so do their ports unless others are
 * asked for.
 *
 * @throws StartError when the folder holds something else
 */
export async function prepareEnsemble(request: EnsembleRequest): Promise<EnsembleSeats> {
  const folder = resolve(request.folder);
  demandNoServer(folder);
  const earlier = earlierEnsemble(folder);
  if (earlier !== undefined) demandSame(folder, earlier, request);
  const voters = earlier?.voters ?? request.voters ?? USUAL_VOTERS;
  const observers = earlier?.observers ?? request.observers ?? 0;
  const count = voters + observers;
  for (let id = 1; id <= count; id++) demandMember(folder, join(folder, String(id)), count);
  const wanted = request.port ?? earlier?.ports.client;
  const client = await clientPorts(wanted, count);
  const ports = earlier?.ports ?? (await linkPorts(client, count, wanted === 0));
  const spec = localEnsemble(voters, observers, { ...ports, client });
  const seats = spec.servers.map(({ serverId: id }): EnsembleSeat => {
    const dataDir = join(folder, String(id));
    const seat = { id, port: client + id - 1, dataDir, configFile: join(dataDir, 'zoo.cfg') };
    writeSeat(seat, spec, request.settings);
    return seat;
  });
  const isMoved = wanted === undefined && client !== USUAL_PORT;
  return { folder, seats, voters, isMoved };
}

interface Earlier {
  readonly voters: number;
  readonly observers: number;
  readonly ports: LocalPorts;
}

/** The ensemble that the configs in a folder tell of; any of them does. */
function earlierEnsemble(folder: string): Earlier | undefined {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  for (const name of names) {
    const configFile = join(folder, name, 'zoo.cfg');
    if (!/^\d+$/.test(name) || !existsSync(configFile)) continue;
    const { ensemble } = readConfigFile(configFile).config;
    const first = ensemble?.servers.find(({ serverId }) => serverId === 1);
    const address = first?.addresses[0];
    if (ensemble === undefined || address === undefined) continue;
    const { quorumPort: quorum, electionPort: election } = address;
    const voters = participantsOf(ensemble).length;
    const observers = ensemble.servers.length - voters;
    return { voters, observers, ports: { client: first?.client?.port ?? 0, quorum, election } };
  }
  return undefined;
}

/** A folder of one server is not one of an ensemble. */
function demandNoServer(folder: string): void {
  if (!existsSync(join(folder, 'version-2'))) return;
  throw new StartError(
    `${folder} is the data folder of a server. Name the folder that holds those of all servers, ` +
      'each in a folder of its number.',
    exitCodes.invocation,
  );
}

function demandSame(folder: string, earlier: Earlier, { voters, observers }: EnsembleRequest) {
  const isSame =
    (voters ?? earlier.voters) === earlier.voters &&
    (observers ?? earlier.observers) === earlier.observers;
  if (isSame) return;
  throw new StartError(
    `${folder} holds an ensemble of ${earlier.voters} servers and ${earlier.observers} observers, ` +
      'which cannot be changed yet. Leave --servers and --observers out, or name another folder ' +
      'with --data.',
    exitCodes.invocation,
  );
}

/** The data of a server that stood alone is not made that of an ensemble without a word. */
function demandMember(folder: string, dataDir: string, count: number): void {
  const marker = readIfThere(join(dataDir, 'vivarium.json')) ?? '';
  if (!/"ensemble"\s*:\s*"standalone"/.test(marker)) return;
  const others = Array.from({ length: count }, (_, at) => join(folder, String(at + 1)));
  const copies = others.filter((other) => other !== dataDir);
  throw new StartError(
    [
      `${dataDir} holds the data of a server that stood alone. Nothing was changed.`,
      `To go on with that server:  vivarium start --single --data ${dataDir}`,
      'To begin an ensemble with its data, copy it to all servers while none runs:',
      ...copies.map((copy) => `  cp -R ${dataDir} ${copy}`),
      `  rm ${others.map((other) => join(other, 'vivarium.json')).join(' ')}`,
      'and start again. To begin with an empty tree, name another folder with --data.',
    ].join('\n'),
    exitCodes.dataFolder,
  );
}

/** The first client port: the one that was asked for, or the first of as many that are free. */
async function clientPorts(wanted: number | undefined, count: number): Promise<number> {
  if (wanted === 0) return anyFreePorts(HOST, count);
  if (wanted !== undefined) return wanted;
  return (
    (await findFreePorts(HOST, USUAL_PORT, count, PORTS_TRIED)) ?? (await anyFreePorts(HOST, count))
  );
}

async function linkPorts(client: number, count: number, isAny: boolean): Promise<LocalPorts> {
  if (isAny) return anyLinkPorts(client, count);
  const quorum = await findFreePorts(HOST, USUAL_QUORUM_PORT, count, PORTS_TRIED);
  const election = await findFreePorts(HOST, USUAL_ELECTION_PORT, count, PORTS_TRIED);
  const isFine = (port: number | undefined): port is number =>
    port !== undefined && (port + count <= client || client + count <= port);
  if (isFine(quorum) && isFine(election)) return { client, quorum, election };
  return anyLinkPorts(client, count);
}

async function anyLinkPorts(client: number, count: number): Promise<LocalPorts> {
  const first = await anyFreePorts(HOST, 2 * count);
  const isApart = first + 2 * count <= client || client + count <= first;
  if (!isApart) return anyLinkPorts(client, count);
  return { client, quorum: first, election: first + count };
}

function writeSeat(
  { id, port, dataDir, configFile }: EnsembleSeat,
  spec: EnsembleSpec,
  settings: Readonly<Record<string, string>> = {},
): void {
  const timing = { tickTime: '2000', initLimit: '10', syncLimit: '5', ...settings };
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lines = [
    '# Written by `vivarium ensemble`, anew at each start. For settings of your own, copy the files',
    '# of all servers and run each with `vivarium server`.',
    ...Object.entries(timing).map(([key, value]) => `${key}=${value}`),
    `dataDir=${escaped(dataDir)}`,
    `clientPort=${port}`,
    `clientPortAddress=${HOST}`,
    '4lw.commands.whitelist=*',
    'vivarium.allowLoopbackOrigins=true',
    ...spec.servers.map((server) => `server.${server.serverId}=${writeServer(server)}`),
  ];
  writeDurably(configFile, `${lines.join('\n')}\n`);
  writeDurably(join(dataDir, 'myid'), `${id}\n`);
}

/** A path as Java's properties have it: in Latin-1, with backslashes doubled. */
function escaped(path: string): string {
  return path.replace(/\\|[^ -~]/g, (unit) =>
    unit === '\\' ? '\\\\' : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
