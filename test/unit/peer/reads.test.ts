import { codes } from '@vivarium/core/internal/base/errors';
import { READ_ACL } from '@vivarium/core/internal/wire/permissions';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { textOf } from './client.js';
import { PeerRig } from './rig.js';

suite('a multiRead', (test) => {
  test('answers each read by itself', () => {
    const client = new PeerRig().connect();
    client.create('/a', 'x');
    client.create('/blind', '', 0, [{ perms: 2, id: { scheme: 'world', id: 'anyone' } }]);
    const { body } = client.multi(
      [
        { op: 'getData', path: '/a', watch: false },
        { op: 'getChildren', path: '/none', watch: false },
        { op: 'getData', path: '/blind', watch: false },
        { op: 'getChildren', path: '/', watch: false },
      ],
      'multiRead',
    );
    const [data, missing, blind, children] = body!;
    assert.is(data?.type === 'getData' && textOf(data.data), 'x');
    assert.equal(missing, { type: 'error', err: codes.NO_NODE });
    assert.equal(blind, { type: 'error', err: codes.NO_AUTH });
    const names = children?.type === 'getChildren' ? [...children.children].sort() : [];
    assert.equal(names, ['a', 'blind', 'zookeeper']);
  });

  test('cannot hold a write, and takes no zxid', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    const ops = [
      { op: 'getData', path: '/', watch: false } as const,
      { op: 'delete', path: '/', version: -1 } as const,
    ];
    assert.is(client.multi(ops, 'multiRead').error, 'MARSHALLING_ERROR');
    assert.is(rig.peer.view.lastZxid, 1n);
  });
});

suite('reads', (test) => {
  const secret = [
    { perms: 1, id: { scheme: 'world', id: 'anyone' } },
    { perms: 31, id: { scheme: 'digest', id: 'u:Zm9vYmFy' } },
    { perms: 16, id: { scheme: 'ip', id: '10.0.0.1' } },
  ];

  test('of an ACL hide digests from those who may not change it', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    client.create('/a', '', 0, secret);
    const shown = client.ask('getAcl', { path: '/a' }).body?.acl;
    assert.equal(
      shown?.map(({ id }) => id.id),
      ['anyone', 'u:x', '10.0.0.1'],
    );
    const admin = rig.open('10.0.0.1');
    admin.greet();
    assert.equal(admin.ask('getAcl', { path: '/a' }).body?.acl, secret);
  });

  test('of an ACL need READ or ADMIN', () => {
    const client = new PeerRig().connect();
    const only = (perms: number) => [{ perms, id: { scheme: 'world', id: 'anyone' } }];
    for (const [perms, error] of [
      [1, 'OK'],
      [16, 'OK'],
      [14, 'NO_AUTH'],
    ] as const) {
      client.create(`/p${perms}`, '', 0, only(perms));
      assert.is(client.errorOf('getAcl', { path: `/p${perms}` }), error);
    }
  });

  test('need READ, exists among them', () => {
    const client = new PeerRig().connect();
    client.create('/blind', '', 0, [{ perms: 30, id: { scheme: 'world', id: 'anyone' } }]);
    for (const name of ['exists', 'getData', 'getChildren', 'getChildren2'] as const) {
      assert.is(client.errorOf(name, { path: '/blind', watch: true }), 'NO_AUTH', name);
    }
    assert.is(client.errorOf('getAllChildrenNumber', { path: '/blind' }), 'NO_AUTH');
    client.ask('setData', { path: '/blind', data: null, version: -1 });
    client.create('/blind/x');
    assert.equal(client.takeEvents(), [], 'and left no watch');
  });

  test('of a path that is none find nothing; the empty one is the root', () => {
    const client = new PeerRig().connect();
    client.create('/a');
    assert.is(client.errorOf('getData', { path: '/a/', watch: false }), 'NO_NODE');
    assert.is(client.errorOf('getData', { path: 'a', watch: false }), 'NO_NODE');
    assert.is(client.errorOf('exists', { path: '/a\0', watch: true }), 'BAD_ARGUMENTS');
    assert.is(client.ask('getChildren2', { path: '', watch: false }).body?.stat.numChildren, 2);
  });

  test('of who one is show users, not digests', () => {
    const client = new PeerRig().connect();
    client.authenticate('digest', 'u:p');
    client.authenticate('digest', 'v:p:q');
    client.authenticate('digest', 'u:p');
    assert.equal(client.ask('whoAmI', {}).body?.clientInfo, [
      { authScheme: 'ip', user: '127.0.0.1' },
      { authScheme: 'digest', user: 'u' },
      { authScheme: 'digest', user: 'v' },
    ]);
  });

  test("of ephemerals tell one's own, below a prefix", () => {
    const rig = new PeerRig();
    const client = rig.connect();
    const other = rig.connect();
    client.create('/p');
    for (const path of ['/p/a', '/p/b', '/pq']) client.create(path, '', 1);
    other.create('/p/c', '', 1);
    const ask = (prefixPath: string | null) =>
      [...client.ask('getEphemerals', { prefixPath }).body!.ephemerals].sort();
    assert.equal(ask('/'), ['/p/a', '/p/b', '/pq']);
    assert.equal(ask(null), ['/p/a', '/p/b', '/pq']);
    assert.equal(ask(' '), ['/p/a', '/p/b', '/pq']);
    assert.equal(ask('/p'), ['/p/a', '/p/b', '/pq']);
    assert.equal(ask('/p/'), ['/p/a', '/p/b']);
    assert.equal(ask('/x'), []);
  });

  test('count descendants, and sync says its path', () => {
    const client = new PeerRig().connect();
    for (const path of ['/a', '/a/b', '/a/b/c', '/ab']) client.create(path);
    assert.is(client.ask('getAllChildrenNumber', { path: '/a' }).body?.totalNumber, 2);
    assert.is(client.ask('getAllChildrenNumber', { path: '/' }).body?.totalNumber, 7);
    assert.is(client.errorOf('getAllChildrenNumber', { path: '/none' }), 'NO_NODE');
    for (const path of ['/none', '', 'x//']) {
      assert.equal(client.ask('sync', { path }).body, { path });
    }
  });

  test('see a fresh tree as ZooKeeper shows it', () => {
    const client = new PeerRig().connect();
    const stat = (path: string) => client.ask('exists', { path, watch: false }).body!.stat;
    assert.equal([stat('/').cversion, stat('/').numChildren], [-1, 1]);
    assert.equal([stat('/zookeeper').cversion, stat('/zookeeper').numChildren], [-2, 2]);
    assert.is(stat('/zookeeper/config').aversion, -1);
    assert.equal(client.ask('getAcl', { path: '/zookeeper/config' }).body?.acl, READ_ACL);
  });
});
