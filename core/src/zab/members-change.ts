import { textOf } from '../base/bytes.js';
import type { Zxid } from '../base/ids.js';
import { hexLong, longOf } from '../base/long.js';
import type { EnsembleSpec } from '../config/ensemble.js';
import { readEnsemble } from '../config/ensemble-text.js';
import { packetTypes } from '../wire/quorum.js';
import { txnTypeOf, txnTypes } from '../wire/txns.js';

/**
 * Whether a leader's packet says that the ensemble has other members than this server was told.
 *
 * @param own what it was told; their version is the zxid of the transaction that made them
 * @returns what the packet says, as the beginning of a sentence; `undefined` for no such thing
 */
export function changeOfMembers(
  type: number,
  zxidHigh: number,
  zxidLow: number,
  data: Uint8Array | null,
  own: EnsembleSpec | undefined,
): string | undefined {
  switch (type) {
    case packetTypes.proposal:
    case packetTypes.inform:
      if (data === null || txnTypeOf(data) !== txnTypes.reconfig) return undefined;
      break;
    case packetTypes.newLeader: {
      const told = data === null ? undefined : readEnsemble(textOf(data));
      if (told === undefined || 'wrong' in told) return undefined;
      return newer(told.version, own, 'The leader has the members');
    }
    case packetTypes.commitAndActivate:
    case packetTypes.informAndActivate:
      break;
    default:
      return undefined;
  }
  return newer(longOf(zxidHigh, zxidLow), own, 'A transaction makes the members');
}

function newer(version: Zxid, own: EnsembleSpec | undefined, what: string): string | undefined {
  const known = own?.version ?? 0n;
  if (version <= known) return undefined;
  return `${what} of version ${hexLong(version)}, and this server was started with ${hexLong(known)}`;
}
