import { isOffer, packetName, packetTypes, ZAB_VERSION } from '../wire/quorum.js';
import { MalformedError, Reader } from '../wire/reader.js';

/**
 * Reads LEADERINFO, the first packet of a leader.
 *
 * @returns whether the leader is Vivarium's and what follows is sealed
 * @throws MalformedError when it is no such packet
 */
export function readLeaderInfo(type: number, data: Uint8Array | null): boolean {
  if (type !== packetTypes.leaderInfo || data === null || data.length < 4) {
    throw new MalformedError(`${packetName(type)} comes where LEADERINFO must`);
  }
  const version = new Reader(data).int();
  if (version < ZAB_VERSION) throw new MalformedError(`its protocol ${version} is too old`);
  return isOffer(data.subarray(4));
}
