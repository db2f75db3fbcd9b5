import { closeSync, openSync, readdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { customAlphabet } from 'nanoid';
import { identify, isAlive, type ProcessIdentity } from './process-identity.js';
import { exitCodes, StartError, systemCode } from './start-error.js';

/**
 * Keeps two servers out of one folder. Each server first puts down a claim, a file whose name says
 * which process it is of, and then looks for others: so of two that come at once at least one sees
 * the other. Names are never used twice, so a claim of a dead process can be removed by anybody
 * without hitting a newer one. Claims of processes that were killed are such: they never block.
 *
 * A process of another container has a number that means nothing here. So on Linux the claim is a
 * socket that its owner listens to: the kernel answers for it as long as the owner lives, stopped
 * or not, and in every container of the machine that sees the folder.
 */
const CLAIM = /^vivarium-(\d+)-([0-9a-f-]*)-([0-9a-f]{8})\.lock$/;

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
  const lock = await putDown(folder, own);
  try {
    for (const name of readdirSync(folder)) {
      const claim = name === own ? undefined : claimOf(name);
      if (claim === undefined) continue;
      if (await isHeld(folder, name, claim)) throw inUse(folder, claim);
      remove(join(folder, name));
    }
  } catch (error) {
    lock.release();
    throw error;
  }
  return lock;
}

/** Puts down a claim: a socket, or an empty file where there can be none. */
async function putDown(folder: string, name: string): Promise<FolderLock> {
  const path = join(folder, name);
  const forget = await listenThere(folder, name);
  if (forget === undefined) writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
  return {
    release() {
      remove(path);
      forget?.();
    },
  };
}

/** Listens to a socket of this name; returns what ends that, `undefined` where it cannot be. */
function listenThere(folder: string, name: string): Promise<(() => void) | undefined> {
  return throughShortPath(folder, name, (path, done) => {
    const server = createServer((socket) => socket.destroy());
    server.on('error', () => done(undefined));
    const access = { readableAll: true, writableAll: true }; // The folder itself is closed.
    server.listen({ path, exclusive: true, ...access }, () => done(() => server.close()));
    server.unref();
  });
}

/**
 * Whether the owner of a claim lives and means this folder: of a socket the kernel knows both, of a
 * plain file only its process can be looked for. In a copy of a folder in use, nobody listens.
 */
async function isHeld(folder: string, name: string, claim: ProcessIdentity): Promise<boolean> {
  const isSocket = statSync(join(folder, name), { throwIfNoEntry: false })?.isSocket();
  return isSocket === true ? isListenedTo(folder, name) : isAlive(claim);
}

/** Whether somebody listens to the socket of this name. */
async function isListenedTo(folder: string, name: string): Promise<boolean> {
  const answer = await throughShortPath<boolean>(folder, name, (path, done) => {
    const socket = connect(path, () => {
      socket.destroy();
      done(true);
    });
    // A plain file gives ECONNREFUSED too. A full queue of connections is that of a live server.
    socket.on('error', (error) => done(systemCode(error) === 'EAGAIN'));
  });
  return answer === true;
}

/**
 * Does something with a path to a file that has room in the address of a socket, which 107 bytes
 * are the most of, however deep the folder lies. Only Linux has such paths.
 */
async function throughShortPath<T>(
  folder: string,
  name: string,
  work: (path: string, done: (result: T | undefined) => void) => void,
): Promise<T | undefined> {
  if (process.platform !== 'linux') return undefined;
  const handle = openSync(folder, 'r');
  try {
    return await new Promise((done) => work(`/proc/self/fd/${handle}/${name}`, done));
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
  const where = isAlive(claim) ? '' : ' of another container';
  const isSelf = where === '' && pid === process.pid;
  const who = isSelf ? `this very process (pid ${pid})` : `process ${pid}${where}`;
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
