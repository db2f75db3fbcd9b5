import type { MultiOp } from '@vivarium/core/internal/wire/multi';
import { specialXids } from '@vivarium/core/internal/wire/operations';
import { OPEN_ACL } from '@vivarium/core/internal/wire/permissions';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { joined, type RigClient } from './client.js';
import { PeerRig } from './rig.js';

const CREATED = 1;
const DELETED = 2;
const CHANGED = 3;
const CHILDREN = 4;

/** Events as `type path`, in order. */
function events(client: RigClient): string[] {
  return client.takeEvents().map(({ type, path }) => `${type} ${path}`);
}

function world() {
  const rig = new PeerRig();
  const writer = rig.connect();
  const watcher = rig.connect();
  return { rig, writer, watcher };
}

const set = (path: string) => ({ path, data: null, version: -1 });
const remove = (path: string) => ({ path, version: -1 });

suite('a watch', (test) => {
  test('fires once, with the zxid of the change', () => {
    const { rig, writer, watcher } = world();
    writer.create('/a');
    watcher.ask('getData', { path: '/a', watch: true });
    watcher.ask('exists', { path: '/a', watch: true });
    writer.ask('setData', set('/a'));
    const { lastZxid } = rig.peer.view;
    writer.ask('setData', set('/a'));
    assert.equal(watcher.takeEvents(), [{ type: CHANGED, path: '/a', zxid: lastZxid }]);
  });

  test('comes before the answer to the write that fired it, and before any newer state', () => {
    const { rig, writer, watcher } = world();
    writer.create('/a');
    writer.ask('getData', { path: '/a', watch: true });
    watcher.ask('getData', { path: '/a', watch: true });
    rig.holdsDisk = true;
    writer.send(writer.frame('setData', set('/a')));
    rig.performOne(watcher.request('getData', { path: '/a', watch: false }));
    assert.equal(writer.xids, [specialXids.notification, 3]);
    assert.equal(watcher.xids, [specialXids.notification, 2]);
  });

  test('left by exists fires for creation and for deletion', () => {
    const { writer, watcher } = world();
    assert.is(watcher.errorOf('exists', { path: '/a', watch: true }), 'NO_NODE');
    writer.create('/a');
    assert.equal(events(watcher), [`${CREATED} /a`]);
    watcher.ask('exists', { path: '/a', watch: true });
    writer.ask('delete', remove('/a'));
    assert.equal(events(watcher), [`${DELETED} /a`]);
  });

  test('is not left by a read that failed', () => {
    const { writer, watcher } = world();
    watcher.ask('getData', { path: '/a', watch: true });
    watcher.ask('getChildren', { path: '/a', watch: true });
    writer.create('/a');
    writer.create('/a/b');
    assert.equal(events(watcher), []);
  });

  test('on children fires for their coming and going, and for the end of the node', () => {
    const { writer, watcher } = world();
    writer.create('/a');
    const watch = () => watcher.ask('getChildren2', { path: '/a', watch: true });
    watch();
    writer.ask('setData', set('/a'));
    writer.create('/a/b');
    watch();
    writer.create('/a/b/c');
    writer.ask('delete', remove('/a/b/c'));
    writer.ask('delete', remove('/a/b'));
    watch();
    writer.ask('delete', remove('/a'));
    assert.equal(events(watcher), [`${CHILDREN} /a`, `${CHILDREN} /a`, `${DELETED} /a`]);
  });

  test('on data and on children of one node are told of its end once', () => {
    const { writer, watcher } = world();
    writer.create('/a');
    watcher.ask('getData', { path: '/a', watch: true });
    watcher.ask('getChildren', { path: '/a', watch: true });
    watcher.ask('getChildren', { path: '/', watch: true });
    writer.ask('delete', remove('/a'));
    assert.equal(events(watcher), [`${DELETED} /a`, `${CHILDREN} /`]);
  });

  test('hears nothing of ACLs, checks and failures', () => {
    const { writer, watcher } = world();
    writer.create('/a');
    watcher.ask('getData', { path: '/a', watch: true });
    watcher.ask('getChildren', { path: '/a', watch: true });
    writer.ask('setAcl', { path: '/a', acl: OPEN_ACL, version: -1 });
    writer.multi([{ op: 'check', path: '/a', version: -1 }]);
    writer.ask('setData', { ...set('/a'), version: 9 });
    assert.equal(events(watcher), []);
  });

  test('dies with its connection', () => {
    const { rig, writer, watcher } = world();
    watcher.ask('addWatch', { path: '/', mode: 1 });
    watcher.ask('exists', { path: '/a', watch: true });
    const back = rig.open();
    back.resume(watcher);
    writer.create('/a');
    assert.equal(events(back), []);
    assert.is(rig.peer.view.watchCount, 0);
  });
});

