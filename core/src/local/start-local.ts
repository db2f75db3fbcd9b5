import { bootServer } from '../peer/boot-server.js';
import type { Local, LocalOptions } from './local.js';
import { LocalWorld } from './world.js';

/**
 * Starts a server in memory, or a whole ensemble: the same machines as in production, with a
 * network, disks and a clock that a test holds in its hand. Nothing touches the world outside.
 *
 * ```ts
 * import { startLocal } from '@vivarium/core/local';
 *
 * const local = await startLocal();
 * const zk = await local.connect();
 * await zk.create('/a', 'hello');
 * local.servers[0].kill();
 * local.servers[0].start();
 * console.log(await zk.exists('/a')); // still there
 * await zk.close();
 * await local.stop();
 * ```
 *
 * With `startLocal({ servers: 3 })` the others go on while one of them is away; it resolves when
 * they have a leader.
 */
export async function startLocal(options: LocalOptions = {}): Promise<Local> {
  const world = new LocalWorld(bootServer, options);
  await world.ready();
  return world;
}
