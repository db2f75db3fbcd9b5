import type { MultiOp } from '@vivarium/core/internal/wire/multi';
import { OPEN_ACL } from '@vivarium/core/internal/wire/permissions';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { joined } from './client.js';
import { PeerRig } from './rig.js';

/** Each took several times as long while its work grew with the square of what is asked. */
const MOST_MS = 2_000;

function took(run: () => void): number {
  const begin = performance.now();
  run();
  return performance.now() - begin;
}

suite('no request holds the server for long', (test) => {
  test('by creating many nodes below one with much data', () => {
    const client = new PeerRig().connect();
    client.create('/p');
    client.ask('setData', { path: '/p', data: new Uint8Array(1_000_000), version: -1 });
    const ops = Array.from({ length: 3_000 }, (_, i): MultiOp => {
      return { op: 'create', path: `/p/${i}`, data: null, acl: OPEN_ACL, flags: 0 };
    });
    const ms = took(() => assert.is(client.multi(ops).body!.at(-1)!.type, 'create'));
    assert.ok(ms < MOST_MS, `it took ${Math.round(ms)} ms`);
  });

  test('by an ACL with as many entries as a request has room for', () => {
    const client = new PeerRig().connect();
    const acl = Array.from({ length: 45_000 }, (_, i) => ({ perms: i + 1, id: OPEN_ACL[0]!.id }));
    const frame = client.frame('create', {
      path: '/a',
      data: null,
      acl,
      flags: 0,
    });
    const ms = took(() => client.send(frame));
    assert.is(client.frames[0]!.err, 0);
    assert.ok(ms < MOST_MS, `it took ${Math.round(ms)} ms`);
  });

  test('by asking again and again of a node with a long ACL', () => {
    const client = new PeerRig().connect();
    const acl = Array.from({ length: 30_000 }, (_, i) => {
      return { perms: 1, id: { scheme: 'ip', id: `10.1.${i >> 8}.${i & 255}` } };
    });
    assert.is(client.create('/a', '', 0, acl), 'OK');
    const asks = Array.from({ length: 300 }, () =>
      client.frame('getData', { path: '/a', watch: false }),
    );
    const ms = took(() => client.send(joined(...asks)));
    assert.equal(new Set(client.frames.map(({ err }) => err)), new Set([-102]));
    assert.ok(ms < MOST_MS, `it took ${Math.round(ms)} ms`);
  });

  test('by proving more and more identities: their number has a limit', () => {
    const client = new PeerRig().connect();
    const auths = Array.from({ length: 3_000 }, (_, i) => {
      const auth = new TextEncoder().encode(`user${i}:secret`);
      return client.frame('auth', { type: 0, scheme: 'digest', auth }, -4);
    });
    client.send(joined(...auths));
    assert.is(client.closedBecause, 'authentication failed');
    assert.is(client.frames.at(-1)!.err, -115);
    assert.ok(client.frames.length > 1_000, String(client.frames.length));
  });

  test('by many sessions that end at once', () => {
    const rig = new PeerRig();
    const owner = rig.connect();
    for (let i = 0; i < 8; i++) {
      const ops = Array.from({ length: 10_000 }, (_, j): MultiOp => {
        return { op: 'create', path: `/${i}-${j}`, data: null, acl: OPEN_ACL, flags: 1 };
      });
      owner.multi(ops);
    }
    const others = Array.from({ length: 3_000 }, () => rig.connect());
    for (const other of others) other.vanish();
    rig.holdsDisk = true;
    owner.send(owner.frame('closeSession', {}));
    const ms = took(() => rig.pass(8_000));
    assert.is(rig.logged.filter((event) => event === 'session.expired').length, others.length);
    assert.ok(ms < MOST_MS, `it took ${Math.round(ms)} ms`);
    rig.perform();
    assert.is(rig.peer.view.sessionCount, 0);
    assert.is(rig.peer.view.metrics.digestMismatches.value, 0);
  });

  test('by sending byte after byte while nothing can be taken', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    const slow = (isSlow: boolean) =>
      rig.step({ type: 'connection-slow', connection: client.id, slow: isSlow });
    slow(true);
    const frame = client.frame('create', {
      path: '/',
      data: new Uint8Array(60_000),
      acl: null,
      flags: 0,
    });
    const ms = took(() => {
      for (const byte of frame) client.send(Uint8Array.of(byte));
    });
    assert.ok(ms < MOST_MS, `it took ${Math.round(ms)} ms`);
    slow(false);
    assert.equal(
      client.frames.map(({ err }) => err),
      [-114],
    );
  });

  test('by a multi in which auth stands for many identities many times', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    for (let i = 0; i < 1_000; i++) client.authenticate('digest', `user${i}:secret`);
    const acl = [{ perms: 31, id: { scheme: 'auth', id: '' } }];
    const ops = Array.from({ length: 10_000 }, (_, i): MultiOp => {
      return { op: 'create', path: `/${i}`, data: null, acl, flags: 0 };
    });
    const before = rig.peer.view.storage.logBytes;
    const ms = took(() => assert.is(client.multi(ops).body!.length, 10_000));
    assert.is(client.multi(ops.slice(0, 20)).body!.at(-1)!.type, 'create');
    assert.ok(rig.peer.view.storage.logBytes - before < 3_000_000);
    assert.ok(ms < MOST_MS, `it took ${Math.round(ms)} ms`);
  });
});
