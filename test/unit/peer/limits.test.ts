import { OPEN_ACL } from '@vivarium/core/internal/wire/permissions';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { joined, type RigClient } from './client.js';
import { PeerRig } from './rig.js';

function write(client: RigClient, bytes = 0): Uint8Array {
  return client.frame('setData', { path: '/', data: new Uint8Array(bytes), version: -1 });
}

function held(rig: PeerRig): boolean[] {
  return rig.of('hold').map((effect) => effect.held);
}

suite('too many requests in flight', (test) => {
  test('wait in the server, while those who have none are served', () => {
    const rig = new PeerRig({ globalOutstandingLimit: 4 });
    const busy = rig.connect();
    const idle = rig.connect();
    rig.holdsDisk = true;
    busy.send(joined(...Array.from({ length: 10 }, () => write(busy))));
    assert.is(rig.peer.view.outstanding, 4);
    idle.send(idle.frame('exists', { path: '/', watch: false }));
    assert.equal(idle.xids, [1]);
    idle.send(write(idle));
    assert.is(rig.peer.view.outstanding, 5);
    rig.perform();
    assert.equal(busy.xids, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.equal(idle.xids, [1, 2]);
    assert.is(rig.peer.view.outstanding, 0);
    assert.equal(held(rig), []);
  });

  test('let the host read no more when many bytes wait, and go on when they are taken', () => {
    const rig = new PeerRig({ globalOutstandingLimit: 2 });
    const client = rig.connect();
    rig.holdsDisk = true;
    client.send(joined(...Array.from({ length: 10 }, () => write(client, 10_000))));
    assert.equal(held(rig), [true]);
    rig.perform();
    assert.equal(held(rig), [true, false]);
    assert.is(client.frames.length, 10);
  });

  test('of a client that goes make room for others', () => {
    const rig = new PeerRig({ globalOutstandingLimit: 4 });
    const gone = rig.connect();
    const other = rig.connect();
    rig.holdsDisk = true;
    gone.send(joined(...Array.from({ length: 8 }, () => write(gone))));
    other.send(joined(write(other), write(other), write(other)));
    assert.is(rig.peer.view.outstanding, 5);
    gone.vanish();
    assert.is(rig.peer.view.outstanding, 3);
    rig.perform();
    assert.equal(other.xids, [1, 2, 3]);
    assert.is(rig.peer.view.outstanding, 0);
  });

  test('behind a connect request wait for the session, and are held when they are large', () => {
    const rig = new PeerRig();
    rig.holdsDisk = true;
    const client = rig.open();
    client.greet();
    for (let i = 0; i < 5; i++) client.send(write(client, 20_000));
    assert.equal(held(rig), [true]);
    rig.perform();
    rig.perform();
    assert.equal(held(rig), [true, false]);
    assert.equal(client.xids, [1, 2, 3, 4, 5]);
  });
});

suite('a client that asks for much and reads slowly', (test) => {
  const ask = (client: RigClient, count: number) =>
    joined(
      ...Array.from({ length: count }, () => client.frame('getData', { path: '/', watch: false })),
    );
  const setUp = () => {
    const rig = new PeerRig({ sendQueueHighWaterBytes: 10_000, sendQueueMaxBytes: 50_000 });
    const client = rig.connect();
    client.send(write(client, 4_000));
    client.frames = [];
    return { rig, client };
  };

  test('is answered a piece at a time: the steps between are for others', () => {
    const { rig, client } = setUp();
    client.send(ask(client, 8));
    assert.is(client.frames.length, 3, 'as many as it takes to pass 10,000 bytes');
    assert.ok(rig.peer.wakeAt <= rig.now);
    rig.step();
    assert.is(client.frames.length, 6);
    rig.pass(1);
    assert.equal(client.xids, [2, 3, 4, 5, 6, 7, 8, 9]);
    assert.ok(rig.peer.wakeAt > rig.now);
  });

  test('gets no more answers while too much waits for it, but is still heard', () => {
    const { rig, client } = setUp();
    const slow = (isSlow: boolean) =>
      rig.step({ type: 'connection-slow', connection: client.id, slow: isSlow });
    slow(true);
    client.send(ask(client, 2));
    rig.pass(1000);
    assert.is(client.frames.length, 0);
    assert.ok(rig.peer.wakeAt > rig.now);
    slow(false);
    assert.equal(client.xids, [2, 3]);
  });

  test('is cut off when what it goes on to send has become too much', () => {
    const { rig, client } = setUp();
    rig.step({ type: 'connection-slow', connection: client.id, slow: true });
    for (let sent = 0; sent < 5_200_000; sent += 65_000) client.send(write(client, 65_000));
    assert.not.ok(client.isClosed);
    for (let more = 0; more < 5; more++) client.send(write(client, 65_000));
    assert.match(client.closedBecause!, 'bytes of its requests wait');
    assert.is(rig.peer.view.connectionCount, 0);
  });

  test('may have only so many reads wait behind a write', () => {
    const { rig, client } = setUp();
    rig.holdsDisk = true;
    client.send(joined(write(client, 4_000), ask(client, 400)));
    assert.is(rig.peer.view.outstanding, 129);
    rig.perform();
    rig.holdsDisk = false;
    rig.pass(500);
    assert.is(client.frames.length, 401);
    assert.equal(client.xids.slice(-1), [402]);
  });

  test('is answered a piece at a time too what waited for a write', () => {
    const { rig, client } = setUp();
    rig.holdsDisk = true;
    client.send(joined(write(client, 4_000), ask(client, 8)));
    rig.performOne();
    assert.equal(client.xids, [2, 3, 4, 5], 'as many as it takes to pass 10,000 bytes');
    assert.ok(rig.peer.wakeAt <= rig.now);
    client.send(ask(client, 1));
    assert.equal(client.xids.slice(-1), [8]);
    rig.step({ type: 'connection-slow', connection: client.id, slow: true });
    assert.ok(rig.peer.wakeAt > rig.now);
    assert.equal(client.xids.slice(-1), [8]);
    rig.step({ type: 'connection-slow', connection: client.id, slow: false });
    rig.pass(1);
    assert.equal(client.xids, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    assert.ok(rig.peer.wakeAt > rig.now);
    assert.is(rig.peer.view.outstanding, 0);
  });

  test('reads the state between its writes, however much that is', () => {
    const { rig, client } = setUp();
    rig.holdsDisk = true;
    client.send(joined(write(client, 3_000), ask(client, 8), write(client, 10), ask(client, 2)));
    rig.performOne();
    assert.equal(client.xids, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    rig.pass(1);
    assert.equal(client.xids, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    const lengths = client.frames.filter(({ xid }) => xid !== 2 && xid !== 11);
    assert.equal(
      lengths.map(({ body }) => new DataView(body.buffer, body.byteOffset).getInt32(0)),
      [3_000, 3_000, 3_000, 3_000, 3_000, 3_000, 3_000, 3_000, 10, 10],
    );
  });

  test('is cut off when a write would bring more answers at once than may wait for it', () => {
    const { rig, client } = setUp();
    rig.holdsDisk = true;
    client.send(joined(write(client, 4_000), ask(client, 60), write(client), ask(client, 2)));
    rig.performOne();
    assert.match(client.closedBecause!, 'slow reader: 5');
    assert.is(client.frames.length, 14);
    assert.is(rig.peer.view.outstanding, 0);
    assert.is(rig.peer.view.connectionCount, 0);
  });

  test('has one request in each step that takes long, and others come between', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    const other = rig.connect();
    client.multi(
      Array.from({ length: 10_001 }, (_, i) => {
        return { op: 'create', path: `/${i}`, data: null, acl: OPEN_ACL, flags: 1 } as const;
      }),
    );
    client.create('/below');
    const count = () => client.frame('getAllChildrenNumber', { path: '/' });
    const own = () => client.frame('getEphemerals', { prefixPath: '/none' });
    client.send(
      joined(count(), own(), count(), client.frame('getData', { path: '/', watch: false })),
    );
    const first = client.xids[0]!;
    for (let more = 1; more <= 3; more++) {
      assert.is(client.frames.length, more);
      assert.ok(rig.peer.wakeAt <= rig.now);
      other.send(other.frame('ping', {}, -2));
      assert.equal(
        other.take().map(({ xid }) => xid),
        [-2],
      );
    }
    assert.equal(client.xids, [first, first + 1, first + 2, first + 3]);
    rig.pass(1);
    assert.ok(rig.peer.wakeAt > rig.now);
  });

  test('cannot ask in one request for more than may wait for it', () => {
    const { client } = setUp();
    const reads = (count: number) =>
      Array.from({ length: count }, () => ({ op: 'getData', path: '/', watch: false }) as const);
    client.send(client.multiFrame(reads(10), 'multiRead'));
    client.send(client.multiFrame(reads(20), 'multiRead'));
    assert.equal(
      client.frames.map(({ err }) => err),
      [0, -5],
    );
  });
});

suite('large requests', (test) => {
  test('share a room, and the one too many is refused', () => {
    const rig = new PeerRig({ largeRequestThreshold: 1_000, largeRequestMaxBytes: 5_000 });
    const clients = [1, 2, 3].map(() => rig.connect());
    rig.holdsDisk = true;
    for (const client of clients) client.send(write(client, 2_000));
    assert.equal(
      clients.map(({ isClosed }) => isClosed),
      [false, false, true],
    );
    assert.match(clients[2]!.closedBecause!, 'largeRequestMaxBytes');
    assert.is(rig.peer.view.metrics.largeRequestsRejected.value, 1);
    clients[0]!.send(write(clients[0]!, 900));
    clients[1]!.vanish();
    rig.perform();
    rig.holdsDisk = false;
    const later = rig.connect();
    later.send(write(later, 2_000));
    later.send(write(later, 2_000));
    assert.equal(later.xids, [1, 2], 'the room is free again');
  });

  test('beyond jute.maxbuffer close the connection by their length alone', () => {
    const rig = new PeerRig({ juteMaxBuffer: 2_000 });
    const client = rig.connect();
    client.send(write(client, 1_900));
    assert.equal(client.xids, [1]);
    const read = client.frame('exists', { path: '/', watch: false });
    client.send(joined(read, Uint8Array.of(0, 0, 0x07, 0xd1)));
    assert.equal(client.xids, [1, 2]);
    assert.match(client.closedBecause!, '2001');
    assert.ok(rig.logged.includes('connection.malformed'));
    const negative = rig.connect();
    negative.send(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
    assert.ok(negative.isClosed);
  });
});

suite('figures', (test) => {
  test('of a connection begin again with crst, those of the server with srst', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    client.create('/a');
    client.ask('exists', { path: '/a', watch: false });
    const view = () => rig.peer.view.connections()[0]!;
    assert.equal(
      [view().received, view().sent, view().lastOperation, view().lastCxid, view().lastZxid],
      [3, 3, 'EXIS', 2, 2n],
    );
    rig.command('reset-connection-stats');
    assert.equal([view().received, view().sent, view().lastOperation], [0, 0, 'NA']);
    const { metrics } = rig.peer.view;
    assert.ok(metrics.packetsReceived.value > 0);
    assert.ok(metrics.requestLatency.count > 0);
    rig.command('reset-server-stats');
    assert.is(metrics.packetsReceived.value, 0);
    assert.is(metrics.packetsSent.value, 0);
    assert.is(metrics.requestLatency.count, 0);
  });

  test('of latency are those from the request to its answer', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    rig.command('reset-server-stats');
    rig.holdsDisk = true;
    client.send(joined(write(client), client.frame('exists', { path: '/', watch: false })));
    rig.pause(30);
    rig.perform();
    const { requestLatency, updateLatency, readLatency } = rig.peer.view.metrics;
    assert.equal([requestLatency.min, requestLatency.max, requestLatency.count], [30, 30, 2]);
    assert.equal([updateLatency.count, readLatency.count], [1, 1]);
    assert.is(rig.peer.view.connections()[0]?.averageLatencyMs, 30);
  });

  test('of watches, sessions and ephemerals are told by session', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    const other = rig.connect();
    client.create('/e', '', 1);
    client.ask('exists', { path: '/e', watch: true });
    client.ask('getChildren', { path: '/', watch: true });
    other.vanish();
    const { view } = rig.peer;
    assert.equal([...view.watches()], [[client.session, ['/e']]]);
    assert.equal([...view.ephemerals()], [[client.session, ['/e']]]);
    assert.is(view.watchCount, 2);
    assert.equal(
      view.sessions().map(({ id, connected }) => [id, connected]),
      [
        [client.session, true],
        [other.session, false],
      ],
    );
  });
});
