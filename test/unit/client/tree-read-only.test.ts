/** A subtree in memory whose server is cut off from its ensemble and answers reads only. */
import { type TreeSnapshot, text } from '@vivarium/core';
import { startLocal } from '@vivarium/core/local';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const config = { tickTime: 200, minSessionTimeout: 500, readOnlyModeEnabled: true };

suite('a subtree in memory of a server that is cut off', (test) => {
  test('is stale, also for who comes then, and live again with the ensemble', async (t) => {
    const world = await startLocal({ servers: 3, time: 'virtual', config });
    t.cleanup(() => world.stop());
    const writer = await world.connect();
    t.cleanup(() => world.until(writer.close()));
    await world.until(writer.create('/r', 'old'));
    await world.until(writer.create('/r/a', 'old'));
    // The last server has to have it all.
    await world.advance(1_000);
    const [, second, third] = world.servers;
    for (const server of [second!, third!]) server.kill();
    const zk = await world.connect({ readOnly: true, sessionTimeoutMs: 2_000 });
    t.cleanup(() => world.until(zk.close()));
    assert.is(zk.state.detail, 'readOnly');
    const tree = await treeOf('/r');
    await until(() => tree.last?.state === 'stale' && dataIn(tree.last) === 'old old');
    assert.not(tree.last!.synced);
    const late = await treeOf('/r');
    await until(() => late.last?.state === 'stale' && dataIn(late.last) === 'old old');

    for (const server of [second!, third!]) server.start();
    await until(() => zk.state.type === 'connected' && zk.state.detail === undefined);
    await world.until(zk.set('/r/a', 'new'));
    for (const one of [tree, late]) {
      await until(() => one.last?.state === 'live' && dataIn(one.last) === 'old new');
      assert.ok(one.last!.synced);
    }

    async function treeOf(path: string, options = { codec: text }) {
      const told: { last?: TreeSnapshot<string> } = {};
      const subscription = zk.tree$(path, options).subscribe((snapshot) => {
        told.last = snapshot;
      });
      t.cleanup(() => subscription.unsubscribe());
      return told;
    }

    async function until(is: () => boolean) {
      const limit = world.now + 60_000;
      while (!is()) {
        assert.ok(world.now < limit, `it never came to it: ${zk.state.type} ${zk.state.detail}`);
        await world.advance(10);
      }
    }
  });
});

function dataIn({ nodes }: TreeSnapshot<string>): string {
  return [...nodes.values()].map((node) => (node.kind === 'present' ? node.data : '')).join(' ');
}
