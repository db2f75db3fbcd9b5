import type { SessionId, Zxid } from '../base/ids.js';
import { hexLong, highOf, longOf, lowOf } from '../base/long.js';
import { OPEN_ACL_ID } from '../tree/acl-table.js';
import { Database, type DatabaseOptions } from '../tree/database.js';
import { STAT_WORDS } from '../tree/rows.js';
import { MalformedError } from '../wire/reader.js';
import { Acl } from '../wire/records.js';
import type { BootDisk } from './disk.js';
import { FileWindow } from './file-window.js';
import {
  DIGEST_SECTION_BYTES,
  END_MARK,
  SEAL_BYTES,
  SNAPSHOT_MAGIC,
  SNAPSHOT_VERSION,
  ZXID_SECTION_BYTES,
} from './snapshot-format.js';

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

/** ACL id and StatPersisted, behind a node's data. */
const NODE_TAIL_BYTES = 68;
const SESSION_BYTES = 12;
/** More than one entry of an ACL takes. */
const LARGEST_ACL_BYTES = 1 << 20;

/**
 * Reads a snapshot of ZooKeeper 3.4 to 3.9 or of ours. Which sections it has is seen from the bytes
 * behind the first seal.
 *
 * @throws MalformedError with the place where it is not a whole, sound snapshot
 */
export function readSnapshot(
  disk: BootDisk,
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
  need(from, 16);
  if (from.int() !== SNAPSHOT_MAGIC) throw new MalformedError('it is not a snapshot');
  const version = from.int();
  if (version !== SNAPSHOT_VERSION) throw new MalformedError(`its format ${version} is not known`);
  from.long();
  database.startLoading();
  readSessions(from, database.sessions);
  readAcls(from, database);
  readNodes(from, database);
  database.finishLoading();
  database.advanceTo(highOf(zxid), lowOf(zxid));
  const sections = readSections(from);
  if (sections.lastZxid !== undefined && sections.lastZxid < zxid) {
    const last = hexLong(sections.lastZxid);
    throw new MalformedError(`it ends with transaction ${last}, before the one in its name`);
  }
  return { database, checksum: from.checksum, ...sections };
}

function readSessions(from: FileWindow, sessions: Map<SessionId, number>): void {
  const count = countOf(from, SESSION_BYTES);
  for (let i = 0; i < count; i++) {
    need(from, SESSION_BYTES);
    const session = from.long();
    sessions.set(session, from.int());
  }
}

function readAcls(from: FileWindow, database: Database): void {
  const count = countOf(from, SESSION_BYTES);
  for (let i = 0; i < count; i++) {
    need(from, 12);
    const id = Number(from.long());
    const list: Acl[] = [];
    for (let left = countOf(from, 1); left > 0; left--) {
      from.ensure(Math.min(from.left, LARGEST_ACL_BYTES));
      list.push(Acl.read(from));
    }
    database.acls.load(id, list);
  }
}

function readNodes(from: FileWindow, database: Database): void {
  const words = new Int32Array(STAT_WORDS);
  for (let count = 0; ; count++) {
    need(from, 4);
    const { bytes, position } = from;
    const pathLength = intAt(bytes, position);
    if (pathLength < 0) throw new MalformedError(`unreasonable length ${pathLength}`);
    if (pathLength === 1) {
      if (count === 0) throw new MalformedError('there are no nodes');
      break;
    }
    need(from, 8 + pathLength);
    const dataLength = Math.max(0, intAt(from.bytes, from.position + 4 + pathLength));
    need(from, 8 + pathLength + dataLength + NODE_TAIL_BYTES);
    const path = from.string();
    if ((path === '') !== (count === 0)) throw new MalformedError('the root is not the first node');
    const data = from.bufferOrNull();
    const aclId = aclIdOf(from.int(), from.int());
    for (let i = 0; i < STAT_WORDS; i++) words[i] = from.int();
    database.loadWords(path, data, aclId, words);
  }
  readEndMark(from);
}

/** The id is a long in the file, and an int wherever it is used. */
function aclIdOf(high: number, low: number): number {
  if (high === 0 ? low > 0 : high === -1 && low === OPEN_ACL_ID) return low;
  throw new MalformedError(`ACL id ${longOf(high, low)} is out of range`);
}

function readSections(from: FileWindow): Partial<LoadedSnapshot> {
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

function readEndMark(from: FileWindow): void {
  need(from, 5);
  if (from.string() !== END_MARK) throw new MalformedError('an end mark is missing');
}

/** Number of things of at least `leastBytes`. */
function countOf(from: FileWindow, leastBytes: number): number {
  need(from, 4);
  const count = from.int();
  if (count < 0 || count > from.left / leastBytes) {
    throw new MalformedError(`unreasonable count ${count}`);
  }
  return count;
}

function need(from: FileWindow, count: number): void {
  if (!from.ensure(count)) throw new MalformedError('the file ends too early');
}

function intAt(b: Uint8Array, at: number): number {
  return (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!;
}
