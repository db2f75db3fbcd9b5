import type { ServerEnd } from '../driver.js';
import type { RunningServer } from '../run-server.js';
import type { World } from './world.js';

/** What a shell says of a process that a second Ctrl-C ended. */
const INTERRUPTED = 130;

/**
 * Waits until a server has ended: by itself, or because somebody asked for it. Who asks a second
 * time does not want to wait; the next start then repairs what is left, as after a crash.
 */
export async function untilStopped(
  server: RunningServer,
  world: World,
  stopping: (signal: string) => void,
): Promise<ServerEnd> {
  let isStopping = false;
  const forget = world.onStopRequest((signal) => {
    if (isStopping) {
      world.exit(INTERRUPTED);
      return;
    }
    isStopping = true;
    stopping(signal);
    void server.close();
  });
  try {
    return await server.ended;
  } finally {
    forget();
  }
}
