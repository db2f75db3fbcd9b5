import { hexLong } from '../base/long.js';
import { isOffer, packetName, packetTypes, readLearnerInfo, ZAB_VERSION } from '../wire/quorum.js';
import { MalformedError } from '../wire/reader.js';
import { LAST_EPOCH } from './discovery.js';
import type { Membership } from './membership.js';

/** Who a learner says it is. */
export interface LearnerGreeting {
  readonly serverId: number;
  readonly isObserver: boolean;
  readonly isVivarium: boolean;
  /** Why it may not follow; `undefined` when it may. */
  readonly refusal: string | undefined;
}

/**
 * Reads the first packet of a learner and looks whether it belongs here.
 *
 * @throws MalformedError when it is no such packet
 */
export function readGreeting(
  type: number,
  acceptedEpoch: number,
  data: Uint8Array | null,
  membership: Membership,
  ownId: number,
): LearnerGreeting {
  if (type !== packetTypes.followerInfo && type !== packetTypes.observerInfo) {
    throw new MalformedError(`${packetName(type)} before it said who it is`);
  }
  const info = readLearnerInfo(data);
  if (info.protocolVersion < ZAB_VERSION) {
    throw new MalformedError('it speaks a protocol from before ZooKeeper 3.4');
  }
  const serverId = Number(info.serverId);
  const isObserver = type === packetTypes.observerInfo;
  const isVivarium = isOffer(info.rest);
  const refusal =
    refusalOf(serverId, info.configVersion, membership, ownId) ??
    refusalOfEpoch(serverId, acceptedEpoch);
  return { serverId, isObserver, isVivarium, refusal };
}

/** An epoch that is no epoch: whoever followed it could never follow anybody again. */
function refusalOfEpoch(serverId: number, epoch: number): string | undefined {
  if (epoch >= 0 && epoch < LAST_EPOCH) return undefined;
  return (
    `server ${serverId} says that it has accepted epoch ${epoch}, which no leader can have begun: ` +
    `look at the file acceptedEpoch in its data folder`
  );
}

function refusalOf(
  serverId: number,
  configVersion: bigint,
  membership: Membership,
  ownId: number,
): string | undefined {
  if (serverId === ownId || membership.server(serverId) === undefined) {
    const what = serverId === ownId ? 'has my own number' : 'is no member';
    return `server ${serverId} ${what}: check its myid and its server lines`;
  }
  if (configVersion <= membership.version) return undefined;
  return (
    `its servers are those of version ${hexLong(configVersion)}, and mine of ` +
    `${hexLong(membership.version)}: give this server the newer list`
  );
}