suite('a watch that stays', (test) => {
  test('fires for its node and its children, again and again', () => {
    const { writer, watcher } = world();
    watcher.ask('addWatch', { path: '/a', mode: 0 });
    writer.create('/a');
    writer.create('/a/b');
    writer.ask('setData', set('/a/b'));
    writer.ask('setData', set('/a'));
    writer.ask('delete', remove('/a/b'));
    writer.ask('delete', remove('/a'));
    writer.create('/a');
    assert.equal(events(watcher), [
      `${CREATED} /a`,
      `${CHILDREN} /a`,
      `${CHANGED} /a`,
      `${CHILDREN} /a`,
      `${DELETED} /a`,
      `${CREATED} /a`,
    ]);
  });

  test('and is recursive fires for all below, but not for children as such', () => {
    const { writer, watcher } = world();
    watcher.ask('addWatch', { path: '/a', mode: 1 });
    writer.create('/ab');
    const ops: MultiOp[] = ['/a', '/a/b', '/a/b/c'].map((path) => ({
      op: 'create',
      path,
      data: null,
      acl: OPEN_ACL,
      flags: 0,
    }));
    writer.multi(ops);
    writer.ask('setData', set('/a/b/c'));
    writer.ask('delete', remove('/a/b/c'));
    assert.equal(events(watcher), [
      `${CREATED} /a`,
      `${CREATED} /a/b`,
      `${CREATED} /a/b/c`,
      `${CHANGED} /a/b/c`,
      `${DELETED} /a/b/c`,
    ]);
  });

  test('and a one-shot watch on the same node are one event', () => {
    const { writer, watcher } = world();
    writer.create('/a');
    watcher.ask('addWatch', { path: '/a', mode: 0 });
    watcher.ask('addWatch', { path: '/', mode: 1 });
    watcher.ask('getData', { path: '/a', watch: true });
    writer.ask('setData', set('/a'));
    writer.ask('setData', set('/a'));
    assert.equal(events(watcher), [`${CHANGED} /a`, `${CHANGED} /a`]);
  });

  test('answers with the body of an error that is none, and knows two modes', () => {
    const { watcher } = world();
    assert.equal(watcher.ask('addWatch', { path: '/none', mode: 1 }).body, { err: 0 });
    for (const mode of [-1, 2]) {
      assert.is(watcher.errorOf('addWatch', { path: '/', mode }), 'MARSHALLING_ERROR');
    }
  });
});

