import { isZkError, text } from '@vivarium/core';
import { startLocal } from '@vivarium/core/local';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../../support/suite.js';

async function local(t: TestContext, time: 'real' | 'virtual', seed = 1) {
  const world = await startLocal({ time, seed, config: { tickTime: 500, minSessionTimeout: 500 } });
  t.cleanup(() => world.stop());
  const zk = await world.connect({ sessionTimeoutMs: 2_000 });
  t.cleanup(() => world.until(zk.close()));
  return { world, zk, server: world.servers[0] };
}

suite('a local world', (test) => {
  test('serves in real time without anybody driving it', async (t) => {
    const { zk } = await local(t, 'real');
    await zk.create('/a', 'hello');
    assert.is(await zk.getData('/a', { codec: text }), 'hello');
  });

  test('keeps its data through kills, power cuts and stops', async (t) => {
    for (const time of ['real', 'virtual'] as const) {
      const { world, zk, server } = await local(t, time);
      for (const [n, end] of (['kill', 'cutPower', 'stop'] as const).entries()) {
        await world.until(zk.create(`/${n}`));
        await server[end]();
        assert.is(server.state, 'down');
        server.start();
        assert.ok(await world.until(zk.exists(`/${n}`)), `${time} ${end}`);
      }
    }
  });

  test('lets hours pass at once when its time is virtual, and stands still otherwise', async (t) => {
    const { world, zk } = await local(t, 'virtual');
    const began = performance.now();
    const before = world.now;
    await world.advance(3_600_000);
    assert.is(Math.round(world.now - before), 3_600_000);
    assert.is(zk.state.type, 'connected');
    assert.ok(performance.now() - began < 9_000);
    let isDone = false;
    void zk.exists('/').then(() => {
      isDone = true;
    });
    await new Promise<void>((resolve) => setImmediate(resolve));
    assert.not(isDone);
    await world.advance(1_000);
    assert.ok(isDone);
  });

  test('expires the session of a client that is cut off, and joins it again', async (t) => {
    const { world, zk } = await local(t, 'virtual');
    const other = await world.connect();
    t.cleanup(() => world.until(other.close()));
    await world.until(zk.create('/e', '', { mode: 'ephemeral' }));
    const { id } = zk.session!;
    world.partition(zk);
    await world.advance(10_000);
    assert.is(zk.state.type, 'not-connected');
    assert.is(await world.until(other.exists('/e')), undefined);
    world.heal();
    assert.is(await world.until(zk.exists('/e')), undefined);
    assert.is.not(zk.session!.id, id);
  });

  test('ends a session on demand', async (t) => {
    for (const time of ['real', 'virtual'] as const) {
      const { world, zk } = await local(t, time);
      await world.until(zk.create('/e', '', { mode: 'ephemeral' }));
      const { id } = zk.session!;
      await world.expireSession(zk);
      assert.is(await world.until(zk.exists('/e')), undefined);
      assert.is.not(zk.session!.id, id);
    }
  });

  test('stops a client in its tracks, and lets it go on', async (t) => {
    for (const time of ['real', 'virtual'] as const) {
      const { world, zk } = await local(t, time);
      const other = await world.connect();
      t.cleanup(() => world.until(other.close()));
      await world.until(zk.create('/e', '', { mode: 'ephemeral' }));
      const { id } = zk.session!;
      world.pause(zk);
      world.pause(zk);
      let answer: unknown;
      const asked = zk.exists('/e').then((stat) => {
        answer = stat ?? 'none';
      });
      await world.advance(1_000);
      assert.is(answer, undefined);
      world.resume(zk);
      await world.until(asked);
      assert.is.not(answer, 'none');
      world.pause(zk);
      await world.advance(5_000);
      // Its time is over by its own clock before it takes in what has come.
      assert.not(zk.isCertain(id));
      assert.is(zk.state.type, 'connected');
      assert.is(await world.until(other.exists('/e')), undefined);
      world.resume(zk);
      assert.is(await world.until(zk.exists('/e')), undefined);
      assert.is.not(zk.session!.id, id);
    }
  });

  test('kills a client, whose session lives on for its time', async (t) => {
    const { world } = await local(t, 'virtual');
    const [zk, other] = [await world.connect(), await world.connect()];
    t.cleanup(() => world.until(other.close()));
    await world.until(zk.create('/e', '', { mode: 'ephemeral' }));
    let isAnswered = false;
    const answered = () => {
      isAnswered = true;
    };
    zk.exists('/e').then(answered, answered);
    world.kill(zk);
    await world.advance(5_000);
    assert.ok(await world.until(other.exists('/e')));
    await world.advance(10_000);
    assert.is(await world.until(other.exists('/e')), undefined);
    assert.not(isAnswered);
  });

  test('holds its breath while its server is paused, and loses nobody by it', async (t) => {
    const { world, zk, server } = await local(t, 'virtual');
    await world.until(zk.create('/e', '', { mode: 'ephemeral' }));
    const { id } = zk.session!;
    server.pause();
    await world.advance(1_000);
    const asked = zk.exists('/e');
    await world.advance(200);
    server.resume();
    assert.is((await world.until(asked))!.ephemeralOwner, id);
  });

  test('cuts the server off from everybody', async (t) => {
    const { world, zk, server } = await local(t, 'virtual');
    server.partition();
    const writing = zk.create('/a').catch((error: unknown) => error);
    await world.advance(5_000);
    world.heal();
    assert.ok(isZkError(await world.until(writing), 'CONNECTION_LOSS'));
    await world.until(zk.sync());
  });

  test('says when something will not be done', async (t) => {
    const { world } = await local(t, 'virtual');
    const never = world.until(new Promise(() => {}), 1_000);
    const said = await never.catch((error: Error) => error.message);
    assert.is(said, 'it was not done within 1000 ms of virtual time');
  });
});

