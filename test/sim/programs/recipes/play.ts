/** Which program plays which recipe. */
import type { Random } from '@vivarium/core/internal/local/random';
import type { Game } from '../../judges/recipes/places.js';
import { LastRound, playDoubleBarrier } from './double-barrier.js';
import { playElection } from './election.js';
import { playGroup } from './group.js';
import { playLock } from './lock.js';
import { Coverage, playPartitions } from './partitions.js';
import { playPermits } from './permits.js';
import type { Player } from './player.js';
import { playRwLock } from './rw-lock.js';
import { playConfig, playCounter } from './values.js';
import { playWorkQueue } from './work-queue.js';

/** Plays a recipe until the heal, and ends what it has begun. */
export type Play = (player: Player) => Promise<void>;

/**
 * The programs of one run, which have some things in common.
 *
 * @param size how many a double barrier is for
 */
export function playsOf(random: Random, size: number): Readonly<Record<Game, Play>> {
  const mayChange = random.chance(0.5);
  const last = new LastRound(size);
  const coverage = new Coverage();
  return {
    lock: playLock,
    'rw-lock': playRwLock,
    election: playElection,
    permits: (player) => playPermits(player, mayChange),
    group: playGroup,
    'double-barrier': (player) => playDoubleBarrier(player, last),
    counter: playCounter,
    config: playConfig,
    'work-queue': playWorkQueue,
    partitions: (player) => playPartitions(player, coverage),
  };
}
