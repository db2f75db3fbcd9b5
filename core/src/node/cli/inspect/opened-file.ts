import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { folders } from '../../../storage/disk.js';
import { logFactsFileOf, type NamedFile, parseFileName } from '../../../storage/file-names.js';
import { Files } from '../../files.js';
import { exitCodes, StartError, systemCode } from '../../start-error.js';

/** A file that somebody has named, with the folder that it lies in as a disk. */
export interface OpenedFile {
  /** As it was named: for whoever reads of it. */
  readonly shown: string;
  /** Absolute. */
  readonly path: string;
  /** The folder that it lies in, absolute. */
  readonly folder: string;
  readonly disk: Files;
  /** What the disk calls it. */
  readonly file: string;
  /** Bytes, when it was opened. */
  readonly size: number;
  /** What its name says; `undefined` for a name that means nothing to a server. */
  readonly name: NamedFile | undefined;
}

/** @throws StartError when there is no such file, or it cannot be read */
export function openFile(shown: string): OpenedFile {
  const path = resolve(shown);
  const folder = dirname(path);
  const base = basename(path);
  const disk = new Files({ snapshots: folder, logs: folder });
  const file = folders.logs + base;
  try {
    const found = statSync(path);
    if (!found.isFile()) throw unreadable(shown, 'it is not a file');
    disk.read(file, 0, 1);
    return { shown, path, folder, disk, file, size: found.size, name: parseFileName(base) };
  } catch (error) {
    if (error instanceof StartError) throw error;
    const isGone = systemCode(error) === 'ENOENT';
    throw unreadable(shown, isGone ? 'there is no such file' : (error as Error).message);
  }
}

/** Path of Vivarium's notes beside a log, where there are some. */
export function notesOf({ folder, name }: OpenedFile): string | undefined {
  if (name?.kind !== 'log') return undefined;
  const path = join(folder, logFactsFileOf(name.zxid).slice(folders.logs.length));
  return existsSync(path) ? path : undefined;
}

function unreadable(shown: string, why: string): StartError {
  const remedy = 'Name files as they stand in version-2 of a data folder, or copies of them.';
  return new StartError(`${shown} cannot be inspected: ${why}. ${remedy}`, exitCodes.invocation);
}
