import type { SessionId, Zxid } from '../../../base/ids.js';
import { hexLong, longOf } from '../../../base/long.js';
import type { Compression } from '../../../storage/compression.js';
import { ExpandingWindow } from '../../../storage/expanding-window.js';
import { isSnapshot } from '../../../storage/file-names.js';
import type { FileWindow } from '../../../storage/file-window.js';
import {
  DIGEST_SECTION_BYTES,
  DIGEST_VERSION,
  endsLikeSnapshot,
  SEAL_BYTES,
  SNAPSHOT_HEADER_BYTES,
  SNAPSHOT_MAGIC,
  SNAPSHOT_VERSION,
  ZXID_SECTION_BYTES,
} from '../../../storage/snapshot-format.js';
import { SnapshotParser } from '../../../storage/snapshot-parser.js';
import {
  type LoadedSnapshot,
  openSnapshot,
  readSnapshotHeader,
  readSnapshotSections,
} from '../../../storage/snapshot-reader.js';
import { Database } from '../../../tree/database.js';
import { kindOfOwner, type NodeKind } from '../../../tree/owners.js';
import { type NodeId, ROOT_ID } from '../../../tree/tree.js';
import { MalformedError, Reader } from '../../../wire/reader.js';
import type { Acl } from '../../../wire/records.js';
import type { Damage, DamageKind } from './damage.js';
import type { OpenedFile } from './opened-file.js';

/** Whether the tree is the one of which the snapshot's digest was made. */
export type DigestState =
  | 'matches'
  | 'differs'
  /** The snapshot was taken while writes went on: the log has to be applied over it first. */
  | 'undecidable'
  /** It has none, or one that says nothing. */
  | 'none';

/** A snapshot, as far as it could be read. */
export interface InspectedSnapshot extends Pick<LoadedSnapshot, 'digest' | 'lastZxid'> {
  readonly opened: OpenedFile;
  /** How the file was compressed; `undefined` when it was not. */
  readonly compression: Compression | undefined;
  readonly dbId: bigint | undefined;
  readonly sessions: ReadonlyMap<SessionId, number>;
  readonly acls: readonly (readonly [id: number, acl: readonly Acl[]])[];
  /** Holds all nodes that were read, parents first; without {@link nodes} it means nothing. */
  readonly database: Database;
  /** Nodes that were read, the root among them. */
  readonly nodes: number;
  /** Of the tree that was read. */
  readonly treeDigest: bigint;
  readonly digestState: DigestState;
  readonly damages: readonly Damage[];
}

/** All that may stand behind the first seal. */
const LARGEST_SECTIONS_BYTES = DIGEST_SECTION_BYTES + ZXID_SECTION_BYTES + 2 * SEAL_BYTES;

const RESTORE =
  'A server passes over it and begins with the snapshot before it, if the logs since are there. ' +
  'Restore it from a backup, or take it away.';

/**
 * Reads a snapshot as far as it is sound. The whole tree is in memory then, as a server would have
 * it.
 */
export function inspectSnapshot(opened: OpenedFile): InspectedSnapshot {
  const { disk, file, size } = opened;
  const from = openSnapshot(disk, file, size);
  const compression = from instanceof ExpandingWindow ? from.compression : undefined;
  // As sessions all owners can be read: what kind they mean is told by kindOf().
  const database = new Database({ extendedTypes: false, digest: true });
  const damages: Damage[] = [];
  const alien = compression === undefined ? alienDamage(opened) : undefined;
  if (alien !== undefined) damages.push(alien);
  let dbId: bigint | undefined;
  let sections: Pick<LoadedSnapshot, 'digest' | 'lastZxid'> = {};
  let parser: SnapshotParser | undefined;
  let isInBody = false;
  try {
    if (alien === undefined) {
      dbId = readSnapshotHeader(from);
      parser = new SnapshotParser(database);
      isInBody = true;
      if (!parser.advance(from)) throw new MalformedError('the file ends too early');
      isInBody = false;
      sections = readSnapshotSections(from);
    }
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    damages.push(damageAt(from, error, isInBody ? parser : undefined, opened));
  }
  const nodes = parser?.nodesRead ?? 0;
  const treeDigest = nodes === 0 ? 0n : database.tree.digest;
  const whole = damages.length === 0;
  if (whole) damages.push(...nameDamage(opened, sections));
  const digestState = whole ? digestOf(opened, sections, treeDigest) : 'none';
  if (digestState === 'differs') damages.push(digestDamage(opened, sections, treeDigest));
  const { sessions } = database;
  const acls = [...database.acls.entries()];
  return {
    opened,
    compression,
    dbId,
    ...sections,
    sessions,
    acls,
    database,
    nodes,
    treeDigest,
    digestState,
    damages,
  };
}

