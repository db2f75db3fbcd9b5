import { codes } from '@vivarium/core/internal/base/errors';
import type { MultiOp } from '@vivarium/core/internal/wire/multi';
import { OPEN_ACL } from '@vivarium/core/internal/wire/permissions';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { bytesOf, joined, type RigClient, textOf } from './client.js';
import { PeerRig } from './rig.js';

function create(path: string, flags = 0): MultiOp {
  return { op: 'create', path, data: null, acl: OPEN_ACL, flags };
}

function set(path: string, text: string, version = -1): MultiOp {
  return { op: 'setData', path, data: bytesOf(text), version };
}

function remove(path: string, version = -1): MultiOp {
  return { op: 'delete', path, version };
}

function codesOf(client: RigClient, ops: readonly MultiOp[]): number[] {
  const { error, body } = client.multi(ops);
  assert.is(error, 'OK');
  return body!.map((result) => (result.type === 'error' ? result.err : 99));
}

suite('a multi', (test) => {
  test('does all of it at one zxid, each operation seeing those before it', () => {
    const client = new PeerRig().connect();
    const { body, zxid } = client.multi([
      create('/a'),
      create('/a/b'),
      set('/a/b', 'one', 0),
      set('/a/b', 'two', 1),
      { op: 'check', path: '/a/b', version: 2 },
      create('/a/s', 2),
      create('/a/s', 2),
      remove('/a/s0000000002', 0),
    ]);
    assert.equal(
      body?.map((result) => ('path' in result ? result.path : result.type)),
      ['/a', '/a/b', 'setData', 'setData', 'check', '/a/s0000000001', '/a/s0000000002', 'delete'],
    );
    const { stat, data } = client.ask('getData', { path: '/a/b', watch: false }).body!;
    assert.is(textOf(data), 'two');
    assert.equal([stat.version, stat.czxid, stat.mzxid], [2, zxid, zxid]);
    const parent = client.ask('exists', { path: '/a', watch: false }).body!.stat;
    assert.equal([parent.cversion, parent.numChildren, parent.pzxid], [4, 2, zxid]);
  });

  test('gives each result as it was right after its operation', () => {
    const client = new PeerRig().connect();
    const { body } = client.multi([
      { op: 'create2', path: '/a', data: bytesOf('x'), acl: OPEN_ACL, flags: 0 },
      set('/a', 'xyz'),
      create('/a/b'),
      set('/a', ''),
    ]);
    const stats = body!.flatMap((result) => ('stat' in result ? [result.stat] : []));
    assert.equal(
      stats.map(({ version, dataLength, numChildren }) => [version, dataLength, numChildren]),
      [
        [0, 1, 0],
        [1, 3, 0],
        [2, 0, 1],
      ],
    );
  });

  test('answers containers and nodes with a time to live as create2', () => {
    const client = new PeerRig({ extendedTypesEnabled: true }).connect();
    const rest = { data: null, acl: OPEN_ACL };
    const { body } = client.multi([
      { op: 'createContainer', path: '/c', ...rest, flags: 4 },
      { op: 'createTtl', path: '/t', ...rest, flags: 5, ttl: 1000n },
      { op: 'createTtl', path: '/t', ...rest, flags: 6, ttl: 1000n },
    ]);
    assert.equal(
      body?.map((result) => [result.type, 'path' in result && result.path]),
      [
        ['create2', '/c'],
        ['create2', '/t'],
        ['create2', '/t0000000002'],
      ],
    );
  });

  test('that fails says 0 before, the error, and -2 after, at a zxid of its own', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    const { zxid, error, body } = client.multi([
      create('/a'),
      set('/a', 'x'),
      remove('/none'),
      create('/b'),
      set('nonsense', ''),
    ]);
    assert.is(error, 'OK');
    assert.is(zxid, 2n);
    assert.equal(
      body?.map((result) => (result.type === 'error' ? result.err : result.type)),
      [0, 0, codes.NO_NODE, -2, -2],
    );
    assert.is(client.errorOf('exists', { path: '/a', watch: false }), 'NO_NODE');
    assert.is(rig.peer.view.lastZxid, 2n);
  });

  test('that fails leaves no trace for the writes behind it', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    client.create('/p');
    client.create('/p/a', 'old');
    const before = client.ask('exists', { path: '/p', watch: false }).body;
    rig.holdsDisk = true;
    const failing = [
      create('/p/s', 2),
      create('/p/s', 2),
      create('/p/a/b'),
      set('/p/a', 'new'),
      remove('/p/a/b'),
      remove('/p/a'),
      create('/p/a', 1),
      remove('/none'),
    ];
    const sequential = { path: '/p/s', data: null, acl: OPEN_ACL, flags: 2 };
    client.send(
      joined(
        client.multiFrame(failing),
        client.multiFrame(failing),
        client.frame('create', sequential),
        client.multiFrame(failing),
        client.frame('create', sequential),
        client.frame('setData', { path: '/p/a', data: bytesOf('third'), version: 0 }),
        client.frame('getData', { path: '/p', watch: false }),
      ),
    );
    rig.perform();
    const created = client.frames.filter((_, i) => i === 2 || i === 4);
    assert.equal(
      created.map((frame) => client.answerOf('create', frame).body?.path),
      ['/p/s0000000001', '/p/s0000000002'],
    );
    assert.equal(
      client.frames.map(({ err }) => err),
      [0, 0, 0, 0, 0, 0, 0],
    );
    const { stat } = client.answerOf('getData', client.frames[6]!).body!;
    assert.is(stat.numChildren, before!.stat.numChildren + 2);
    assert.is(rig.peer.view.ephemeralCount, 0);
    assert.is(rig.peer.view.metrics.digestMismatches.value, 0);
  });

  test('that fails tells no watch', () => {
    const client = new PeerRig().connect();
    client.create('/a');
    client.errorOf('getData', { path: '/a', watch: true });
    client.errorOf('getChildren', { path: '/', watch: true });
    assert.equal(codesOf(client, [set('/a', 'x'), create('/b'), remove('/none')]), [0, 0, -101]);
    assert.equal(client.takeEvents(), []);
  });

  test('may be empty', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    assert.equal(client.multi([]), { error: 'OK', zxid: 2n, body: [] });
  });

  test('cannot hold what is no write', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    const read = { op: 'getData', path: '/', watch: false } as const;
    assert.equal(client.multi([create('/a'), read]), {
      error: 'MARSHALLING_ERROR',
      zxid: 2n,
      body: undefined,
    });
    assert.is(client.errorOf('exists', { path: '/a', watch: false }), 'NO_NODE');
  });

  test('may make and remove a node in one go', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    client.errorOf('exists', { path: '/a', watch: true });
    assert.equal(codesOf(client, [create('/a', 1), remove('/a', 0)]), [99, 99]);
    assert.equal(
      client.takeEvents().map(({ type }) => type),
      [1],
    );
    assert.is(rig.peer.view.ephemeralCount, 0);
    assert.is(rig.peer.view.metrics.digestMismatches.value, 0);
  });
});
