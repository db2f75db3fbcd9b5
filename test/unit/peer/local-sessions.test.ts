import { asksForEphemeral, refusalOfLocal } from '@vivarium/core/internal/peer/local-sessions';
import { createModes } from '@vivarium/core/internal/wire/create-modes';
import { writeMultiRequest } from '@vivarium/core/internal/wire/multi';
import { operations } from '@vivarium/core/internal/wire/operations';
import { OPEN_ACL } from '@vivarium/core/internal/wire/permissions';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import { Writer } from '@vivarium/core/internal/wire/writer';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { EnsembleRig } from './ensemble-rig.js';
import { NetworkClient } from './network-client.js';

const EPHEMERAL = createModes.ephemeral.flag;
const EPHEMERAL_SEQUENTIAL = createModes.ephemeralSequential.flag;
const roles = ['leader', 'follower', 'observer'] as const;
type Role = (typeof roles)[number];

/** Three voters and an observer that serve, with local sessions. */
async function ensemble(upgrading = false): Promise<EnsembleRig> {
  const rig = new EnsembleRig({
    observers: 1,
    config: { localSessionsEnabled: true, localSessionsUpgradingEnabled: upgrading },
  });
  rig.start();
  await rig.until('all serve', () => rig.servers.every(({ view }) => view?.serving));
  return rig;
}

function serverOf(rig: EnsembleRig, role: Role): number {
  return rig.servers.findIndex(({ view }) => view?.mode === role) + 1;
}

const zxidOf = (rig: EnsembleRig, server: number) => rig.servers[server - 1]!.view!.lastZxid;
const transactions = (zxid: bigint) => Number(BigInt.asUintN(32, zxid));
const node = (path: string, flags = 0) => ({ path, data: null, acl: OPEN_ACL, flags });
const data = (path: string) => ({ path, data: new Uint8Array(1), version: -1 });

