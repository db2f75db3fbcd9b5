/** Servers whose data is gone when they come back: what a client that knew them makes of it. */
import { type ClientHost, connect, text } from '@vivarium/core';
import { clientHost } from '@vivarium/core/internal/node/client-host';
import { type RunningEnsemble, startEnsemble } from '@vivarium/core/server';
import * as assert from 'uvu/assert';
import { record } from '../compliance/observe.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

suite('a client whose ensemble was wiped', (test) => {
  test(
    'says that it has diverged, and takes nothing from it (scenario 68)',
    async (t) => {
      let ensemble: RunningEnsemble | undefined;
      const end = async () => {
        await ensemble?.close();
        ensemble = undefined;
      };
      t.cleanup(end);
      const start = async (dataDir: string) => {
        await end();
        const logTo = { write: () => true };
        ensemble = await startEnsemble({ servers: 3, clientPort: 0, dataDir, logTo });
      };
      // The client knows the servers by numbers, wherever they happen to listen.
      const host: ClientHost = {
        ...clientHost,
        open: (address, events) => {
          const port = ensemble?.servers[address.port - 1]?.port ?? 1;
          return clientHost.open({ ...address, port }, events);
        },
      };
      const dataDir = tempFolder(t);
      // Some epochs on, so that who begins anew is not as far even after a failed election.
      for (let times = 0; times < 3; times++) await start(dataDir);
      const zk = await connect('127.0.0.1:1,127.0.0.1:2,127.0.0.1:3', { host });
      t.cleanup(() => zk.close());
      await zk.create('/a', 'mine');
      const data = record(t, zk.node$('/a', { codec: text }));
      const states = record(t, zk.state$);
      await data.until(({ kind }) => kind === 'present');
      const session = zk.session!.id;

      await start(tempFolder(t));
      let isAnswered = false;
      const answered = () => {
        isAnswered = true;
      };
      const asking = [zk.exists('/a'), zk.create('/b')].map((each) =>
        each.then(answered, answered),
      );
      while (states.last!.detail !== 'diverged') {
        await new Promise<void>((resolve) => zk.clock.setTimer(20, resolve));
      }
      const newcomer = await connect(ensemble!.connectString);
      t.cleanup(() => newcomer.close());
      assert.is(await newcomer.exists('/a'), undefined);
      assert.not(isAnswered);
      assert.is(data.values.length, 1);
      assert.equal(states.values.filter(({ type }) => type === 'connected').length, 1);
      assert.is(zk.session!.id, session);
      await zk.close();
      await Promise.all(asking);
      assert.is(await newcomer.exists('/b'), undefined);
    },
    { timeoutMs: 90_000 },
  );
});
