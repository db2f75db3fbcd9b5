import type { Zxid } from '../base/ids.js';
import { hexLong, highOf, lowOf } from '../base/long.js';
import { Database, type DatabaseOptions } from '../tree/database.js';
import { MalformedError } from '../wire/reader.js';
import type { DiskReader } from './disk.js';
import { FileWindow } from './file-window.js';
import {
  DIGEST_SECTION_BYTES,
  SEAL_BYTES,
  SNAPSHOT_HEADER_BYTES,
  SNAPSHOT_MAGIC,
  SNAPSHOT_VERSION,
  ZXID_SECTION_BYTES,
} from './snapshot-format.js';
import { readEndMark, SnapshotParser } from './snapshot-parser.js';

/** What a snapshot holds. */
export interface LoadedSnapshot {
  /** At the zxid in the file's name. */
  readonly database: Database;
  /** Of the whole file. */
  readonly checksum: number;
  /** Digest of the tree, and the transaction it was taken after. */
  readonly digest?: { readonly zxid: Zxid; readonly version: number; readonly digest: bigint };
  /** The last transaction that the snapshot may show effects of, where it says so. */
  readonly lastZxid?: Zxid;
}

/**
 * Reads a snapshot of ZooKeeper 3.4 to 3.9 or of ours. Which sections it has is seen from the bytes
 * behind the first seal.
 *
 * @throws MalformedError with the place where it is not a whole, sound snapshot
 */
export function readSnapshot(
  disk: DiskReader,
  file: string,
  size: number,
  zxid: Zxid,
  options: DatabaseOptions,
): LoadedSnapshot {
  const from = new FileWindow(disk, file, size);
  try {
    return read(from, zxid, new Database(options));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new MalformedError(`at byte ${from.offset}: ${error.message}`);
  }
}

function read(from: FileWindow, zxid: Zxid, database: Database): LoadedSnapshot {
  readSnapshotHeader(from);
  if (!new SnapshotParser(database).advance(from)) throw tooShort();
  database.finishLoading();
  database.advanceTo(highOf(zxid), lowOf(zxid));
  const sections = readSnapshotSections(from);
  if (sections.lastZxid !== undefined && sections.lastZxid < zxid) {
    const last = hexLong(sections.lastZxid);
    throw new MalformedError(`it ends with transaction ${last}, before the one in its name`);
  }
  return { database, checksum: from.checksum, ...sections };
}

/**
 * Reads what a snapshot begins with. @returns its database id
 *
 * @throws MalformedError when it is none, or in another format
 */
export function readSnapshotHeader(from: FileWindow): bigint {
  need(from, SNAPSHOT_HEADER_BYTES);
  if (from.int() !== SNAPSHOT_MAGIC) throw new MalformedError('it is not a snapshot');
  const version = from.int();
  if (version !== SNAPSHOT_VERSION) throw new MalformedError(`its format ${version} is not known`);
  return from.long();
}

/**
 * Reads what stands behind the nodes, from the first seal on.
 *
 * @throws MalformedError when a checksum does not match, or the sections are none that are known
 */
export function readSnapshotSections(
  from: FileWindow,
): Pick<LoadedSnapshot, 'digest' | 'lastZxid'> {
  readSeal(from);
  const { left } = from;
  const digestBytes = DIGEST_SECTION_BYTES + SEAL_BYTES;
  const zxidBytes = ZXID_SECTION_BYTES + SEAL_BYTES;
  if (![0, digestBytes, zxidBytes, digestBytes + zxidBytes].includes(left)) {
    throw new MalformedError(`${left} bytes behind the nodes mean nothing`);
  }
  const sections: { -readonly [K in keyof LoadedSnapshot]?: LoadedSnapshot[K] } = {};
  if (left >= digestBytes) {
    need(from, digestBytes);
    const zxid = from.long();
    const version = from.int();
    sections.digest = { zxid, version, digest: BigInt.asUintN(64, from.long()) };
    readSeal(from);
  }
  if (from.left > 0) {
    need(from, zxidBytes);
    sections.lastZxid = from.long();
    readSeal(from);
  }
  return sections;
}

function readSeal(from: FileWindow): void {
  need(from, SEAL_BYTES);
  const { checksum } = from;
  if (from.long() !== BigInt(checksum)) throw new MalformedError('the checksum does not match');
  readEndMark(from);
}

function need(from: FileWindow, count: number): void {
  if (!from.ensure(count)) throw tooShort();
}

function tooShort(): MalformedError {
  return new MalformedError('the file ends too early');
}