async function ensemble(t: TestContext, time: 'real' | 'virtual', seed = 1) {
  const config = { tickTime: 500, minSessionTimeout: 500 };
  const world = await startLocal({ servers: 3, observers: 1, time, seed, config });
  t.cleanup(() => world.stop());
  const zk = await world.connect({ sessionTimeoutMs: 4_000 });
  t.cleanup(() => world.until(zk.close()));
  return { world, zk };
}

suite('an ensemble in a local world', (test) => {
  for (const time of ['real', 'virtual'] as const) {
    const goesOn = async (t: TestContext) => {
      const { world, zk } = await ensemble(t, time);
      for (const end of ['kill', 'cutPower', 'stop'] as const) {
        const { leader } = world;
        await world.until(zk.create(`/${end}`));
        await leader![end]();
        await world.until(zk.sync());
        assert.ok(await world.until(zk.exists(`/${end}`)), end);
        assert.is.not(world.leader, leader);
        leader!.start();
      }
    };
    const name = `goes on while one of its servers is away, in ${time} time`;
    test(name, goesOn, { timeoutMs: 60_000 });
  }

  test('does not write without a quorum, and does again when servers are joined', async (t) => {
    const { world, zk } = await ensemble(t, 'virtual');
    const { leader } = world;
    for (const server of world.servers) if (server !== leader) leader!.partitionFrom(server);
    await world.advance(10_000);
    assert.is.not(world.leader, leader, 'the others have elected one of them');
    assert.is(leader!.view!.mode, 'looking');
    await world.until(zk.create('/a'));
    for (const server of world.servers) server.partition();
    const writing = zk.create('/b').catch((error: unknown) => error);
    await world.advance(30_000);
    assert.is(world.leader, undefined);
    world.heal();
    assert.ok(isZkError(await world.until(writing), 'CONNECTION_LOSS', 'SESSION_EXPIRED'));
    assert.ok(await world.until(zk.exists('/a')));
    const modes = world.servers.map(({ view }) => view!.mode);
    assert.equal(modes.filter((mode) => mode === 'leader').length, 1);
  });

  test('has servers that are told apart', async (t) => {
    const told = new Map<number, string[]>();
    const world = await startLocal({
      servers: 3,
      time: 'virtual',
      log: ({ event }, { id }) => told.set(id, [...(told.get(id) ?? []), event]),
    });
    t.cleanup(() => world.stop());
    assert.equal(
      world.servers.map(({ id, address }) => `${id} ${address}`),
      [1, 2, 3].map((id) => `${id} memory://local-${id}:2181`),
    );
    assert.ok(told.get(world.leader!.id)!.includes('member.serving'));
    const zk = await world.connect();
    await world.expireSession(zk);
    await world.until(zk.sync());
    await world.until(zk.close());
  });

  test('of no servers cannot be', async () => {
    const refusal = await startLocal({ servers: 0 }).catch((error: unknown) => error);
    assert.instance(refusal, RangeError);
  });
});
