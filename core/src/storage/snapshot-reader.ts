import type { Zxid } from '../base/ids.js';
import { hexLong, highOf, lowOf } from '../base/long.js';
import { Database, type DatabaseOptions } from '../tree/database.js';
import { MalformedError } from '../wire/reader.js';
import type { CheckedWindow } from './byte-window.js';
import { compressionOf } from './compression.js';
import type { DiskReader } from './disk.js';
import { ExpandingWindow } from './expanding-window.js';
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
  /** Of the whole file, when it is not compressed. */
  readonly checksum: number;
  /** Digest of the tree, and the transaction it was taken after. */
  readonly digest?: { readonly zxid: Zxid; readonly version: number; readonly digest: bigint };
  /** The last transaction that the snapshot may show effects of, where it says so. */
  readonly lastZxid?: Zxid;
}

/**
 * Reads a snapshot of ZooKeeper 3.4 to 3.9 or of ours, compressed or not. Which sections it has is
 * seen from the bytes behind the first seal.
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
  const from = openSnapshot(disk, file, size);
  try {
    return read(from, zxid, new Database(options));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    if (!(from instanceof ExpandingWindow)) {
      throw new MalformedError(`at byte ${from.offset}: ${error.message}`);
    }
    const { offset } = from;
    const damage = from.findDamage();
    throw damage ?? new MalformedError(`at byte ${offset} of what is in it: ${error.message}`);
  }
}

/** Opens a snapshot, decompressing it where its first bytes say that it is compressed. */
export function openSnapshot(
  disk: DiskReader,
  file: string,
  size: number,
): FileWindow | ExpandingWindow {
  const compression = compressionOf(disk, file);
  if (compression === undefined) return new FileWindow(disk, file, size);
  return new ExpandingWindow(disk, file, size, compression);
}

function read(from: CheckedWindow, zxid: Zxid, database: Database): LoadedSnapshot {
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
export function readSnapshotHeader(from: CheckedWindow): bigint {
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
  from: CheckedWindow,
): Pick<LoadedSnapshot, 'digest' | 'lastZxid'> {
  readSeal(from);
  const digestBytes = DIGEST_SECTION_BYTES + SEAL_BYTES;
  const zxidBytes = ZXID_SECTION_BYTES + SEAL_BYTES;
  /* Of what is decompressed, this finds out how much is left. */
  from.ensure(digestBytes + zxidBytes + 1);
  const { left } = from;
  if (![0, digestBytes, zxidBytes, digestBytes + zxidBytes].includes(left)) {
    const count = Number.isFinite(left) ? left : 'too many';
    throw new MalformedError(`${count} bytes behind the nodes mean nothing`);
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

function readSeal(from: CheckedWindow): void {
  need(from, SEAL_BYTES);
  const { checksum } = from;
  if (from.long() !== BigInt(checksum)) throw new MalformedError('the checksum does not match');
  readEndMark(from);
}

function need(from: CheckedWindow, count: number): void {
  if (!from.ensure(count)) throw tooShort();
}

function tooShort(): MalformedError {
  return new MalformedError('the file ends too early');
}
