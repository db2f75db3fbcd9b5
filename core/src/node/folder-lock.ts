import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import { customAlphabet } from 'nanoid';
import { readIfThere } from './durable-file.js';
import { identify, isAlive, type ProcessIdentity } from './process-identity.js';
import { exitCodes, StartError, systemCode } from './start-error.js';

/**
 * Keeps two servers out of one folder. Each server first puts down a claim, and then looks for
 * others: so of two that come at once at least one sees the other. A claim's name says which
 * process it is of. Names are never used twice, so a claim of a dead process can be removed by
 * anybody without hitting a newer one. Claims of processes that were killed are such: they never
 * block.
 *
 * A claim is a socket that its server listens to, so that the system itself tells whether that
 * lives, also where its number means another process or none: in two containers that share the
 * folder, each server may be process 1. Where a file system knows no sockets the claim is an empty
 * file, and the name has to do.
 */
const CLAIM = /^vivarium-(\d+)-([0-9a-f-]*)-([0-9a-f]{8})\.lock$/;

/** Longest path that every system takes for a socket, in bytes. */
const SOCKET_PATH_BYTES = 103;

/** Eight hexadecimal digits that no other claim of this process has, in all likelihood. */
const newMark = customAlphabet('0123456789abcdef', 8);

/** A claim that is held; give it back with `release`. */
export interface FolderLock {
  release(): void;
}

/**
 * Claims a folder for this process.
 *
 * @throws StartError naming the pid when a live server has it
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const { pid, began } = identify(process.pid) ?? { pid: process.pid, began: '' };
  const own = `vivarium-${pid}-${began}-${newMark()}.lock`;
  const path = join(folder, own);
  const listener = await putDown(folder, own);
  const release = () => {
    remove(path);
    listener?.close();
  };
  try {
    for (const name of readdirSync(folder)) {
      const claim = name === own ? undefined : claimOf(name);
      if (claim === undefined) continue;
      if (await isHeld(folder, name, claim)) throw inUse(folder, claim);
      remove(join(folder, name));
    }
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

/**
 * Looks for an Apache ZooKeeper server that `zkServer.sh` has started on a data folder: its number
 * stands in a file there, which a server that was killed leaves behind.
 *
 * @throws StartError naming its pid when it lives
 */
export function demandNoApache(folder: string): void {
  const pid = readIfThere(join(folder, 'zookeeper_server.pid'))?.trim() ?? '';
  if (!/^[1-9]\d*$/.test(pid)) return;
  let command = '';
  try {
    command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    // There is no such process, or this system does not tell what it is.
  }
  if (command.includes('org.apache.zookeeper')) throw refusal(folder, `process ${pid}`);
}

/** Makes a claim, which has its name only when it is listened to. @returns what listens */
async function putDown(folder: string, name: string): Promise<Server | undefined> {
  const draft = `${name}.new`;
  const server = createServer((socket) => socket.destroy());
  try {
    await atSocket(folder, draft, (path) => listening(server, path));
    renameSync(join(folder, draft), join(folder, name));
    server.unref();
    return server;
  } catch {
    server.close();
    remove(join(folder, draft));
    writeFileSync(join(folder, name), '', { flag: 'wx', mode: 0o600 });
    return undefined;
  }
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(path, () => {
      server.off('error', failed);
      // Whoever cannot be accepted has learned by connecting that this server lives.
      server.on('error', () => {});
      done();
    });
  });
}

/** Whether the server that put down a claim still lives. */
async function isHeld(folder: string, name: string, claim: ProcessIdentity): Promise<boolean> {
  const isSocket = lstatSync(join(folder, name), { throwIfNoEntry: false })?.isSocket();
  if (isSocket === undefined) return false;
  if (!isSocket) return isAlive(claim);
  const code = await atSocket(folder, name, reached).catch(systemCode);
  if (code === '' || code === 'EAGAIN') return true;
  if (code === 'ENOENT') return false;
  // Of a number alone, without when its process began, the socket knows more.
  if (code === 'ECONNREFUSED' && claim.began === '') return false;
  return isAlive(claim);
}

/** What came of connecting: the system's code of the error, or an empty text. */
function reached(path: string): Promise<string> {
  return new Promise((done) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      done('');
    });
    socket.on('error', (error) => done(systemCode(error) || 'UNKNOWN'));
  });
}

/**
 * Uses a socket of a folder by a path that is short enough: where its own is not, by the way that
 * Linux has through an open folder.
 */
async function atSocket<T>(
  folder: string,
  name: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const path = resolve(folder, name);
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES) return use(path);
  const handle = openSync(folder, 'r');
  try {
    return await use(`/proc/self/fd/${handle}/${name}`);
  } finally {
    closeSync(handle);
  }
}

function claimOf(name: string): ProcessIdentity | undefined {
  const parts = CLAIM.exec(name);
  return parts === null ? undefined : { pid: Number(parts[1]), began: parts[2]! };
}

function inUse(folder: string, claim: ProcessIdentity): StartError {
  const { pid } = claim;
  const isHere = isAlive(claim);
  const isOurs = isHere && pid === process.pid;
  const who = isOurs ? `this very process (pid ${pid})` : `process ${pid}`;
  const where = isHere ? '' : ', which is in another container';
  return refusal(folder, `${who}${where}`);
}

function refusal(folder: string, who: string): StartError {
  return new StartError(
    `The data folder ${resolve(folder)} is in use by a server in ${who}. ` +
      'Stop that server, or give this one a folder of its own (dataDir, or --data of vivarium start).',
    exitCodes.dataFolder,
  );
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
