/** A server of this process, for the suites that need a real one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientHost } from '@vivarium/core/internal/node/client-host';
import { type RunningServer, startServer } from '@vivarium/core/server';
import type { Target } from './target.js';

/**
 * Starts a server on a free port with an empty data folder, which goes with it.
 *
 * @param connectStringOf how clients reach it
 */
export async function openServer(
  connectStringOf: (server: RunningServer) => string,
): Promise<Target> {
  const dataDir = mkdtempSync(join(tmpdir(), 'vivarium-compliance-'));
  const server = await startServer({
    dataDir,
    clientPort: 0,
    tickTime: 500,
    extendedTypesEnabled: true,
    maxClientCnxns: 0,
    logTo: { write: () => true },
  });
  return {
    connectString: connectStringOf(server),
    host: clientHost,
    async stop() {
      await server.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}
