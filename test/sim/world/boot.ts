/** Makes a server of what is on its disk: one that stands alone, or a member of an ensemble. */
import type { BootLocal } from '@vivarium/core/internal/local/machine';
import { bootPeer } from '@vivarium/core/internal/peer/boot';
import { bootMember } from '@vivarium/core/internal/peer/boot-member';

export const bootServer: BootLocal = (options) =>
  options.config.ensemble === undefined ? bootPeer(options) : bootMember(options);
