import { startLocal } from '@vivarium/core/local';
import { clientSuite } from './client-suite.js';

clientSuite('memory', async () => {
  const local = await startLocal({ config: { extendedTypesEnabled: true } });
  const { connectString, host } = local;
  return { connectString, host, stop: () => local.stop() };
});