suite('checkWatches and removeWatches', (test) => {
  /** Which types each kind of watch is found by: 1 children, 2 data, 3 any, 4 and 5 staying. */
  const kinds: readonly (readonly [string, (client: RigClient) => unknown, readonly number[]])[] = [
    ['a data watch', (c) => c.ask('getData', { path: '/a', watch: true }), [2, 3]],
    ['a child watch', (c) => c.ask('getChildren', { path: '/a', watch: true }), [1, 3]],
    ['a persistent watch', (c) => c.ask('addWatch', { path: '/a', mode: 0 }), [3, 4]],
    ['a recursive watch', (c) => c.ask('addWatch', { path: '/a', mode: 1 }), [3, 5]],
  ];
  for (const [what, watch, types] of kinds) {
    test(`find ${what} by types ${types.join(' and ')}`, () => {
      const { rig, writer } = world();
      writer.create('/a');
      for (const type of [1, 2, 3, 4, 5]) {
        const client = rig.connect();
        watch(client);
        const error = types.includes(type) ? 'OK' : 'NO_WATCHER';
        assert.is(client.errorOf('checkWatches', { path: '/a', type }), error);
        assert.is(client.errorOf('removeWatches', { path: '/a', type }), error);
        writer.ask('setData', set('/a'));
        writer.create('/a/x');
        writer.ask('delete', remove('/a/x'));
        if (error === 'OK') assert.equal(events(client), []);
        else assert.ok(events(client).length > 0);
        assert.is(client.errorOf('checkWatches', { path: '/', type }), 'NO_WATCHER');
      }
    });
  }

  test('know five types, and only the watches of their own connection', () => {
    const { writer, watcher } = world();
    writer.create('/a');
    watcher.ask('getData', { path: '/a', watch: true });
    for (const type of [0, 6]) {
      assert.is(watcher.errorOf('checkWatches', { path: '/a', type }), 'MARSHALLING_ERROR');
      assert.is(watcher.errorOf('removeWatches', { path: '/a', type }), 'MARSHALLING_ERROR');
    }
    assert.is(writer.errorOf('checkWatches', { path: '/a', type: 3 }), 'NO_WATCHER');
  });
});

suite('who may not read a node', (test) => {
  const mine = [{ perms: 31, id: { scheme: 'auth', id: '' } }];

  test('hears nothing of it, and its one-shot watch is spent', () => {
    const { writer, watcher } = world();
    writer.authenticate('digest', 'u:p');
    watcher.ask('exists', { path: '/a', watch: true });
    watcher.ask('addWatch', { path: '/', mode: 1 });
    writer.create('/a', '', 0, mine);
    writer.ask('setData', set('/a'));
    writer.ask('setAcl', { path: '/a', acl: OPEN_ACL, version: -1 });
    watcher.ask('removeWatches', { path: '/', type: 5 });
    writer.ask('setData', set('/a'));
    assert.equal(events(watcher), []);
  });

  test('hears nothing of it, whatever else it may do there', () => {
    const { writer, watcher } = world();
    watcher.ask('addWatch', { path: '/', mode: 1 });
    const all = { scheme: 'world', id: 'anyone' };
    writer.create('/a', '', 0, [{ perms: 2 | 4 | 8 | 16, id: all }]);
    writer.create('/b', '', 0, [{ perms: 1, id: all }]);
    assert.equal(events(watcher), [`${CREATED} /b`]);
  });

  test('hears of its children by what the parent permits', () => {
    const { writer, watcher } = world();
    writer.authenticate('digest', 'u:p');
    writer.create('/a', '', 0, mine);
    watcher.ask('addWatch', { path: '/a', mode: 0 });
    watcher.ask('getChildren', { path: '/', watch: true });
    writer.create('/a/b');
    writer.create('/b', '', 0, mine);
    assert.equal(events(watcher), [`${CHILDREN} /`]);
  });

  test('hears of it once it may, by what it has proved meanwhile', () => {
    const { writer, watcher } = world();
    writer.authenticate('digest', 'u:p');
    watcher.ask('addWatch', { path: '/a', mode: 0 });
    writer.create('/a', '', 0, mine);
    watcher.authenticate('digest', 'u:p');
    writer.ask('delete', remove('/a'));
    assert.equal(events(watcher), [`${DELETED} /a`]);
  });
});

