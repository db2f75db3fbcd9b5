import { type BootOptions, bootPeer } from './boot.js';
import { bootMember } from './boot-member.js';
import type { Member } from './member.js';
import type { Peer } from './peer.js';

/**
 * Makes a server of what its data folder holds: one that stands alone, or a member of the ensemble
 * that its config names.
 *
 * @throws RefusedStartError when the data must not be served as it is
 */
export function bootServer(options: BootOptions): Peer | Member {
  return options.config.ensemble === undefined ? bootPeer(options) : bootMember(options);
}
