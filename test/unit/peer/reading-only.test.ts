import { codes } from '@vivarium/core/internal/base/errors';
import { OPEN_ACL } from '@vivarium/core/internal/wire/permissions';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { EnsembleRig, type RigOptions } from './ensemble-rig.js';
import { NetworkClient } from './network-client.js';

const place = (server: number) => `s${server}:2181`;
const node = (path: string, flags = 0) => ({ path, data: null, acl: OPEN_ACL, flags });

/** An ensemble that serves, with /p in its tree, and is to answer reads where it is cut off. */
async function ensemble(options: RigOptions = {}): Promise<EnsembleRig> {
  const config = { readOnlyModeEnabled: true, ...options.config };
  const rig = new EnsembleRig({ ...options, config });
  rig.start();
  await rig.until('all serve', () => rig.servers.every(({ view }) => view?.serving));
  const client = await NetworkClient.session(rig, 1);
  assert.is(await client.create('/p'), 'OK');
  assert.is(await client.errorOf('closeSession', {}), 'OK');
  const { lastZxid } = rig.servers[0]!.view!;
  await rig.until('all have it', () =>
    rig.servers.every(({ view }) => view!.lastZxid === lastZxid),
  );
  return rig;
}

/** Cuts a server off from the others, or joins it again; clients reach it all the same. */
function cut(rig: EnsembleRig, server: number, isCut = true): void {
  for (let other = 1; other <= rig.servers.length; other++) {
    if (other === server) continue;
    rig.network.sever(place(server), place(other), isCut);
    rig.network.sever(place(other), place(server), isCut);
  }
}

async function cutOff(rig: EnsembleRig, server: number): Promise<void> {
  cut(rig, server);
  await rig.until('it answers reads only', () => viewOf(rig, server).mode === 'read-only');
}

const viewOf = (rig: EnsembleRig, server: number) => rig.servers[server - 1]!.view!;

/** Two followers, of whom the second is never that which a test cuts off. */
function followers(rig: EnsembleRig): number[] {
  return [1, 2, 3].filter((id) => id !== rig.leader);
}

/** A session of a server that is cut off. */
const reader = (rig: EnsembleRig, server: number, timeOut = 2_000) =>
  NetworkClient.session(rig, server, { readOnly: true, timeOut });

/** All that a server has on its disk of transactions. */
function logOf(rig: EnsembleRig, server: number): string {
  const { disk } = rig.servers[server - 1]!;
  return disk
    .list('logs/')
    .map(({ name, size }) => `${name} ${disk.read(`logs/${name}`, 0, size)}`)
    .join('\n');
}