suite('setWatches', (test) => {
  const NO_LISTS = { dataWatches: null, existWatches: null, childWatches: null };

  /**
   * A client that has seen zxid `seen`, which made /last, comes back to nodes of which only the
   * data (/written), only the children (/old), or both (/new) have changed meanwhile.
   */
  function away() {
    const { rig, writer } = world();
    for (const path of ['/old', '/new', '/gone', '/again', '/written', '/last']) {
      writer.create(path);
    }
    const seen = rig.peer.view.lastZxid;
    writer.ask('setData', set('/new'));
    writer.create('/new/child');
    writer.ask('setData', set('/written'));
    writer.create('/old/child');
    writer.ask('delete', remove('/gone'));
    writer.ask('delete', remove('/again'));
    writer.create('/again');
    writer.create('/born');
    return { rig, writer, client: rig.connect(), seen };
  }

  function ask(client: RigClient, seen: bigint, lists: object): void {
    const request = { relativeZxid: seen, ...NO_LISTS, ...lists };
    client.send(client.frame('setWatches', request, specialXids.setWatches));
  }

  const cases = [
    ['dataWatches', '/old', undefined],
    ['dataWatches', '/last', undefined],
    ['dataWatches', '/new', CHANGED],
    ['dataWatches', '/again', CHANGED],
    ['dataWatches', '/gone', DELETED],
    ['existWatches', '/born', CREATED],
    ['existWatches', '/old', CREATED],
    ['existWatches', '/gone', undefined],
    ['childWatches', '/old', CHILDREN],
    ['childWatches', '/written', undefined],
    ['childWatches', '/last', undefined],
    ['childWatches', '/new', CHILDREN],
    ['childWatches', '/gone', DELETED],
  ] as const;
  for (const [list, path, type] of cases) {
    test(`with ${path} among the ${list} ${type === undefined ? 'watches it' : `tells ${type}`}`, () => {
      const { rig, writer, client, seen } = away();
      ask(client, seen, { [list]: [path] });
      assert.is(client.frames.at(-1)?.xid, specialXids.setWatches, 'the answer comes last');
      assert.is(client.frames.at(-1)?.err, 0);
      const told = type === undefined ? [] : [{ type, path, zxid: -1n }];
      assert.equal(client.takeEvents(), told);
      assert.is(rig.peer.view.watchCount, type === undefined ? 1 : 0);
      if (list === 'childWatches') writer.create(`${path}/x`);
      else if (path === '/gone') writer.create(path);
      else writer.ask('setData', set(path));
      assert.is(client.takeEvents().length, type === undefined ? 1 : 0);
    });
  }

  test('waits for the writes before it, and tells what they changed', () => {
    const { rig, client, seen } = away();
    rig.holdsDisk = true;
    const frame = client.frame(
      'setWatches',
      { relativeZxid: seen, ...NO_LISTS, dataWatches: ['/old'] },
      specialXids.setWatches,
    );
    client.send(joined(client.frame('setData', set('/old')), frame));
    assert.equal(client.frames, []);
    rig.perform();
    assert.equal(client.xids, [1, -1, specialXids.setWatches]);
  });

  test('says nothing of nodes that may not be read', () => {
    const { writer, client, seen } = away();
    writer.authenticate('digest', 'u:p');
    writer.create('/mine', '', 0, [{ perms: 31, id: { scheme: 'auth', id: '' } }]);
    ask(client, seen, {
      dataWatches: ['/mine'],
      existWatches: ['/mine'],
      childWatches: ['/mine'],
    });
    assert.equal(client.xids, [specialXids.setWatches]);
  });

  test('in its second form sets the watches that stay, and tells nothing of them', () => {
    const { writer, client, seen } = away();
    const request = {
      relativeZxid: seen,
      ...NO_LISTS,
      persistentWatches: ['/new'],
      persistentRecursiveWatches: ['/again'],
    };
    client.send(client.frame('setWatches2', request, specialXids.setWatches));
    assert.equal(client.xids, [specialXids.setWatches]);
    writer.ask('setData', set('/new'));
    writer.create('/new/2');
    writer.create('/again/2');
    assert.equal(events(client), [`${CHANGED} /new`, `${CHILDREN} /new`, `${CREATED} /again/2`]);
  });
});