suite('a local session', (test) => {
  for (const role of roles) {
    test(`of a ${role} begins, and ends by its client's word, without a transaction`, async () => {
      const rig = await ensemble();
      const server = serverOf(rig, role);
      const before = zxidOf(rig, server);
      const client = await NetworkClient.session(rig, server);
      const { view } = rig.servers[server - 1]!;
      assert.is(client.welcome.readOnly, false);
      assert.is(view!.localSessionCount, 1);
      assert.is(view!.sessionCount, 0);
      assert.is(await client.errorOf('closeSession', {}), 'OK');
      await client.untilClosed();
      assert.is(view!.localSessionCount, 0);
      assert.is(zxidOf(rig, server), before);
      const back = new NetworkClient(rig, server);
      assert.is(await back.resume(client), 'refused');
    });

    test(`of a ${role} reads and writes, and cannot own a node`, async () => {
      const rig = await ensemble();
      const client = await NetworkClient.session(rig, serverOf(rig, role));
      assert.is(await client.create('/p'), 'OK');
      assert.is(await client.create('/p/e', EPHEMERAL), 'EPHEMERAL_ON_LOCAL_SESSION');
      const sequential = await client.ask('create2', node('/p/e', EPHEMERAL_SEQUENTIAL));
      assert.is(sequential.error, 'EPHEMERAL_ON_LOCAL_SESSION');
      assert.equal(
        await client.multi([
          { op: 'check', path: '/p', version: 0 },
          { op: 'create', ...node('/p/m', EPHEMERAL) },
          { op: 'setData', ...data('/p') },
        ]),
        [0, -120, -2],
      );
      const failing = { op: 'check', path: '/p', version: 7 } as const;
      const multi = [failing, { op: 'create', ...node('/p/m', EPHEMERAL) }] as const;
      assert.equal(await client.multi(multi), [-103, -2]);
      assert.is(await client.errorOf('setData', data('/p')), 'OK');
      assert.is(await client.errorOf('sync', { path: '/p' }), 'OK');
      const { body } = await client.ask('getChildren', { path: '/p', watch: false });
      assert.equal(body!.children, []);
    });

    test(`of a ${role} becomes everybody's when it is to own a node and may`, async () => {
      const rig = await ensemble(true);
      const server = serverOf(rig, role);
      const client = await NetworkClient.session(rig, server);
      const { session } = client;
      assert.is(await client.create('/e', EPHEMERAL), 'OK');
      /* One transaction for the session, one for the node. */
      const { zxid } = await client.ask('sync', { path: '/' });
      assert.is(transactions(zxid), 2);
      assert.is(client.session, session);
      const { view } = rig.servers[server - 1]!;
      assert.is(view!.localSessionCount, 0);
      assert.is(view!.sessionCount, 1);
      const elsewhere = serverOf(rig, role === 'leader' ? 'follower' : 'leader');
      const moved = new NetworkClient(rig, elsewhere);
      assert.is(await moved.resume(client), 'welcome');
      const { body } = await moved.ask('getEphemerals', { prefixPath: null });
      assert.equal(body!.ephemerals, ['/e']);
      moved.vanish();
      client.vanish();
      const isGone = ({ view }: (typeof rig.servers)[number]) => view!.ephemeralCount === 0;
      await rig.until('it expires everywhere', () => rig.servers.every(isGone));
    });

    test(`of a ${role} becomes everybody's inside a multi too`, async () => {
      const rig = await ensemble(true);
      const client = await NetworkClient.session(rig, serverOf(rig, role));
      const ops = [
        { op: 'create', ...node('/a') },
        { op: 'create2', ...node('/a/e', EPHEMERAL) },
      ] as const;
      assert.equal(await client.multi(ops), ['create', 'create2']);
      assert.is(await client.errorOf('closeSession', {}), 'OK');
      const { view } = rig.servers[0]!;
      await rig.until('the node goes', () => view!.ephemeralCount === 0);
      assert.is(view!.sessionCount, 0);
    });

    test(`of a ${role} expires there, while it is kept alive and while it is silent`, async () => {
      const rig = await ensemble();
      const server = serverOf(rig, role);
      const { view } = rig.servers[server - 1]!;
      const lively = await NetworkClient.session(rig, server, { timeOut: 600 });
      const silent = await NetworkClient.session(rig, server, { timeOut: 600 });
      const gone = await NetworkClient.session(rig, server, { timeOut: 600 });
      gone.vanish();
      const before = zxidOf(rig, server);
      for (let i = 0; i < 20; i++) {
        lively.ping();
        await rig.time.advance(100);
      }
      assert.not(lively.isClosed);
      assert.is(lively.frames.length, 20);
      assert.ok(silent.isClosed);
      assert.is(view!.localSessionCount, 1);
      assert.is(zxidOf(rig, server), before);
      for (const client of [silent, gone]) {
        assert.is(await new NetworkClient(rig, server).resume(client), 'refused');
      }
    });

    test(`of a ${role} can come back there and nowhere else`, async () => {
      const rig = await ensemble();
      const server = serverOf(rig, role);
      const client = await NetworkClient.session(rig, server);
      for (const other of [1, 2, 3, 4].filter((id) => id !== server)) {
        assert.is(await new NetworkClient(rig, other).resume(client), 'refused');
      }
      assert.not(client.isClosed);
      const back = new NetworkClient(rig, server);
      assert.is(await back.resume(client), 'welcome');
      await client.untilClosed();
      assert.is(back.session, client.session);
      assert.is(await back.create('/here'), 'OK');
    });
  }

  test('ends with the role of its server', async () => {
    const rig = await ensemble();
    const follower = serverOf(rig, 'follower');
    const client = await NetworkClient.session(rig, follower);
    rig.servers[serverOf(rig, 'leader') - 1]!.kill();
    await client.untilClosed();
    await rig.until('another leads', () => rig.leader !== undefined);
    await rig.until('it serves', () => rig.servers[follower - 1]!.view!.serving);
    assert.is(await new NetworkClient(rig, follower).resume(client), 'refused');
  });

  test('is closed in its turn, behind what it has asked for', async () => {
    const rig = await ensemble();
    const client = await NetworkClient.session(rig, serverOf(rig, 'follower'));
    client.say('create', node('/first'));
    client.say('exists', { path: '/first', watch: false });
    assert.is(await client.errorOf('closeSession', {}), 'OK');
    assert.equal(
      client.frames.map(({ err }) => err),
      [0, 0, 0],
    );
    await client.untilClosed();
  });

  for (const role of roles) {
    test(`of a ${role} writes nothing more behind its end`, async () => {
      const rig = await ensemble();
      const server = serverOf(rig, role);
      const client = await NetworkClient.session(rig, server);
      client.say('create', node('/before'));
      client.say('closeSession', {});
      client.say('create', node('/behind'));
      await client.untilClosed();
      const other = await NetworkClient.session(rig, server);
      assert.is(await other.create('/later'), 'OK');
      const { body } = await other.ask('getChildren', { path: '/', watch: false });
      assert.equal([...body!.children].sort(), ['before', 'later', 'zookeeper']);
    });
  }

  test('that was to be closed is not kept when its client goes before', async () => {
    const rig = await ensemble();
    const server = serverOf(rig, 'follower');
    const client = await NetworkClient.session(rig, server);
    client.say('create', node('/first'));
    client.say('closeSession', {});
    client.vanish();
    const { view } = rig.servers[server - 1]!;
    await rig.until('nobody is connected', () => view!.connectionCount === 0);
    assert.is(view!.localSessionCount, 0);
  });

  test('can be upgraded once only, however much it asks for at once', async () => {
    const rig = await ensemble(true);
    const server = serverOf(rig, 'follower');
    const client = await NetworkClient.session(rig, server);
    for (let i = 0; i < 5; i++) client.say('create', node(`/e${i}`, EPHEMERAL));
    const { zxid } = await client.ask('sync', { path: '/' });
    assert.is(transactions(zxid), 6);
    assert.is(rig.servers[server - 1]!.view!.ephemeralCount, 5);
  });

  test('that is upgraded outlives its server', async () => {
    const rig = await ensemble(true);
    const server = serverOf(rig, 'follower');
    const client = await NetworkClient.session(rig, server, { timeOut: 4_000 });
    assert.is(await client.create('/e', EPHEMERAL), 'OK');
    rig.servers[server - 1]!.kill();
    await client.untilClosed();
    const moved = new NetworkClient(rig, serverOf(rig, 'observer'));
    assert.is(await moved.resume(client), 'welcome');
    const { body } = await moved.ask('getEphemerals', { prefixPath: null });
    assert.equal(body!.ephemerals, ['/e']);
  });

  test('is none where that is off', async () => {
    const rig = new EnsembleRig();
    rig.start();
    await rig.until('all serve', () => rig.servers.every(({ view }) => view?.serving));
    const client = await NetworkClient.session(rig, serverOf(rig, 'follower'));
    assert.is(rig.servers[0]!.view!.sessionCount, 1);
    assert.is(await client.create('/e', EPHEMERAL), 'OK');
  });
});

