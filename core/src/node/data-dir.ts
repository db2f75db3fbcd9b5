import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fromHex } from '../base/bytes.js';
import type { Config } from '../config/config.js';
import { readMyId } from '../config/my-id.js';
import { readIfThere, syncFolder, writeDurably } from './durable-file.js';
import { demandNoApache, type FolderLock, lockFolder } from './folder-lock.js';
import { exitCodes, StartError, systemCode } from './start-error.js';

/** Newest layout of the side files that this version knows. */
const FORMAT = 1;
/** What the marker says of a server that stands alone. */
const STANDALONE = 'standalone';
/** What it says of a server of an ensemble. Ensembles have no names: their config tells them. */
const MEMBER = 'member';
const SECRET_BYTES = 32;
/** Says whose folder it is. */
const MARKER = 'vivarium.json';

/** A data folder that was claimed for one server of this process. */
export interface DataDir {
  /** Absolute folders of snapshots and logs, `version-2` included. */
  readonly snapshots: string;
  readonly logs: string;
  /** From `myid` where there is one, else from the config. */
  readonly serverId: number;
  /** Key of the session passwords. Never to be shown. */
  readonly secret: Uint8Array;
  /** Things an operator should know, one sentence each. */
  readonly warnings: readonly string[];
  /** Lets the next server have it. */
  release(): void;
}

/**
 * Makes the folders where they are missing, claims them, and reads what stands beside the data:
 * `myid` (ZooKeeper's), `vivarium.json` (whose folder it is, and in which format) and
 * `vivarium-session-secret`. Apache ZooKeeper passes over the last two.
 *
 * @throws StartError when the folder cannot be used, is in use, or belongs to somebody else
 */
export async function openDataDir(config: Config): Promise<DataDir> {
  const dataDir = resolve(config.dataDir);
  const dataLogDir = resolve(config.dataLogDir);
  const warnings: string[] = [];
  const locks: FolderLock[] = [];
  const release = () => {
    for (const lock of locks.splice(0)) lock.release();
  };
  const claim = async (folder: string) => {
    makeFolder(folder, config.datadirAutocreate);
    makeFolder(join(folder, 'version-2'), config.datadirAutocreate);
    // An earlier start may have been killed before it did.
    syncFolder(folder);
    if ((statSync(folder).mode & 0o002) !== 0) {
      warnings.push(`${folder} can be written to by every user of this machine; chmod 700 it.`);
    }
    locks.push(await lockFolder(folder));
  };
  try {
    if (dataDir !== dataLogDir) demandLogs(dataDir, dataLogDir);
    demandNoApache(dataDir);
    await claim(dataDir);
    if (!isSameFolder(dataDir, dataLogDir)) await claim(dataLogDir);
    const epoch = join(dataDir, 'version-2', 'currentEpoch');
    if (config.ensemble === undefined && existsSync(epoch)) {
      warnings.push(
        `${epoch} says that this data is of a member of an ensemble: writes that the others have ` +
          'acknowledged may be missing in it, and it may hold some that nobody has acknowledged.',
      );
    }
    const serverId = numberOf(dataDir, config);
    claimFor(dataDir, serverId, config.ensemble === undefined ? STANDALONE : MEMBER);
    if (config.ensemble !== undefined) takeInitialize(dataDir, dataLogDir);
    return {
      snapshots: join(dataDir, 'version-2'),
      logs: join(dataLogDir, 'version-2'),
      serverId,
      secret: sessionSecret(dataDir, warnings),
      warnings,
      release,
    };
  } catch (error) {
    release();
    if (error instanceof StartError) throw error;
    const { message } = error as Error;
    const story = `The data folder ${dataDir} cannot be used: ${message}`;
    throw new StartError(story, exitCodes.dataFolder, { cause: error });
  }
}

/**
 * An operator's word that a member without data is to vote: a file `initialize` beside `version-2`,
 * as `zkServer-initialize.sh` leaves it. It goes to where the server looks for it, and removes it
 * when it has done as it says.
 */
function takeInitialize(...given: readonly [dataDir: string, dataLogDir: string]): void {
  for (const folder of given) {
    const file = join(folder, 'initialize');
    if (!existsSync(file)) continue;
    writeDurably(join(given[0], 'version-2', 'initialize'), '');
    unlinkSync(file);
    syncFolder(folder);
  }
}

/** Whether two paths name one folder, by links too. */
function isSameFolder(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev;
}

/**
 * A log folder that has vanished is not made anew for data that was served before: its disk may not
 * be mounted, or the config names another one, and every transaction since the last snapshot would
 * be missing without a word.
 */
function demandLogs(dataDir: string, dataLogDir: string): void {
  const logs = join(dataLogDir, 'version-2');
  if (existsSync(logs) || !existsSync(join(dataDir, MARKER))) return;
  throw refused(
    logs,
    `does not exist, and the data in ${dataDir} was served before, with its logs`,
    'Check dataLogDir, and whether its disk is mounted. To keep the logs there from now on, make ' +
      'that folder and move log.* and vivarium-log.* into it.',
  );
}

