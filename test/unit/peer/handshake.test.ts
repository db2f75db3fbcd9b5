import { OPEN_ACL } from '@vivarium/core/internal/wire/permissions';
import * as assert from 'uvu/assert';
import { framed } from '../../support/framed.js';
import { suite } from '../../support/suite.js';
import { bytesOf, greeting, joined } from './client.js';
import { PeerRig } from './rig.js';

suite('the handshake', (test) => {
  test('answers with a session, its password and the timeout', () => {
    const rig = new PeerRig();
    const { welcome } = rig.connect(7_000);
    assert.is(welcome?.protocolVersion, 0);
    assert.is(welcome?.timeOut, 7_000);
    assert.is(BigInt.asUintN(64, welcome!.sessionId) >> 56n, 1n);
    assert.is(welcome?.passwd?.length, 16);
    assert.is(rig.connect().session, welcome!.sessionId + 1n);
  });

  test('answers with the readOnly byte exactly if it was asked with it', () => {
    const rig = new PeerRig();
    const sizes = [undefined, false, true].map((readOnly) => {
      const from = rig.effects.length;
      rig.open().greet({ readOnly });
      return rig.of('send', from)[0]!.bytes.length;
    });
    assert.equal(sizes, [4 + 36, 4 + 37, 4 + 37]);
    const old = rig.connect();
    const back = rig.open();
    back.resume(old, { readOnly: undefined });
    assert.is(back.welcome?.readOnly, undefined);
    const refused = rig.open();
    refused.greet({ sessionId: 5n, readOnly: undefined });
    assert.equal(refused.welcome, {
      protocolVersion: 0,
      timeOut: 0,
      sessionId: 0n,
      passwd: new Uint8Array(16),
      readOnly: undefined,
    });
  });

  test('keeps the timeout between the smallest and the largest', () => {
    const rig = new PeerRig({ minSessionTimeout: 4_000, maxSessionTimeout: 9_000 });
    const timeouts = [-1, 0, 4_001, 2 ** 31 - 1].map((ms) => rig.connect(ms).welcome?.timeOut);
    assert.equal(timeouts, [4_000, 4_000, 4_001, 9_000]);
    const back = rig.open();
    back.resume(rig.connect(5_000), { timeOut: 8_000 });
    assert.is(back.welcome?.timeOut, 8_000);
  });

  test('closes without a word a client that has seen more than this server', () => {
    const rig = new PeerRig();
    const ahead = rig.open();
    ahead.greet({ lastZxidSeen: 1n });
    assert.ok(ahead.isClosed);
    assert.is(ahead.welcome, undefined);
    assert.ok(rig.logged.includes('session.ahead'));
    const level = rig.connect();
    assert.not.ok(level.isClosed);
    const same = rig.open();
    same.resume(level, { lastZxidSeen: rig.peer.view.lastZxid });
    assert.is(same.welcome?.sessionId, level.session);
  });

  test('says nothing of a session before it is durable', () => {
    const rig = new PeerRig();
    rig.holdsDisk = true;
    const client = rig.open();
    client.greet();
    assert.is(client.welcome, undefined);
    rig.performOne();
    assert.ok(client.welcome);
  });

  test('leaves a session that ends by itself when its client goes before it is durable', () => {
    const rig = new PeerRig();
    rig.holdsDisk = true;
    const client = rig.open();
    client.send(joined(greeting(), client.frame('ping', {}, -2)));
    client.vanish();
    rig.perform();
    rig.holdsDisk = false;
    assert.is(client.welcome, undefined);
    assert.is(rig.peer.view.sessionCount, 1);
    assert.is(rig.peer.view.outstanding, 0);
    rig.pass(8_000);
    assert.is(rig.peer.view.sessionCount, 0);
  });

  test('of the last of several that come back for one session counts', () => {
    const rig = new PeerRig();
    const first = rig.connect();
    rig.holdsDisk = true;
    first.send(first.frame('create', { path: '/a', data: null, acl: OPEN_ACL, flags: 1 }));
    const others = [1, 2, 3].map(() => {
      const other = rig.open();
      other.resume(first);
      return other;
    });
    rig.perform();
    assert.equal(
      [first, ...others].map(({ isClosed }) => isClosed),
      [true, true, true, false],
    );
    assert.is(others[2]!.session, first.session);
    assert.is(others[0]!.welcome, undefined);
    assert.is(others[2]!.errorOf('exists', { path: '/a', watch: false }), 'OK');
    assert.is(rig.peer.view.outstanding, 0);
  });

  test('of a client that comes back waits for every write that its session has on its way', () => {
    const rig = new PeerRig();
    const first = rig.connect();
    rig.holdsDisk = true;
    const body = { data: null, acl: OPEN_ACL, flags: 1 };
    first.send(first.frame('create', { ...body, path: '/a' }));
    first.send(first.frame('create', { ...body, path: '/b' }));
    const back = rig.open();
    back.resume(first);
    rig.performOne();
    assert.is(rig.peer.view.ephemeralCount, 1);
    assert.is(back.welcome, undefined);
    rig.performOne();
    assert.is(back.welcome?.sessionId, first.session);
    assert.is(back.errorOf('exists', { path: '/b', watch: false }), 'OK');
  });

  test('takes requests that came behind the connect request, in their order', () => {
    const rig = new PeerRig();
    rig.holdsDisk = true;
    const client = rig.open();
    client.send(
      joined(
        greeting(),
        client.frame('exists', { path: '/', watch: false }),
        client.frame('create', { path: '/a', data: null, acl: [], flags: 0 }),
        client.frame('ping', {}, -2),
      ),
    );
    assert.is(client.welcome, undefined);
    rig.perform();
    assert.ok(client.welcome);
    assert.equal(client.xids, [1, 2, -2]);
  });

  test('refuses a wrong password and leaves the owner alone', () => {
    const rig = new PeerRig();
    const owner = rig.connect();
    for (const passwd of [new Uint8Array(16), bytesOf('short'), null]) {
      const thief = rig.open();
      thief.resume(owner, { passwd });
      assert.is(thief.welcome?.timeOut, 0);
      assert.is(thief.welcome?.sessionId, 0n);
      assert.equal(thief.welcome?.passwd, new Uint8Array(16));
      assert.ok(thief.isClosed);
    }
    assert.not.ok(owner.isClosed);
    assert.is(owner.create('/a', '', 1), 'OK');
    assert.ok(rig.logged.includes('session.refused'));
  });

  test('closes the older connection when its client comes back on another', () => {
    const rig = new PeerRig();
    const first = rig.connect();
    first.create('/a', '', 1);
    const second = rig.open();
    second.resume(first);
    assert.ok(first.isClosed);
    assert.is(second.session, first.session);
    assert.equal(second.welcome?.passwd, first.welcome?.passwd);
    assert.is(second.errorOf('exists', { path: '/a', watch: false }), 'OK');
    rig.step({ type: 'connection-closed', connection: first.id, reason: 'closed' });
    assert.is(rig.peer.view.sessions()[0]?.connected, true);
  });

  test('lets a client come back after its connection broke, in another life too', () => {
    const rig = new PeerRig();
    const before = rig.connect(8_000);
    before.create('/a', '', 1);
    before.vanish();
    const back = rig.open();
    back.resume(before);
    assert.is(back.session, before.session);
    const later = new PeerRig({}, rig.disk);
    const again = later.open();
    again.resume(before, { timeOut: 8_000 });
    assert.is(again.session, before.session);
    assert.equal(again.ask('getEphemerals', { prefixPath: '/' }).body, { ephemerals: ['/a'] });
  });

  test('refuses a session that has ended', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    client.ask('closeSession', {});
    const back = rig.open();
    back.resume(client);
    assert.is(back.welcome?.timeOut, 0);
    assert.ok(back.isClosed);
  });

  test('closes what is no connect request', () => {
    const rig = new PeerRig();
    const short = rig.open();
    short.send(framed((to) => to.int(0)));
    assert.match(short.closedBecause!, /malformed/);
    const oversize = rig.open();
    oversize.send(Uint8Array.of(0x7f, 0xff, 0xff, 0xff));
    assert.match(oversize.closedBecause!, /malformed/);
    const negative = rig.open();
    negative.send(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
    assert.match(negative.closedBecause!, /malformed/);
    assert.is(rig.peer.view.sessionCount, 0);
  });

  test('is waited for no longer than the config says', () => {
    const rig = new PeerRig({ sessionlessTimeoutMs: 500 });
    const silent = rig.open();
    rig.pass(200);
    const later = rig.open();
    const greeted = rig.connect();
    rig.pass(299);
    assert.not.ok(silent.isClosed);
    rig.pass(1);
    assert.ok(silent.isClosed);
    assert.not.ok(later.isClosed);
    rig.pass(200);
    assert.ok(later.isClosed);
    assert.not.ok(greeted.isClosed);
  });
});
