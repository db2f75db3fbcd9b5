import { codes, OK } from '../../base/errors.js';
import { highOfNumber, lowOfNumber } from '../../base/long.js';
import { isValidPath, parentOf, sequenceSuffix } from '../../base/path.js';
import { CONTAINER_OWNER_HIGH, MAX_TTL_MS, ttlOwnerHigh, ttlOwnerLow } from '../../tree/owners.js';
import { type CreateModeRow, createModeOf } from '../../wire/create-modes.js';
import { permissions } from '../../wire/permissions.js';
import type { Acl, CreateRequest } from '../../wire/records.js';
import { type TxnBody, txnTypes } from '../../wire/txns.js';
import { type ChangeRecord, word } from '../change-record.js';
import type { Preparation, Prepared, WriteOrigin } from '../preparation.js';

export type CreateOperation = 'create' | 'create2' | 'createContainer' | 'createTtl';

/** No time to live was given: all but `createTtl`. */
const NO_TTL = -1n;

/** Checks a creation in ZooKeeper's order, and records the node and its parent. */
export function prepareCreate(
  p: Preparation,
  origin: WriteOrigin,
  operation: CreateOperation,
  request: CreateRequest,
  ttl: bigint = NO_TTL,
): Prepared {
  const mode = createModeOf(request.flags);
  if (mode === undefined) return codes.BAD_ARGUMENTS;
  const modeCode = checkMode(p, operation, mode, ttl);
  if (modeCode !== OK) return modeCode;
  const sessionCode = p.checkSession(origin);
  if (sessionCode !== OK) return sessionCode;
  /* A node must not outlive the only server that knows its owner. */
  if (mode.ephemeral && origin.session!.isLocal) return codes.EPHEMERAL_ON_LOCAL_SESSION;
  if (!hasParentPart(request.path)) return codes.BAD_ARGUMENTS;
  const acl = p.normaliseAcl(request.acl, origin);
  if (acl === undefined) return codes.INVALID_ACL;
  const parent = p.outstanding.find(parentOf(request.path));
  if (parent === undefined) return codes.NO_NODE;
  if (!p.permits(parent, permissions.create, origin)) return codes.NO_AUTH;
  const created = parent.words[word.cversion]!;
  const path = mode.sequential ? request.path + sequenceSuffix(created) : request.path;
  if (!isValidPath(path)) return codes.BAD_ARGUMENTS;
  if (p.outstanding.exists(path)) return codes.NODE_EXISTS;
  if (isEphemeral(p, parent)) return codes.NO_CHILDREN_FOR_EPHEMERALS;
  const dataLength = request.data === null ? 0 : request.data.length;
  if (p.breaksQuota(path, 1, dataLength, origin)) return codes.QUOTA_EXCEEDED;

  const parentCVersion = (created + 1) | 0;
  recordParent(p, parent, origin, parentCVersion);
  const owner = ownerOf(operation, mode, ttl, origin);
  p.outstanding.record(newNode(p, path, request.data, acl, owner, origin));
  return bodyOf(operation, path, request.data, acl, mode.ephemeral, parentCVersion, ttl);
}

/**
 * ZooKeeper takes the kind of the node now from the operation, now from the flags, and so can log
 * what it cannot apply. Here both must say the same; only `create` of a container, which some
 * clients send, makes a plain node as it does there.
 */
function checkMode(
  p: Preparation,
  operation: CreateOperation,
  mode: CreateModeRow,
  ttl: bigint,
): number {
  if (mode.ttl) {
    if (!p.config.extendedTypesEnabled) return codes.UNIMPLEMENTED;
    if (ttl < 1n || ttl > BigInt(MAX_TTL_MS)) return codes.BAD_ARGUMENTS;
  } else if (ttl >= 0n) {
    return codes.BAD_ARGUMENTS;
  }
  if (mode.ttl !== (operation === 'createTtl')) return codes.BAD_ARGUMENTS;
  if (operation === 'createContainer' && !mode.container) return codes.BAD_ARGUMENTS;
  return OK;
}

/** What ZooKeeper asks of a path before it looks for the parent. */
export function hasParentPart(path: string): boolean {
  return path.includes('/') && !path.includes('\0');
}

function isEphemeral(p: Preparation, node: ChangeRecord): boolean {
  const high = node.words[word.ownerHigh]!;
  const low = node.words[word.ownerLow]!;
  return p.database.tree.kindOfOwner(high, low) === 'ephemeral';
}

function recordParent(
  p: Preparation,
  found: ChangeRecord,
  origin: WriteOrigin,
  cversion: number,
): void {
  const parent = p.outstanding.edit(found);
  parent.childCount++;
  parent.words[word.cversion] = cversion;
  parent.words[word.pzxidHigh] = origin.zxidHigh;
  parent.words[word.pzxidLow] = origin.zxidLow;
  p.outstanding.record(parent);
}

interface Owner {
  readonly high: number;
  readonly low: number;
}

const NOBODY: Owner = { high: 0, low: 0 };

function ownerOf(
  operation: CreateOperation,
  mode: CreateModeRow,
  ttl: bigint,
  { session }: WriteOrigin,
): Owner {
  if (operation === 'createContainer') return { high: CONTAINER_OWNER_HIGH, low: 0 };
  if (operation === 'createTtl') {
    const ms = Number(ttl);
    return { high: ttlOwnerHigh(ms), low: ttlOwnerLow(ms) };
  }
  return mode.ephemeral ? { high: session!.idHigh, low: session!.idLow } : NOBODY;
}

function newNode(
  p: Preparation,
  path: string,
  data: Uint8Array | null,
  acl: readonly Acl[],
  owner: Owner,
  origin: WriteOrigin,
): ChangeRecord {
  const words = p.outstanding.newWords();
  words[word.czxidHigh] = words[word.mzxidHigh] = words[word.pzxidHigh] = origin.zxidHigh;
  words[word.czxidLow] = words[word.mzxidLow] = words[word.pzxidLow] = origin.zxidLow;
  words[word.ctimeHigh] = words[word.mtimeHigh] = highOfNumber(origin.timeMs);
  words[word.ctimeLow] = words[word.mtimeLow] = lowOfNumber(origin.timeMs);
  words[word.ownerHigh] = owner.high;
  words[word.ownerLow] = owner.low;
  return {
    path,
    exists: true,
    words,
    childCount: 0,
    acl,
    dataLength: data === null ? 0 : data.length,
    contentCrc: p.outstanding.contentCrcOf(path, data),
    hash: 0,
    write: 0,
  };
}

function bodyOf(
  operation: CreateOperation,
  path: string,
  data: Uint8Array | null,
  acl: readonly Acl[],
  ephemeral: boolean,
  parentCVersion: number,
  ttl: bigint,
): TxnBody {
  switch (operation) {
    case 'createContainer':
      return { type: txnTypes.createContainer, path, data, acl, parentCVersion };
    case 'createTtl':
      return { type: txnTypes.createTtl, path, data, acl, parentCVersion, ttl };
    default:
      return { type: txnTypes[operation], path, data, acl, ephemeral, parentCVersion };
  }
}