/** Makes sure of a folder that this server can use. */
function makeFolder(folder: string, mayCreate: boolean): void {
  if (mayCreate) createFolder(folder);
  try {
    if (!statSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    if (mayCreate || systemCode(error) !== 'ENOENT') throw error;
    throw new Error(`${folder} does not exist, and datadir.autocreate is false`);
  }
}

/**
 * Makes a folder that only its owner can enter, and those above it that are missing; the name of
 * each is durable. The recursion is our own: Node's never returns where a file system answers
 * ENOENT to every new folder, as /proc and automounted folders do.
 */
function createFolder(folder: string): void {
  try {
    createOne(folder);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || existsSync(dirname(folder))) throw error;
    createFolder(dirname(folder));
    createOne(folder);
  }
}

function createOne(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return;
    throw error;
  }
  syncFolder(dirname(folder));
}

/**
 * The number of the server: that of its `myid`, if there is one. In an ensemble it must not be
 * another than the config's, since the others know this server by its number.
 */
function numberOf(dataDir: string, { ensemble, serverId }: Config): number {
  const path = join(dataDir, 'myid');
  const text = readIfThere(path);
  if (text === undefined) return serverId;
  const id = readMyId(text);
  if (id === undefined) {
    throw new StartError(
      `${path} holds '${text.split('\n')[0]!.trim()}', not a server's number. ` +
        'Write a number from 0 to 255 into it, or remove it where a single server runs.',
      exitCodes.dataFolder,
    );
  }
  if (ensemble === undefined || id === serverId) return id;
  const remedy = 'Check dataDir, and the number that the server was started with.';
  throw refused(path, `says that this is server ${id}, and it is server ${serverId}`, remedy);
}

/** Whose data it is: written by the first start, compared by every later one. */
function claimFor(dataDir: string, serverId: number, ensemble: string): void {
  const path = join(dataDir, MARKER);
  const text = readIfThere(path);
  if (text === undefined) {
    writeDurably(path, `${JSON.stringify({ format: FORMAT, ensemble, serverId })}\n`);
    return;
  }
  const marker = parseMarker(path, text);
  if (marker.format > FORMAT) {
    throw refused(
      path,
      `was written in format ${marker.format} by a newer Vivarium; this one knows up to ${FORMAT}`,
      'Start it with that version or a later one.',
    );
  }
  if (marker.ensemble !== ensemble) throw foreign(path, marker.ensemble, ensemble);
  if (marker.serverId !== serverId) {
    throw refused(
      path,
      `says that the data belongs to server ${marker.serverId}, and this is server ${serverId}`,
      'Check dataDir and the number of the server (myid, server.N or vivarium.serverId).',
    );
  }
}

/** The data of an ensemble and that of a server that stands alone are not to be mistaken. */
function foreign(path: string, owner: unknown, ensemble: string): StartError {
  const owners: Readonly<Record<string, string>> = {
    [STANDALONE]: 'is of a server that stood alone',
    [MEMBER]: 'is of a server of an ensemble',
  };
  const dataOf = owners[String(owner)] ?? `belongs to the ensemble ${JSON.stringify(owner)}`;
  const says = `says that the data ${dataOf}, and this server `;
  if (ensemble === STANDALONE) {
    const remedy = 'Check dataDir, or start it with the config of that ensemble.';
    return refused(path, `${says}stands alone`, remedy);
  }
  return refused(
    path,
    `${says}is one of an ensemble`,
    'Check dataDir. To begin an ensemble with that data, copy the folder to each of its servers ' +
      'while none runs, and remove that file from every copy: the servers then agree on it.',
  );
}

interface Marker {
  readonly format: number;
  readonly ensemble: unknown;
  readonly serverId: unknown;
}

function parseMarker(path: string, text: string): Marker {
  try {
    const marker = JSON.parse(text) as Partial<Marker> | null;
    if (typeof marker?.format === 'number') return marker as Marker;
  } catch {
    // Not JSON at all: refused below like any other text that is no marker.
  }
  const remedy =
    'If the data is surely of this server, remove that file; the next start writes it.';
  throw refused(path, 'cannot be read as the marker of a data folder', remedy);
}

function refused(path: string, what: string, remedy: string): StartError {
  return new StartError(`${path} ${what}. ${remedy}`, exitCodes.dataFolder);
}

/** The key of this folder's session passwords, made by the first start. */
function sessionSecret(dataDir: string, warnings: string[]): Uint8Array {
  const path = join(dataDir, 'vivarium-session-secret');
  const text = readIfThere(path);
  if (text === undefined) {
    const secret = randomBytes(SECRET_BYTES);
    writeDurably(path, `${secret.toString('hex')}\n`);
    return new Uint8Array(secret);
  }
  if (!/^[0-9a-f]{64}\s*$/.test(text)) {
    const remedy = 'Restore it, or remove it: clients then lose their sessions, and no data.';
    throw refused(path, 'does not hold a session secret', remedy);
  }
  if ((statSync(path).mode & 0o077) !== 0) {
    chmodSync(path, 0o600);
    warnings.push(
      `${path} could be read by other users, who may know the secret now; it is 0600 again. ` +
        'Remove the file while the server is stopped to get a new one.',
    );
  }
  return fromHex(text);
}
