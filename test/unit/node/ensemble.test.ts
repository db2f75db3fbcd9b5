import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { connect, text } from '@vivarium/core';
import { type EnsembleOptions, StartError, startEnsemble } from '@vivarium/core/server';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../../support/suite.js';
import { tempFolder } from '../../support/temp-folder.js';

const silent = { write: () => true };
const LIMIT = { timeoutMs: 60_000 };

async function ensemble(t: TestContext, options: EnsembleOptions) {
  const running = await startEnsemble({ clientPort: 0, logTo: silent, ...options });
  t.cleanup(() => running.close());
  return running;
}

async function client(t: TestContext, connectString: string) {
  const zk = await connect(connectString);
  t.cleanup(() => zk.close());
  return zk;
}

suite(
  'an ensemble in this process',
  (test) => {
    test('keeps its data in folders of its servers, and serves it again', async (t) => {
      const dataDir = tempFolder(t);
      const first = await startEnsemble({ clientPort: 0, logTo: silent, dataDir, observers: 1 });
      const modes = first.servers.map(({ mode }) => mode);
      assert.equal([...modes].sort(), ['follower', 'follower', 'leader', 'observer']);
      assert.is(modes[3], 'observer');
      const zk = await connect(first.connectString);
      await zk.create('/a', 'hello', { codec: text });
      await zk.close();
      await first.close();
      assert.equal(
        first.servers.map(({ serving }) => serving),
        [false, false, false, false],
      );
      const second = await ensemble(t, { dataDir, observers: 1 });
      const again = await client(t, second.servers[3]!.connectString);
      assert.is(await again.getData('/a', { codec: text }), 'hello');
      assert.ok([1, 2, 3, 4].every((id) => existsSync(join(dataDir, String(id), 'version-2'))));
    });

    test('goes on when one of its servers is closed', async (t) => {
      const running = await ensemble(t, { dataDir: tempFolder(t), tickTime: 500 });
      const zk = await client(t, running.connectString);
      await zk.create('/a');
      const leader = running.servers.find(({ mode }) => mode === 'leader')!;
      await leader.close();
      await zk.sync();
      await zk.create('/b');
      assert.equal((await zk.children('/')).children, ['a', 'b', 'zookeeper']);
    });

    test('may have its data in memory alone', async (t) => {
      const dataDir = join(tempFolder(t), 'none');
      const running = await ensemble(t, { dataDir, memory: true });
      assert.equal(
        running.servers.map((server) => server.dataDir),
        ['', '', ''],
      );
      const zk = await client(t, running.connectString);
      await zk.create('/a');
      assert.not(existsSync(dataDir));
    });

    test('that cannot be is refused, and leaves nothing behind', async (t) => {
      const options = { clientPort: 0, logTo: silent, dataDir: tempFolder(t) };
      const refusals: readonly (readonly [EnsembleOptions, RegExp])[] = [
        [{ servers: 0 }, /no ensemble of 0 servers/],
        [{ tickTime: 0 }, /tickTime: 0/],
        [{ minSessionTimeout: 9_000, maxSessionTimeout: 5_000 }, /minSessionTimeout/],
      ];
      for (const [wrong, reason] of refusals) {
        const error = await startEnsemble({ ...options, ...wrong }).catch((e: unknown) => e);
        assert.instance(error, StartError);
        assert.match((error as StartError).message, reason);
      }
    });
  },
  LIMIT,
);
