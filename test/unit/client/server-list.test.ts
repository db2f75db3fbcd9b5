import { type Client, connect, text, type ZkError } from '@vivarium/core';
import { startLocal } from '@vivarium/core/local';
import * as assert from 'uvu/assert';
import { record } from '../../compliance/observe.js';
import { suite, type TestContext } from '../../support/suite.js';

const CROWD = 120;

async function ensemble(t: TestContext, servers: number) {
  const world = await startLocal({ servers, time: 'virtual' });
  t.cleanup(() => world.stop());
  const [one, two, three] = world.servers.map(({ address }) => address);
  const client = async (connectString: string, more = {}) => {
    const zk = await world.until(connect(connectString, { host: world.host, ...more }));
    t.cleanup(() => world.until(zk.close()));
    return zk;
  };
  return { world, one: one!, two: two!, three: three!, client };
}

const refused = (zk: Client, list: unknown): ZkError => {
  try {
    zk.updateServers(list as string);
  } catch (error) {
    return error as ZkError;
  }
  throw new Error('it was taken');
};

suite('a list of servers that changes', (test) => {
  test('takes a client to another server with its session, watches and requests', async (t) => {
    const { world, one, two, client } = await ensemble(t, 3);
    const zk = await client(one);
    await world.until(zk.create('/mine', '', { mode: 'ephemeral' }));
    await world.until(zk.create('/seen', '0'));
    const seen = record(t, zk.data$('/seen', { codec: text }));
    const states = record(t, zk.state$);
    await world.until(zk.sync());
    const { id } = zk.session!;
    const writes = [zk.set('/seen', '1')];
    zk.updateServers([two, two]);
    writes.push(zk.set('/seen', '2'));
    await world.until(Promise.all(writes));
    assert.is(zk.state.server, two);
    assert.equal(
      states.values.map(({ type, detail }) => `${type} ${detail ?? ''}`.trim()),
      ['connected', 'not-connected suspended', 'connected'],
    );
    assert.is(zk.session!.id, id);
    assert.is((await world.until(zk.exists('/mine')))!.ephemeralOwner, id);
    const writer = await client(one);
    await world.until(writer.set('/seen', '3'));
    await world.until(zk.sync());
    await world.advance(1_000);
    assert.is(seen.last, '3');
  });

  test(
    'spreads a crowd evenly over the servers that were added, and moves nobody else',
    async (t) => {
      const { world, one, two, three, client } = await ensemble(t, 3);
      const crowd: Client[] = [];
      for (let i = 0; i < CROWD; i++) crowd.push(await client(one));
      const count = () => {
        const at = (server: string) => crowd.filter(({ state }) => state.server === server).length;
        return [at(one), at(two), at(three)];
      };
      const settled = () => world.until(Promise.all(crowd.map((zk) => zk.exists('/'))));
      assert.equal(count(), [CROWD, 0, 0]);
      for (const zk of crowd) zk.updateServers(`${one},${two},${three}`);
      await settled();
      for (const here of count()) assert.ok(Math.abs(here - CROWD / 3) < CROWD / 6, count().join());
      const generations = crowd.map(({ generation }) => generation);
      for (const zk of crowd) zk.updateServers(`${three},${one},${two}`);
      await settled();
      assert.equal(
        crowd.map(({ generation }) => generation),
        generations,
        'the same list moves nobody',
      );
      const stayed = crowd.filter(({ state }) => state.server !== two);
      for (const zk of crowd) zk.updateServers([one, three]);
      await settled();
      assert.is(count()[1], 0);
      for (const here of [count()[0]!, count()[2]!])
        assert.ok(Math.abs(here - CROWD / 2) < CROWD / 6, count().join());
      for (const zk of stayed) assert.is(zk.generation, generations[crowd.indexOf(zk)]);
      assert.ok(crowd.every(({ session }) => session?.epoch === 1));
    },
    { timeoutMs: 60_000 },
  );

  test('is what a client without any server goes by', async (t) => {
    const { world, two, client } = await ensemble(t, 3);
    const zk = await client(world.servers[0].address);
    const { id } = zk.session!;
    world.servers[0].kill();
    await world.advance(1_000);
    assert.is(zk.state.type, 'not-connected');
    const waiting = zk.exists('/');
    zk.updateServers(two);
    assert.ok(await world.until(waiting));
    assert.equal([zk.state.server, zk.session!.id], [two, id]);
  });

  test('is refused when it is none, and the one before stays in force', async (t) => {
    const { one, two, client, world } = await ensemble(t, 3);
    const zk = await client(one);
    const wrong: readonly [unknown, RegExp][] = [
      ['', /updateServers: connect string "": a server is missing/],
      [[], /updateServers: .*a server is missing/],
      [undefined, /updateServers: .*it is undefined, not text/],
      ['a:b', /updateServers: .*"a:b" is not host:port/],
      [`${two}/app`, /the chroot of this client has none and stays so: leave out \/app/],
    ];
    for (const [list, reason] of wrong) {
      const error = refused(zk, list);
      assert.equal([error.name, error.outcome], ['BAD_ARGUMENTS', 'refused']);
      assert.match(error.message, reason);
    }
    await world.until(zk.sync());
    assert.equal([zk.state.server, zk.generation], [one, 1]);
  });

  test('may repeat the chroot, and not change it', async (t) => {
    const { world, one, two, client } = await ensemble(t, 3);
    await world.until((await client(one)).create('/app'));
    const zk = await client(`${one}/app`);
    assert.match(refused(zk, `${two}/other`).message, /the chroot of this client is \/app/);
    zk.updateServers(`${two}/app`);
    await world.until(zk.create('/x'));
    assert.is(zk.state.server, two);
    zk.updateServers(one);
    assert.ok(await world.until(zk.exists('/x')));
  });

  test('does nothing to a client that is closed', async (t) => {
    const { world, one, two, client } = await ensemble(t, 3);
    const zk = await client(one);
    await world.until(zk.close());
    zk.updateServers(two);
    await world.advance(5_000);
    assert.is(zk.state.type, 'closed');
  });

  test('names only servers that can be reached from here', async (t) => {
    const { world, one } = await ensemble(t, 1);
    const { now, wallNow, setTimer, soon, randomBytes, open } = world.host;
    const host = { now, wallNow, setTimer, soon, randomBytes, open };
    const zk = await world.until(connect(one, { host: { ...host, protocols: ['memory'] } }));
    t.cleanup(() => world.until(zk.close()));
    assert.match(refused(zk, 'ws://a').message, /ws:\/\/a:2181 cannot be reached from here/);
  });
});
