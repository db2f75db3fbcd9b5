/** Very many subscribers of one path, and what the server counts of them. */
import { connect, type NodeSnapshot } from '@vivarium/core';
import * as assert from 'uvu/assert';
import { record } from '../../compliance/observe.js';
import { monitoredServer } from '../../support/monitored-server.js';
import { suite } from '../../support/suite.js';

const CROWD = 1_000;

suite('a thousand subscribers of one path', (test) => {
  test(
    'are one watch of the server, and none when they have left (scenario 60)',
    async (t) => {
      const server = await monitoredServer(t);
      const zk = await connect(server.connectString, { graceMs: 0 });
      t.cleanup(() => zk.close());
      await zk.create('/a');
      const summary = async () => [
        (await server.ask('wchs')).trim(),
        (await server.figures()).get('watch_count'),
      ];
      const reads = async () => (await server.figures()).get('packets_received')!;
      const before = await reads();
      const all = Array.from({ length: CROWD }, () => record(t, zk.node$('/a')));
      await Promise.all(all.map((one) => one.until(() => true)));
      assert.equal(await summary(), ['1 connections watching 1 paths\nTotal watches:1', 1]);
      assert.ok((await reads()) - before < 10);
      const { entries, subscribers, armed, watches } = zk.stats();
      assert.equal([entries, subscribers, armed, watches], [1, CROWD, 1, 1]);
      await zk.set('/a', 'x');
      const isNew = (seen: NodeSnapshot<Uint8Array>) =>
        seen.kind === 'present' && seen.stat.version === 1;
      await Promise.all(all.map((one) => one.until(isNew)));
      assert.equal(await summary(), ['1 connections watching 1 paths\nTotal watches:1', 1]);
      for (const one of all) one.unsubscribe();
      await zk.sync();
      assert.equal(await summary(), ['0 connections watching 0 paths\nTotal watches:0', 0]);
      assert.is(zk.stats().entries, 0);
      assert.is(zk.stats().watches, 0);
    },
    { timeoutMs: 30_000 },
  );
});
