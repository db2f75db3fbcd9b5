/** Makes a server of what is on its disk: one that stands alone, or a member of an ensemble. */
import type { BootLocal } from '@vivarium/core/internal/local/machine';
import { bootPeer } from '@vivarium/core/internal/peer/boot';

export const bootServer: BootLocal = (options) => bootPeer(options);
