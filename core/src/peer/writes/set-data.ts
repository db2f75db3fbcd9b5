import { codes, OK } from '../../base/errors.js';
import { highOfNumber, lowOfNumber } from '../../base/long.js';
import { isValidPath } from '../../base/path.js';
import { permissions } from '../../wire/permissions.js';
import type { SetDataRequest } from '../../wire/records.js';
import { txnTypes } from '../../wire/txns.js';
import { word } from '../change-record.js';
import { nextVersion, type Preparation, type Prepared, type WriteOrigin } from '../preparation.js';

/** Checks new data for a node in ZooKeeper's order, and records the node. */
export function prepareSetData(
  p: Preparation,
  origin: WriteOrigin,
  { path, data, version }: SetDataRequest,
): Prepared {
  const sessionCode = p.checkSession(origin);
  if (sessionCode !== OK) return sessionCode;
  if (!isValidPath(path)) return codes.BAD_ARGUMENTS;
  const found = p.outstanding.find(path, false);
  if (found === undefined) return codes.NO_NODE;
  if (!p.permits(found, permissions.write, origin)) return codes.NO_AUTH;
  const dataLength = data === null ? 0 : data.length;
  const growth = dataLength - found.dataLength;
  if (p.breaksQuota(path, 0, growth, origin)) return codes.QUOTA_EXCEEDED;
  const next = nextVersion(found.words[word.version]!, version);
  if (next === undefined) return codes.BAD_VERSION;
  const node = p.outstanding.edit(found);
  node.contentCrc = p.outstanding.contentCrcOf(path, data);
  node.dataLength = dataLength;
  node.words[word.version] = next;
  node.words[word.mzxidHigh] = origin.zxidHigh;
  node.words[word.mzxidLow] = origin.zxidLow;
  node.words[word.mtimeHigh] = highOfNumber(origin.timeMs);
  node.words[word.mtimeLow] = lowOfNumber(origin.timeMs);
  p.outstanding.record(node);
  return { type: txnTypes.setData, path, data, version: next };
}