/** Kind of a node. */
export function kindOf({ tree }: Database, id: NodeId): NodeKind {
  return kindOfOwner(tree.ownerHigh(id), tree.ownerLow(id), true) ?? 'ephemeral';
}

/** Owner of a node as it stands in the file. */
export function ownerOf({ tree }: Database, id: NodeId): bigint {
  return longOf(tree.ownerHigh(id), tree.ownerLow(id));
}

/** All nodes from a path on, parents first, children by name; none when there is no such node. */
export function* nodesBelow(snapshot: InspectedSnapshot, path: string): Generator<NodeId> {
  const { tree } = snapshot.database;
  if (snapshot.nodes === 0) return;
  const top = path === '/' ? ROOT_ID : tree.find(path);
  if (top < 0) return;
  const stack = [top];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    yield id;
    if (tree.childCount(id) === 0) continue;
    const children: (readonly [name: string, id: NodeId])[] = [];
    tree.forEachChild(id, (child) => children.push([tree.nameOf(child), child]));
    children.sort(([a], [b]) => (a < b ? 1 : -1));
    for (const [, child] of children) stack.push(child);
  }
}

/** What is wrong with a file that does not begin as a snapshot does. */
function alienDamage({ disk, file, size, shown }: OpenedFile): Damage | undefined {
  const at = { file: shown, offset: 0, until: Math.min(size, SNAPSHOT_HEADER_BYTES) };
  if (size === 0) return { ...at, kind: 'empty', what: 'the file is empty', remedy: RESTORE };
  const bytes = disk.read(file, 0, SNAPSHOT_HEADER_BYTES);
  const magic = bytes.length < 4 ? SNAPSHOT_MAGIC : new Reader(bytes).int();
  if (magic !== SNAPSHOT_MAGIC) {
    const isLog = magic === 0x5a4b_4c47;
    const head = Buffer.from(bytes.subarray(0, 4)).toString('hex');
    const what = isLog
      ? 'it is a transaction log, not a snapshot: vivarium inspect log shows it'
      : `it begins with ${head}, and a snapshot with 5a4b534e (ZKSN)`;
    const remedy = isLog ? 'Name a snapshot (snapshot.<zxid>).' : RESTORE;
    return { ...at, kind: 'not-this-kind', what, remedy };
  }
  if (bytes.length < SNAPSHOT_HEADER_BYTES) {
    const what = `the file ends within its header, after ${bytes.length} bytes`;
    return { ...at, kind: 'no-header', what, remedy: RESTORE };
  }
  const version = new Reader(bytes, 4).int();
  if (version === SNAPSHOT_VERSION) return undefined;
  const what = `it is in version ${version} of the format, and ${SNAPSHOT_VERSION} is the one known`;
  return { ...at, kind: 'unknown-version', what, remedy: RESTORE };
}

