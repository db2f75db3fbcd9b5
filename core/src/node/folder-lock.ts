import { readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { customAlphabet } from 'nanoid';
import { identify, isAlive, type ProcessIdentity } from './process-identity.js';
import { exitCodes, StartError } from './start-error.js';

/**
 * Keeps two servers out of one folder. Each server first puts down a claim, a file whose name says
 * which process it is of, and then looks for others: so of two that come at once at least one sees
 * the other. Names are never used twice, so a claim of a dead process can be removed by anybody
 * without hitting a newer one. Claims of processes that were killed are such: they never block.
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
export function lockFolder(folder: string): FolderLock {
  const { pid, began } = identify(process.pid) ?? { pid: process.pid, began: '' };
  const own = `vivarium-${pid}-${began}-${newMark()}.lock`;
  const path = join(folder, own);
  writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
  try {
    for (const name of readdirSync(folder)) {
      const claim = name === own ? undefined : claimOf(name);
      if (claim === undefined) continue;
      if (isAlive(claim)) throw inUse(folder, claim);
      remove(join(folder, name));
    }
  } catch (error) {
    remove(path);
    throw error;
  }
  return { release: () => remove(path) };
}

function claimOf(name: string): ProcessIdentity | undefined {
  const parts = CLAIM.exec(name);
  return parts === null ? undefined : { pid: Number(parts[1]), began: parts[2]! };
}

function inUse(folder: string, { pid }: ProcessIdentity): StartError {
  const who = pid === process.pid ? `this very process (pid ${pid})` : `process ${pid}`;
  return new StartError(
    `The data folder ${resolve(folder)} is in use by a server in ${who}. ` +
      'Stop that server, or give this one a folder of its own (dataDir).',
    exitCodes.dataFolder,
  );
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