suite('a server that is cut off', (test) => {
  test('takes itself for that after two seconds, or a tick', async () => {
    for (const [tickTime, waitMs] of [
      [200, 2_000],
      [2_500, 2_500],
    ] as const) {
      const rig = await ensemble({ config: { tickTime } });
      const [server] = followers(rig);
      cut(rig, server!);
      const { kernel } = rig;
      await rig.until('it looks', () => viewOf(rig, server!).mode === 'looking', 60_000);
      const since = kernel.now;
      const early = new NetworkClient(rig, server!);
      assert.is(await early.greet({ readOnly: true }), 'closed');
      assert.not(viewOf(rig, server!).serving);
      await rig.until('it serves', () => viewOf(rig, server!).serving);
      const waited = (kernel.now - since) / 1_000;
      assert.ok(waited > waitMs - 100 && waited < waitMs + 100, `it took ${waited} ms`);
      assert.is(viewOf(rig, server!).mode, 'read-only');
    }
  });

  test('lets in only whom a read-only server will do, and says that it is one', async () => {
    const rig = await ensemble();
    const [server] = followers(rig);
    await cutOff(rig, server!);
    for (const readOnly of [false, undefined]) {
      assert.is(await new NetworkClient(rig, server!).greet({ readOnly }), 'closed');
    }
    const ahead = { readOnly: true, lastZxidSeen: viewOf(rig, server!).lastZxid + 1n };
    assert.is(await new NetworkClient(rig, server!).greet(ahead), 'closed');
    const client = await reader(rig, server!);
    assert.is(client.welcome.readOnly, true);
    assert.is(client.welcome.timeOut, 2_000);
    const elsewhere = await reader(rig, rig.leader!);
    assert.is(elsewhere.welcome.readOnly, false);
  });

  test('answers reads and pings, and refuses whatever would change something', async () => {
    const rig = await ensemble();
    const [server] = followers(rig);
    await cutOff(rig, server!);
    const client = await reader(rig, server!);
    const { lastZxid } = viewOf(rig, server!);
    const { body } = await client.ask('getData', { path: '/p', watch: true });
    assert.equal(body!.data, new Uint8Array([0x78]));
    assert.is(await client.errorOf('exists', { path: '/none', watch: true }), 'NO_NODE');
    assert.is(viewOf(rig, server!).watchCount, 2);
    assert.is(await client.errorOf('whoAmI', {}), 'OK');
    assert.is(await client.errorOf('addWatch', { path: '/', mode: 1 }), 'OK');
    const refused = [
      await client.ask('create', node('/new')),
      await client.ask('create2', node('/new', 1)),
      await client.ask('createContainer', node('/new', 4)),
      await client.ask('delete', { path: '/p', version: -1 }),
      await client.ask('setData', { path: '/p', data: null, version: -1 }),
      await client.ask('setAcl', { path: '/p', acl: OPEN_ACL, version: -1 }),
      await client.ask('sync', { path: '/p' }),
    ];
    for (const { error, zxid } of refused) {
      assert.is(error, 'NOT_READ_ONLY');
      assert.is(zxid, lastZxid);
    }
    assert.equal(await client.multi([{ op: 'check', path: '/p', version: 0 }]), [-119]);
    client.ping();
    const isAnswered = () => client.frames.some(({ xid, zxid }) => xid === -2 && zxid === lastZxid);
    await rig.until('the ping is answered', isAnswered);
  });

  test('has sessions of its own, which end there and come back there', async () => {
    const rig = await ensemble();
    const [server] = followers(rig);
    await cutOff(rig, server!);
    const lively = await reader(rig, server!, 600);
    const silent = await reader(rig, server!, 600);
    const closing = await reader(rig, server!);
    assert.is(viewOf(rig, server!).localSessionCount, 3);
    assert.is(await closing.errorOf('closeSession', {}), 'OK');
    await closing.untilClosed();
    for (let i = 0; i < 10; i++) {
      lively.ping();
      await rig.time.advance(100);
    }
    assert.ok(silent.isClosed);
    assert.not(lively.isClosed);
    for (const ended of [silent, closing]) {
      const again = new NetworkClient(rig, server!);
      assert.is(await again.resume(ended, { readOnly: true }), 'refused');
      const stranger = new NetworkClient(rig, server!);
      const passwd = new Uint8Array(16);
      assert.is(await stranger.resume(ended, { readOnly: true, passwd }), 'closed');
    }
    const back = new NetworkClient(rig, server!);
    assert.is(await back.resume(lively, { readOnly: true }), 'welcome');
    await lively.untilClosed();
    assert.is(viewOf(rig, server!).localSessionCount, 1);
  });

  test('says nothing of sessions that others may know, nor takes them away', async () => {
    const rig = await ensemble();
    const [server, other] = followers(rig);
    const known = await NetworkClient.session(rig, server!, { timeOut: 4_000 });
    assert.is(await known.create('/e', 1), 'OK');
    await cutOff(rig, server!);
    /* ZooKeeper says of this one that it has ended, since it has never heard of it. */
    const unheard = await NetworkClient.session(rig, other!);
    const zero = new Uint8Array(16);
    for (const client of [known, unheard]) {
      const again = new NetworkClient(rig, server!);
      assert.is(await again.resume(client, { readOnly: true }), 'closed');
      const stranger = new NetworkClient(rig, server!);
      assert.is(await stranger.resume(client, { readOnly: true, passwd: zero }), 'closed');
    }
    assert.is(viewOf(rig, server!).localSessionCount, 0);
    const moved = new NetworkClient(rig, other!);
    assert.is(await moved.resume(known), 'welcome');
    assert.is(await moved.errorOf('exists', { path: '/e', watch: false }), 'OK');
    assert.is(await unheard.create('/f', 1), 'OK');
  });

  test('lets everybody go when a leader is found, and its sessions end', async () => {
    const rig = await ensemble();
    const [server] = followers(rig);
    await cutOff(rig, server!);
    const client = await reader(rig, server!, 4_000);
    cut(rig, server!, false);
    await client.untilClosed();
    await rig.until('it follows', () => viewOf(rig, server!).serving);
    assert.is(viewOf(rig, server!).mode, 'follower');
    for (const id of [1, 2, 3]) {
      assert.is(await new NetworkClient(rig, id).resume(client, { readOnly: true }), 'refused');
    }
  });

  test('leaves no trace of its sessions in the tree, the log or the ensemble', async () => {
    /* ZOOKEEPER-3526: the end of such a session had a zxid, and a later leader cut behind it. */
    const rig = await ensemble();
    const [server, other] = followers(rig);
    await cutOff(rig, server!);
    const { lastZxid, sessionCount, nodeCount } = viewOf(rig, server!);
    const before = logOf(rig, server!);
    assert.ok(before.length > 1_000);
    const closing = await reader(rig, server!);
    assert.is(await closing.errorOf('create', node('/x')), 'NOT_READ_ONLY');
    assert.is(await closing.errorOf('closeSession', {}), 'OK');
    const expiring = await reader(rig, server!, 400);
    await expiring.untilClosed();
    const staying = await reader(rig, server!);
    const after = viewOf(rig, server!);
    assert.equal([after.lastZxid, after.nodeCount], [lastZxid, nodeCount]);
    assert.is(after.sessionCount, sessionCount);
    assert.is(logOf(rig, server!), before);
    const writer = await NetworkClient.session(rig, other!);
    assert.is(await writer.create('/meanwhile'), 'OK');
    cut(rig, server!, false);
    await staying.untilClosed();
    await rig.until('it serves', () => viewOf(rig, server!).serving);
    assert.is(await writer.create('/later'), 'OK');
    const { lastZxid: end, nodeCount: nodes } = viewOf(rig, other!);
    await rig.until('all have it', () =>
      rig.servers.every(({ view }) => view?.lastZxid === end && view.nodeCount === nodes),
    );
    /* Each compares the digest of its tree with the leader's at every write, and halts. */
    assert.ok(rig.servers.every(({ state }) => state === 'running'));
  });

  test('may be an observer', async () => {
    const rig = await ensemble({ observers: 1 });
    await cutOff(rig, 4);
    const client = await reader(rig, 4);
    assert.is(await client.errorOf('exists', { path: '/p', watch: false }), 'OK');
  });

  test('may be one that was started so, once it has been in the ensemble', async () => {
    const rig = await ensemble();
    for (const server of rig.servers) server.kill();
    rig.servers[0]!.start();
    await rig.until('it answers reads only', () => viewOf(rig, 1).mode === 'read-only');
    const client = await reader(rig, 1);
    assert.is(await client.errorOf('exists', { path: '/p', watch: false }), 'OK');
  });

  test('shows nothing when its data may not be all that it had', async () => {
    const rig = await ensemble();
    const { disk } = rig.servers[0]!;
    for (const server of rig.servers) server.kill();
    for (const { name } of disk.list('logs/').filter(({ size }) => size > 100)) {
      const bytes = new Uint8Array(8);
      disk.perform([{ step: 'write', file: `logs/${name}`, position: 60, bytes }]);
    }
    rig.servers[0]!.start();
    assert.ok(rig.events.some(({ event }) => event === 'storage.relearn'));
    await rig.time.advance(5_000);
    assert.is(viewOf(rig, 1).mode, 'looking');
    assert.is(await new NetworkClient(rig, 1).greet({ readOnly: true }), 'closed');
  });

  test('stops in good order', async () => {
    const rig = await ensemble();
    const [server] = followers(rig);
    await cutOff(rig, server!);
    const client = await reader(rig, server!);
    rig.servers[server! - 1]!.stop();
    await client.untilClosed();
    await rig.until('it is down', () => rig.servers[server! - 1]!.state === 'down');
  });

  test('serves nobody where that is off', async () => {
    const rig = await ensemble({ config: { readOnlyModeEnabled: false } });
    const [server] = followers(rig);
    cut(rig, server!);
    await rig.until('it looks', () => viewOf(rig, server!).mode === 'looking');
    await rig.time.advance(5_000);
    assert.is(await new NetworkClient(rig, server!).greet({ readOnly: true }), 'closed');
  });
});

