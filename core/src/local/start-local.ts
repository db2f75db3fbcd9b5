import { bootServer } from '../peer/boot-server.js';
import type { Local, LocalOptions } from './local.js';
import { LocalWorld } from './world.js';

/**
 * Starts a server in memory: the same machine as in production, with a network, a disk and a clock
 * that a test holds in its hand. Nothing of it touches the world outside.
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
 */
export async function startLocal(options: LocalOptions = {}): Promise<Local> {
  return new LocalWorld(bootServer, options);
}