suite('a session that has ended', (test) => {
  test('writes nothing more through a server that has not heard of it', async () => {
    /* Where there are local ones, a leader of ZooKeeper lets it: it may be one of them. */
    const rig = new EnsembleRig({
      config: { localSessionsEnabled: true, localSessionsUpgradingEnabled: true },
    });
    rig.start();
    await rig.until('all serve', () => rig.servers.every(({ view }) => view?.serving));
    const [leader, follower] = [serverOf(rig, 'leader'), serverOf(rig, 'follower')];
    const client = await NetworkClient.session(rig, follower);
    assert.is(await client.create('/p'), 'OK');
    assert.is(await client.create('/e', EPHEMERAL), 'OK');
    const elsewhere = new NetworkClient(rig, leader);
    assert.is(await elsewhere.resume(client), 'welcome');
    rig.network.sever(`s${leader}:2181`, `s${follower}:2181`, true);
    assert.is(await elsewhere.errorOf('closeSession', {}), 'OK');
    const leaders = rig.servers[leader - 1]!.view!;
    assert.is(leaders.sessionCount, 0);
    assert.is(rig.servers[follower - 1]!.view!.sessionCount, 1);
    const before = leaders.lastZxid;
    client.say('setData', data('/p'));
    await rig.until('it is decided', () => leaders.lastZxid > before);
    const other = await NetworkClient.session(rig, leader);
    const { body } = await other.ask('exists', { path: '/p', watch: false });
    assert.is(body!.stat.version, 0);
    rig.network.mend();
    await client.untilClosed();
  });
});

suite('a client that comes back to a follower before its old connection is gone', (test) => {
  test('is let go when its session ends', async () => {
    /* The follower had forgotten the session when the old connection went. */
    const rig = new EnsembleRig();
    rig.start();
    await rig.until('all serve', () => rig.servers.every(({ view }) => view?.serving));
    const follower = serverOf(rig, 'follower');
    const client = await NetworkClient.session(rig, follower);
    const back = new NetworkClient(rig, follower);
    assert.is(await back.resume(client), 'welcome');
    await client.untilClosed();
    assert.is(rig.servers[follower - 1]!.view!.sessions().length, 1);
    await back.untilClosed();
  });
});

suite('whether a request asks for an ephemeral node', (test) => {
  const create = (flags: number, name: 'create' | 'create2' = 'create') => {
    const to = new Writer();
    operations[name].request.write(to, node('/a', flags));
    return new Reader(to.copy());
  };

  test('is said by the flags of a create', () => {
    const asking = Object.values(createModes).filter(({ flag }) =>
      asksForEphemeral('create', create(flag)),
    );
    assert.equal(asking, [createModes.ephemeral, createModes.ephemeralSequential]);
    assert.ok(asksForEphemeral('create2', create(1, 'create2')));
    assert.not(asksForEphemeral('createContainer', create(1)));
    assert.not(asksForEphemeral('create', create(99)));
  });

  test('is said by any create of a multi', () => {
    const multi = (flags: number) => {
      const to = new Writer();
      writeMultiRequest(to, [
        { op: 'delete', path: '/a', version: -1 },
        { op: 'create2', ...node('/a', flags) },
      ]);
      return new Reader(to.copy());
    };
    assert.not(asksForEphemeral('multi', multi(0)));
    assert.ok(asksForEphemeral('multi', multi(3)));
  });

  test('leaves the request as it was, and says no of what cannot be read', () => {
    const body = create(1);
    assert.ok(asksForEphemeral('create', body));
    assert.is(body.position, 0);
    const cut = new Reader(body.bytes.subarray(0, 5));
    assert.not(asksForEphemeral('create', cut));
    assert.not(asksForEphemeral('multi', cut));
    assert.is(cut.position, 0);
  });
});

suite('what a local session is told', (test) => {
  test('is not that it has ended', () => {
    const error = { type: txnTypes.error, err: -112 } as const;
    const other = { type: txnTypes.error, err: -101 } as const;
    const told = { type: txnTypes.error, err: -120 };
    assert.equal(refusalOfLocal(error), told);
    assert.equal(refusalOfLocal(other), other);
    const multi = { type: txnTypes.multi, txns: [other, error] };
    assert.equal(refusalOfLocal(multi), { type: txnTypes.multi, txns: [other, told] });
  });
});
