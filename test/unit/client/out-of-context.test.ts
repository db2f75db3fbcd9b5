import { AsyncLocalStorage } from 'node:async_hooks';
import { connect } from '@vivarium/core';
import { startLocal } from '@vivarium/core/local';
import * as assert from 'uvu/assert';
import { openServer } from '../../compliance/server.js';
import { suite } from '../../support/suite.js';

suite('what a client is told', (test) => {
  for (const where of ['in memory', 'over TCP'] as const) {
    test(`runs in nobody's async context, whoever opened the connection (${where})`, async (t) => {
      const local = where === 'in memory' ? await startLocal() : undefined;
      const server = await openServer(({ connectString }) => connectString);
      t.cleanup(() => server.stop?.());
      t.cleanup(() => local?.stop());
      const open = () => local?.connect() ?? connect(server.connectString);
      const storage = new AsyncLocalStorage<string>();
      const zk = await storage.run('theirs', open);
      t.cleanup(() => zk.close());
      const seen: (string | undefined)[] = [];
      const settled = new Promise<void>((resolve) => {
        zk.exists$('/a').subscribe((isThere) => {
          seen.push(storage.getStore());
          if (isThere) resolve();
        });
      });
      // The request, too, is somebody's.
      await storage.run('theirs', async () => {
        await new Promise<void>((resolve) =>
          zk.clock.setTimer(5, () => {
            seen.push(storage.getStore());
            resolve();
          }),
        );
        await zk.create('/a');
        // What follows an answer is in the context of who asked.
        assert.is(storage.getStore(), 'theirs');
      });
      await settled;
      assert.equal([...new Set(seen)], [undefined]);
    });
  }
});
