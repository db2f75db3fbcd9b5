import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from '../../durable-file.js';
import { demandNoApache, lockFolder } from '../../folder-lock.js';
import { exitCodes, StartError } from '../../start-error.js';
import { openElsewhere } from './open-elsewhere.js';
import type { OpenedFile } from './opened-file.js';

/**
 * Does something to a file that no server has open. As long as it lasts, none can begin to use the
 * data folder.
 *
 * @throws StartError when a server has it; then nothing was done
 */
export async function whileNobodyHasIt<T>(opened: OpenedFile, work: () => T): Promise<T> {
  const { folder, path, shown } = opened;
  const dataDir = basename(folder) === 'version-2' ? dirname(folder) : folder;
  const release = await claim(dataDir, shown);
  try {
    const [pid] = openElsewhere(path);
    if (pid !== undefined) throw inUse(shown, `process ${pid} has it open`);
    return work();
  } finally {
    release();
  }
}

async function claim(dataDir: string, shown: string): Promise<() => void> {
  try {
    demandNoApache(dataDir);
    const lock = await lockFolder(dataDir);
    return () => lock.release();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    const who = /in use by (.*?)\. /.exec(error.message)?.[1] ?? 'a server';
    throw inUse(shown, `its data folder is in use by ${who}`);
  }
}

function inUse(shown: string, why: string): StartError {
  const remedy = 'Nothing was changed. Stop that server first; reading is possible while it runs.';
  return new StartError(`${shown} cannot be changed: ${why}. ${remedy}`, exitCodes.dataFolder);
}

/** What a kept copy's name begins with: no server reads or purges such a file. */
const PREFIX = 'vivarium-before-repair.';

/** Copies a file to one beside it, durably, before it is changed. @returns the copy's path */
export function keepCopy(path: string): string {
  const copy = freeName(path);
  copyFileSync(path, copy, constants.COPYFILE_EXCL);
  const handle = openSync(copy, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  syncFolder(dirname(copy));
  return copy;
}

/** Gives a file such a name. @returns its path now */
export function putAside(path: string): string {
  const aside = freeName(path);
  renameSync(path, aside);
  syncFolder(dirname(aside));
  return aside;
}

function freeName(path: string): string {
  const name = join(dirname(path), `${PREFIX}${basename(path)}`);
  let candidate = name;
  for (let n = 2; existsSync(candidate); n++) candidate = `${name}.${n}`;
  return candidate;
}
