/** What faults have to work on. */
import type { Kernel } from '@vivarium/core/internal/local/kernel';
import type { Network } from '@vivarium/core/internal/local/network';
import type { Random } from '@vivarium/core/internal/local/random';
import type { Witness } from '../inside/witness.js';
import type { Lasting } from './lasting.js';
import type { Participants } from './participants.js';
import type { SimServer } from './sim-server.js';
import type { Swarm } from './swarm.js';
import type { Ways } from './ways.js';

export interface FaultWorld {
  readonly kernel: Kernel;
  readonly network: Network;
  readonly ways: Ways;
  readonly swarm: Swarm;
  readonly servers: readonly SimServer[];
  readonly participants: Participants;
  readonly lasting: Lasting;
  readonly witness: Witness;
  /** Who leads, as far as anybody can say. */
  readonly leader: () => SimServer | undefined;
  /** Whether a server may lose all its data, and enough others have theirs. */
  readonly mayWipe: (server: SimServer) => boolean;
  /** False from the heal on. */
  readonly goesOn: () => boolean;
}

/**
 * Lets something go wrong.
 *
 * @param took to be told what was done, in a few words, once it has an effect: only then it counts
 */
export type FaultAct = (world: FaultWorld, random: Random, took: (what: string) => void) => void;
