/**
 * Runs the client's compliance suite against Apache ZooKeeper, of the release given or the newest.
 * Not part of `npm test`, which has no Java.
 */
import { clientHost } from '@vivarium/core/internal/node/client-host';
import { clientSuite } from '../../compliance/client-suite.js';
import { type ApacheVersion, apacheVersions, startApache } from '../apache.js';

const version = (process.argv[2] ?? apacheVersions.newest) as ApacheVersion;

clientSuite(`Apache ZooKeeper ${version}`, async () => {
  const running = process.env.APACHE_ADDRESS;
  const server = running === undefined ? await startApache({ version }) : undefined;
  const before39 = ['zxid-in-events', 'stat-in-multi', 'watches-side-by-side'] as const;
  const lacks = version === '3.8.0' ? before39 : [];
  return {
    connectString: server?.address ?? running!,
    host: clientHost,
    lacks,
    stop: async () => server?.stop(),
  };
});
