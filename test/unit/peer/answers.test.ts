import { codes } from '@vivarium/core/internal/base/errors';
import { Reader } from '@vivarium/core/internal/wire/reader';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { joined, type RigClient, requestFrame } from './client.js';
import { PeerRig } from './rig.js';

function setData(client: RigClient, path: string, version = -1): Uint8Array {
  return client.frame('setData', { path, data: null, version });
}

function getData(client: RigClient, path: string): Uint8Array {
  return client.frame('getData', { path, watch: false });
}

/** The data version in the answer to a getData. */
function versionIn(body: Uint8Array): number {
  const from = new Reader(body);
  from.bufferOrNull();
  from.position += 32;
  return from.int();
}

suite('the answers on a connection', (test) => {
  test('come in the order of the requests, and a read sees the writes before it', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    client.create('/a');
    rig.holdsDisk = true;
    const requests = [];
    for (let i = 0; i < 20; i++) requests.push(setData(client, '/a'), getData(client, '/a'));
    client.send(joined(...requests));
    assert.equal(client.frames, []);
    rig.perform();
    assert.equal(
      client.xids,
      requests.map((_, i) => i + 2),
    );
    client.frames.forEach(({ body, err }, i) => {
      assert.is(err, 0);
      if (i % 2 === 1) assert.is(versionIn(body), (i + 1) / 2);
    });
  });

  test('show no write before it is durable, to whom it belongs or not', () => {
    const rig = new PeerRig();
    const writer = rig.connect();
    const reader = rig.connect();
    writer.create('/a');
    rig.holdsDisk = true;
    writer.send(setData(writer, '/a'));
    reader.send(getData(reader, '/a'));
    assert.is(versionIn(reader.take()[0]!.body), 0);
    assert.equal(writer.frames, []);
    rig.perform();
    reader.send(getData(reader, '/a'));
    assert.is(versionIn(reader.take()[0]!.body), 1);
  });

  test('do not wait for the writes of others', () => {
    const rig = new PeerRig();
    const writer = rig.connect();
    const reader = rig.connect();
    rig.holdsDisk = true;
    writer.send(setData(writer, '/'));
    reader.send(joined(getData(reader, '/'), reader.frame('ping', {}, -2)));
    assert.equal(reader.xids, [1, -2]);
  });

  test('keep pings behind the writes, and carry the zxid of the state', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    rig.holdsDisk = true;
    client.send(joined(setData(client, '/'), client.frame('ping', {}, -2), setData(client, '/')));
    assert.equal(client.frames, []);
    rig.perform();
    assert.equal(
      client.frames.map(({ xid, zxid, err }) => [xid, zxid, err]),
      [
        [1, 2n, 0],
        [-2, 2n, 0],
        [2, 3n, 0],
      ],
    );
  });

  test('to auth packets are out of band, at zxid 0', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    rig.holdsDisk = true;
    const auth = { type: 0, scheme: 'digest', auth: new TextEncoder().encode('u:p') };
    client.send(joined(setData(client, '/'), client.frame('auth', auth, -4)));
    assert.equal(
      client.take().map(({ xid, zxid, err }) => [xid, zxid, err]),
      [[-4, 0n, 0]],
    );
    rig.perform();
    assert.equal(client.xids, [1]);
  });

  test('use the identities that a request was sent with', () => {
    const rig = new PeerRig();
    const owner = rig.connect();
    owner.authenticate('digest', 'u:p');
    assert.is(
      owner.create('/secret', '', 0, [{ perms: 31, id: { scheme: 'auth', id: '' } }]),
      'OK',
    );
    const client = rig.connect();
    rig.holdsDisk = true;
    const auth = { type: 0, scheme: 'digest', auth: new TextEncoder().encode('u:p') };
    client.send(
      joined(
        setData(client, '/'),
        getData(client, '/secret'),
        client.frame('auth', auth, -4),
        getData(client, '/secret'),
      ),
    );
    rig.perform();
    assert.equal(
      client.frames.map(({ xid, err }) => [xid, err]),
      [
        [-4, 0],
        [1, 0],
        [2, codes.NO_AUTH],
        [3, 0],
      ],
    );
  });

  test('to failed writes take a zxid and carry it, without a body', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    client.send(setData(client, '/none'));
    const [frame] = client.take();
    assert.equal(frame, { xid: 1, zxid: 2n, err: codes.NO_NODE, body: new Uint8Array(0) });
    client.send(setData(client, '/'));
    assert.is(client.take()[0]?.zxid, 3n);
  });

  test('to failed reads have no body either and take no zxid', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    client.send(getData(client, '/none'));
    assert.equal(client.take(), [
      { xid: 1, zxid: 1n, err: codes.NO_NODE, body: new Uint8Array(0) },
    ]);
  });

  test('to bodies that cannot be decoded are -5, for a write at a zxid of its own', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    client.send(joined(requestFrame(1, 4), requestFrame(2, 5), requestFrame(3, 14)));
    client.send(requestFrame(4, 22, (to) => to.int(9)));
    assert.equal(
      client.frames.map(({ xid, zxid, err }) => [xid, zxid, err]),
      [
        [1, 1n, -5],
        [2, 2n, -5],
        [3, 3n, -5],
        [4, 3n, -5],
      ],
    );
    assert.not.ok(client.isClosed);
  });

  test('stop with a frame that is no request, after those before it', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    client.send(joined(getData(client, '/'), Uint8Array.of(0, 0, 0, 3, 1, 2, 3)));
    assert.equal(client.xids, [1]);
    assert.match(client.closedBecause!, /malformed/);
  });

  test('to closeSession are the last ones', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    client.create('/e', '', 1);
    rig.holdsDisk = true;
    client.send(
      joined(
        setData(client, '/'),
        getData(client, '/e'),
        client.frame('closeSession', {}),
        setData(client, '/'),
        getData(client, '/'),
      ),
    );
    rig.perform();
    assert.equal(
      client.frames.map(({ xid, err }) => [xid, err]),
      [
        [2, 0],
        [3, 0],
        [4, 0],
      ],
    );
    assert.is(client.closedBecause, 'its session has ended');
    rig.holdsDisk = false;
    const other = rig.connect();
    assert.is(other.errorOf('exists', { path: '/e', watch: false }), 'NO_NODE');
    const { body } = other.ask('exists', { path: '/', watch: false });
    assert.is(body?.stat.version, 1, 'the write behind the close changed nothing');
  });

  test('are forgotten when the client goes, and its writes are not', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    rig.holdsDisk = true;
    client.send(joined(setData(client, '/'), getData(client, '/'), setData(client, '/')));
    assert.is(rig.peer.view.outstanding, 3);
    client.vanish();
    assert.is(rig.peer.view.outstanding, 0);
    rig.perform();
    rig.holdsDisk = false;
    const other = rig.connect();
    assert.is(other.ask('exists', { path: '/', watch: false }).body?.stat.version, 2);
    assert.is(rig.peer.view.outstanding, 0);
  });
});