function damageAt(
  from: FileWindow | ExpandingWindow,
  error: MalformedError,
  parser: SnapshotParser | undefined,
  opened: OpenedFile,
): Damage {
  const behind =
    parser === undefined || parser.nodesRead === 0
      ? ''
      : `, behind ${parser.nodesRead} whole nodes, the last one ${JSON.stringify(parser.lastPath || '/')}`;
  if (from instanceof ExpandingWindow) return damageInside(from, error, behind, opened);
  const { shown, size, disk, file } = opened;
  const { message } = error;
  const isShort = !endsLikeSnapshot(disk, file, size);
  const isTooMuch = message.includes('mean nothing') && from.left > LARGEST_SECTIONS_BYTES;
  const ending = isShort && !isTooMuch ? ', and its end is missing' : '';
  return {
    kind: isTooMuch ? 'garbage' : kindOfMessage(message, isShort),
    file: shown,
    offset: from.offset,
    until: size,
    what: `${message}${behind}${ending}`,
    remedy: RESTORE,
  };
}

/** Of a compressed file: what is wrong with the compression, or else with what is in it. */
function damageInside(
  from: ExpandingWindow,
  error: MalformedError,
  behind: string,
  { shown, size }: OpenedFile,
): Damage {
  const { offset, left } = from;
  const damage = from.findDamage();
  if (damage !== undefined) {
    const what = `${damage.message}${behind}`;
    const at = { file: shown, offset: damage.offset, until: size };
    return { kind: 'compression', ...at, what, remedy: RESTORE };
  }
  const { message } = error;
  const isTooMuch = message.includes('mean nothing') && left > LARGEST_SECTIONS_BYTES;
  return {
    kind: isTooMuch ? 'garbage' : kindOfMessage(message, message.includes('too early')),
    file: shown,
    inside: from.compression,
    offset,
    until: from.expandedBytes,
    what: `${message}${behind}`,
    remedy: RESTORE,
  };
}

function kindOfMessage(message: string, isShort: boolean): DamageKind {
  if (message.includes('checksum')) return 'checksum';
  if (message.includes('end mark')) return 'end-mark';
  return isShort ? 'short' : 'meaningless';
}

function nameDamage(
  { name, shown, size }: OpenedFile,
  { lastZxid, digest }: Pick<LoadedSnapshot, 'digest' | 'lastZxid'>,
): readonly Damage[] {
  const last = lastZxid ?? digest?.zxid;
  if (name === undefined || !isSnapshot(name.kind)) return [];
  if (last === undefined || last >= name.zxid) return [];
  const what =
    `it ends with transaction ${hexLong(last)}, and its name says that it begins with ` +
    hexLong(name.zxid);
  const remedy = 'Give the file the name it had, or take it away.';
  return [{ kind: 'name', file: shown, offset: size, until: size, what, remedy }];
}

function digestOf(
  { name }: OpenedFile,
  { digest, lastZxid }: Pick<LoadedSnapshot, 'digest' | 'lastZxid'>,
  treeDigest: bigint,
): DigestState {
  // Apache leaves the digest at zero, though in version 2, until a first transaction was applied.
  if (digest?.version !== DIGEST_VERSION || digest.zxid <= 0n) return 'none';
  if (digest.digest === treeDigest) return 'matches';
  const isAtRest = name !== undefined && isSnapshot(name.kind) && name.zxid === digest.zxid;
  return isAtRest && (lastZxid ?? digest.zxid) === digest.zxid ? 'differs' : 'undecidable';
}

function digestDamage(
  { shown, size }: OpenedFile,
  { digest }: Pick<LoadedSnapshot, 'digest'>,
  treeDigest: bigint,
): Damage {
  const what =
    `the digest of its tree is ${hexLong(treeDigest)}, and it was ${hexLong(digest!.digest)} ` +
    `after transaction ${hexLong(digest!.zxid)}`;
  const remedy = 'Compare it with the snapshots of the other servers (vivarium inspect compare).';
  return { kind: 'digest', file: shown, offset: size, until: size, what, remedy };
}

/** The zxid in the name of a snapshot. */
export function startZxid({ opened: { name } }: InspectedSnapshot): Zxid | undefined {
  return name !== undefined && isSnapshot(name.kind) ? name.zxid : undefined;
}
