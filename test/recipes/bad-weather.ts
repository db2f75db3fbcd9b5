/** What befalls an ensemble in virtual time, and the clients at it. */
import type { Client } from '@vivarium/core';
import type { Local } from '@vivarium/core/local';
import type { Random } from '../unit/tree/random.js';

export interface BadWeather {
  readonly world: Local;
  readonly clients: readonly Client[];
  /** Chooses what happens next. */
  readonly random: Random;
  /** Resolves after so many milliseconds of the world. */
  readonly pause: (ms: number) => Promise<void>;
  readonly forMs: number;
  /** Of the four kinds in eight that befall a client, so many cut it off for a while. */
  readonly cutOffs: number;
}

/**
 * For a while one server after the other is killed, paused or cut off from one or from all, and
 * clients are cut off or lose their connections; one thing at a time. Then all is well again.
 */
export async function badWeather(weather: BadWeather): Promise<void> {
  const { world, clients, random, pause, forMs, cutOffs } = weather;
  const endMs = world.now + forMs;
  while (world.now < endMs) {
    await pause(random.below(400));
    const server = random.pick(world.servers);
    const zk = random.pick(clients);
    const kind = random.below(8);
    if (kind === 0) server.kill();
    if (kind === 1) server.pause();
    if (kind === 2) server.partition();
    if (kind === 3) server.partitionFrom(random.pick(world.servers));
    if (kind >= 4 && kind < 4 + cutOffs) world.partition(zk);
    if (kind >= 4 + cutOffs) world.cut(zk);
    else await pause(random.below(4_000));
    if (server.state === 'down') server.start();
    if (server.state === 'paused') server.resume();
    world.heal();
  }
}