suite('a client of a server that is cut off', (test) => {
  test('is told, reads, cannot write, and is certain of nothing', async () => {
    const rig = await ensemble();
    const [server] = followers(rig);
    await cutOff(rig, server!);
    const client = rig.client({ readOnly: true, sessionTimeoutMs: 2_000 }, [server!]);
    await rig.until('it is connected', () => client.state.type === 'connected');
    assert.is(client.state.detail, 'readOnly');
    const reading = client.get('/p');
    await rig.time.advance(100);
    assert.equal((await reading).data, new Uint8Array([0x78]));
    const writing = client.set('/p', 'y').then(
      () => 'written',
      (error) => error.code,
    );
    await rig.time.advance(100);
    assert.is(await writing, codes.NOT_READ_ONLY);
    await rig.time.advance(10_000);
    assert.is(client.state.detail, 'readOnly');
    const before = client.state.session;
    cut(rig, server!, false);
    await rig.until('it is joined again', () => client.state.detail === undefined);
    await rig.until('it is connected', () => client.state.type === 'connected');
    assert.is.not(client.state.session, before);
    const again = client.set('/p', 'z');
    await rig.time.advance(100);
    assert.is((await again).version, 1);
    const closed = client.close();
    await rig.time.advance(100);
    await closed;
  });

  test('moves to one that takes writes as soon as there is one', async () => {
    const rig = await ensemble();
    const [server, other] = followers(rig);
    await cutOff(rig, server!);
    rig.servers[other! - 1]!.kill();
    const client = rig.client({ readOnly: true, sessionTimeoutMs: 4_000 }, [server!, other!]);
    await rig.until('it is connected', () => client.state.type === 'connected');
    assert.is(client.state.detail, 'readOnly');
    rig.servers[other! - 1]!.start();
    const isMoved = () => client.state.type === 'connected' && client.state.detail === undefined;
    await rig.until('it has moved', isMoved, 12_000);
    assert.is(viewOf(rig, server!).mode, 'read-only');
    const writing = client.set('/p', 'y');
    await rig.time.advance(100);
    assert.is((await writing).version, 1);
    const closed = client.close();
    await rig.time.advance(100);
    await closed;
  });

  test('is not let in with the session that it has, which is there again afterwards', async () => {
    const rig = await ensemble();
    const [server] = followers(rig);
    const client = rig.client({ readOnly: true, sessionTimeoutMs: 4_000 }, [server!]);
    await rig.until('it is connected', () => client.state.type === 'connected');
    const { session } = client.state;
    await cutOff(rig, server!);
    assert.is(client.state.type, 'not-connected');
    cut(rig, server!, false);
    await rig.until('it is connected', () => client.state.type === 'connected');
    assert.is(client.state.session, session);
    const closed = client.close();
    await rig.time.advance(100);
    await closed;
  });
});