suite('what ZooKeeper answers otherwise', (test) => {
  for (const opcode of [0, 10, 13, 20, 99, -10, -1, 2_147_483_647]) {
    test(`is opcode ${opcode}: -6 at zxid -1, and the end`, () => {
      const rig = new PeerRig();
      const client = rig.connect();
      client.send(joined(getData(client, '/'), requestFrame(2, opcode), getData(client, '/')));
      assert.equal(
        client.frames.map(({ xid, zxid, err, body }) => [xid, zxid, err, body.length > 0]),
        [
          [1, 1n, 0, true],
          [2, -1n, codes.UNIMPLEMENTED, false],
        ],
      );
      assert.ok(client.isClosed);
      assert.is(rig.peer.view.lastZxid, 1n);
    });
  }

  test('is an unknown opcode behind a write: in its turn', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    rig.holdsDisk = true;
    client.send(joined(setData(client, '/'), requestFrame(2, 99), setData(client, '/')));
    assert.not.ok(client.isClosed);
    rig.perform();
    assert.equal(
      client.frames.map(({ xid, err }) => [xid, err]),
      [
        [1, 0],
        [2, codes.UNIMPLEMENTED],
      ],
    );
    assert.ok(client.isClosed);
  });

  test('is sasl: -115 with a null token at zxid 0, and the end', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    client.send(requestFrame(1, 102, (to) => to.int(0)));
    assert.equal(client.frames, [
      { xid: 1, zxid: 0n, err: codes.AUTH_FAILED, body: Uint8Array.of(255, 255, 255, 255) },
    ]);
    assert.ok(client.isClosed);
  });

  test('is reconfig: disabled, as a failed write', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    const none = { joiningServers: null, leavingServers: null, newMembers: null };
    assert.is(client.errorOf('reconfig', { ...none, curConfigId: -1n }), 'RECONFIG_DISABLED');
    assert.is(rig.peer.view.lastZxid, 2n);
  });
});

suite('auth', (test) => {
  test('that fails is told -115 at zxid 0, and closes', () => {
    for (const scheme of ['world', 'sasl', 'nonsense', 'super', 'ensemble']) {
      const rig = new PeerRig();
      const client = rig.connect();
      assert.is(client.authenticate(scheme, 'a:b'), 'AUTH_FAILED', scheme);
      assert.ok(client.isClosed);
      assert.ok(rig.logged.includes('auth.failed'));
    }
  });

  test('of the ensemble is a matter of its name', () => {
    const rig = new PeerRig({ ensembleAuthName: ['ours', 'also'] });
    assert.is(rig.connect().authenticate('ensemble', 'also'), 'OK');
    assert.is(rig.connect().authenticate('ensemble', ''), 'OK');
    assert.is(rig.connect().authenticate('ensemble', 'theirs'), 'AUTH_FAILED');
  });

  test('by digest can be switched off', () => {
    const rig = new PeerRig({ digestAuthEnabled: false });
    assert.is(rig.connect().authenticate('digest', 'u:p'), 'AUTH_FAILED');
  });

  test('with the super digest lets everything pass', () => {
    const superDigest = 'super:xQJmxLMiHGwaqBvst5y6rkB6HQs=';
    const rig = new PeerRig({ superDigest });
    const owner = rig.connect();
    owner.authenticate('digest', 'u:p');
    owner.create('/secret', '', 0, [{ perms: 31, id: { scheme: 'auth', id: '' } }]);
    const other = rig.connect();
    assert.is(other.authenticate('digest', 'super:wrong'), 'OK');
    assert.is(other.errorOf('getData', { path: '/secret', watch: false }), 'NO_AUTH');
    assert.is(other.authenticate('digest', 'super:admin'), 'OK');
    assert.is(other.errorOf('getData', { path: '/secret', watch: false }), 'OK');
    assert.is(other.errorOf('delete', { path: '/secret', version: -1 }), 'OK');
  });
});
