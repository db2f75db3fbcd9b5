import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import { type ConfigOverrides, defaultConfig } from '@vivarium/core/internal/config/config';
import { type RunningServer, runServer } from '@vivarium/core/internal/node/run-server';
import { bootEcho } from './echo-machine.js';
import type { TestContext } from './suite.js';
import { tempFolder } from './temp-folder.js';

/** A host around the echo machine, on a port of the system's choice; closed with the test. */
export async function echoServer(
  t: TestContext,
  overrides: ConfigOverrides = {},
): Promise<RunningServer & { readonly events: LogEvent[] }> {
  const events: LogEvent[] = [];
  const server = await runServer({
    config: defaultConfig({
      dataDir: overrides.dataDir ?? tempFolder(t),
      clientPort: 0,
      clientPortAddress: '127.0.0.1',
      ...overrides,
    }),
    boot: bootEcho,
    log: (event) => events.push(event),
    shownConfig: '',
  });
  t.cleanup(() => server.close());
  return { ...server, events };
}
