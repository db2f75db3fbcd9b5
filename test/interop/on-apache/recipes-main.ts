/**
 * Runs the suite of the recipes against Apache ZooKeeper, of the release given or the newest. Not
 * part of `npm test`, which has no Java.
 */
import { clientHost } from '@vivarium/core/internal/node/client-host';
import { recipesSuite } from '../../recipes/recipes-suite.js';
import { type ApacheVersion, apacheVersions, startApache } from '../apache.js';

const version = (process.argv[2] ?? apacheVersions.newest) as ApacheVersion;

recipesSuite(`recipes over Apache ZooKeeper ${version}`, async () => {
  const running = process.env.APACHE_ADDRESS;
  const server = running === undefined ? await startApache({ version }) : undefined;
  return {
    connectString: server?.address ?? running!,
    host: clientHost,
    stop: async () => server?.stop(),
  };
});
