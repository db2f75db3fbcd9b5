import { randomInt } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Zxid } from '../../../base/ids.js';
import { hexLong, highOf, lowOf } from '../../../base/long.js';
import { folders } from '../../../storage/disk.js';
import { DIGEST_VERSION } from '../../../storage/snapshot-format.js';
import { type LoadedSnapshot, readSnapshot } from '../../../storage/snapshot-reader.js';
import type { Database } from '../../../tree/database.js';
import { MalformedError } from '../../../wire/reader.js';
import { Files } from '../../files.js';
import { exitCodes, StartError, systemCode } from '../../start-error.js';

/** A backup that was read and found to be what it says. */
export interface BackupFile {
  /** As a server has it that begins with it. */
  readonly database: Database;
  /** The last transaction in it. */
  readonly zxid: Zxid;
  readonly size: number;
}

/**
 * Reads a backup: every checksum, and the digest of the tree, which shows that it is the tree of
 * one transaction and not of a stretch of time.
 *
 * @throws StartError saying what is wrong with it
 */
export function readBackup(shown: string, purpose: 'restored' | 'kept' = 'restored'): BackupFile {
  const refused = (why: string) => {
    return new StartError(`${shown} cannot be ${purpose}: ${why}`, exitCodes.dataFolder);
  };
  const path = resolve(shown);
  const disk = new Files({ snapshots: dirname(path), logs: dirname(path) });
  let size: number;
  let loaded: LoadedSnapshot;
  try {
    const found = statSync(path);
    if (!found.isFile()) throw refused('it is not a file.');
    size = found.size;
    // Owners are written as they are read: what kinds of nodes they mean is nobody's business here.
    const options = { extendedTypes: false, digest: true, hashSeed: randomInt(2 ** 31) };
    loaded = readSnapshot(disk, folders.snapshots + basename(path), size, 0n, options);
  } catch (error) {
    if (error instanceof StartError) throw error;
    if (error instanceof MalformedError) {
      throw refused(`it is no whole, sound snapshot (${error.message}). Take another backup.`);
    }
    const isGone = systemCode(error) === 'ENOENT';
    throw refused(isGone ? 'there is no such file.' : `${(error as Error).message}.`);
  }
  const { database, digest, lastZxid } = loaded;
  if (digest?.version !== DIGEST_VERSION || lastZxid !== digest.zxid) {
    throw refused(
      'it does not say of which one transaction its tree is. It is perhaps a file of a data ' +
        'folder: those need the logs beside them. Take a backup with vivarium backup.',
    );
  }
  if (digest.digest !== database.tree.digest) {
    throw refused(
      `its tree is not that of ${hexLong(digest.zxid)}, as which it is sealed: the digest ` +
        'differs. It was perhaps taken while writes went on; take a backup with vivarium backup.',
    );
  }
  database.advanceTo(highOf(lastZxid), lowOf(lastZxid));
  return { database, zxid: lastZxid, size };
}

/** What is in a backup, for whoever has made or restored it. */
export function storyOf({ database, zxid, size }: BackupFile): string {
  const { tree, sessions } = database;
  const digest = BigInt.asUintN(64, tree.digest).toString(16);
  return (
    `zxid ${hexLong(zxid)}, digest ${digest}, nodes ${tree.nodeCount}, sessions ${sessions.size}, ` +
    `${size} bytes`
  );
}
