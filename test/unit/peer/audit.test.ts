import type { AuditEvent } from '@vivarium/core/internal/base/audit-event';
import type { MultiOp } from '@vivarium/core/internal/wire/multi';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { OPEN_ACL, permissions } from '@vivarium/core/internal/wire/permissions';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { bytesOf, requestFrame } from './client.js';
import { EnsembleRig } from './ensemble-rig.js';
import { NetworkClient } from './network-client.js';
import { PeerRig } from './rig.js';

const AUDITED = { auditEnabled: true, extendedTypesEnabled: true };

/** Operation, result and path, and what else differs from one request to the next. */
function told(events: readonly AuditEvent[]): string[] {
  return events.map(({ operation, result, path, nodeType, acl }) => {
    return [operation, result, path, nodeType, acl].filter((word) => word !== undefined).join(' ');
  });
}

function create(path: string, flags = 0): MultiOp {
  return { op: 'create', path, data: null, acl: OPEN_ACL, flags };
}

suite('the audit log', (test) => {
  test('is told who asked, from where, and what became of it', () => {
    const rig = new PeerRig(AUDITED);
    const client = rig.connect();
    client.authenticate('digest', 'ann:secret');
    client.create('/a');
    client.create('/a');
    const who = { session: client.session, users: ['127.0.0.1', 'ann'], address: '127.0.0.1' };
    const what = { operation: 'create', path: '/a', nodeType: 'persistent', acl: undefined };
    assert.equal(rig.audited, [
      { ...who, ...what, result: 'success' },
      { ...who, ...what, result: 'failure' },
    ]);
    assert.not.match(
      JSON.stringify(rig.audited, (_key, value) => String(value)),
      'secret',
    );
  });

  test('names a node as it was made, and each kind of node', () => {
    const rig = new PeerRig(AUDITED);
    const client = rig.connect();
    for (const flags of [0, 1, 2, 3]) client.create(`/n${flags}-`, '', flags);
    const container = { path: '/c', data: null, acl: OPEN_ACL, flags: 4 };
    client.ask('createContainer', container);
    client.ask('createTtl', { ...container, path: '/t', flags: 5, ttl: 1000n });
    client.ask('createTtl', { ...container, path: '/s', flags: 6, ttl: 1000n });
    client.create('/x', '', 77);
    assert.equal(told(rig.audited), [
      'create success /n0- persistent',
      'create success /n1- ephemeral',
      'create success /n2-0000000002 persistent_sequential',
      'create success /n3-0000000003 ephemeral_sequential',
      'create success /c container',
      'create success /t persistent_with_ttl',
      'create success /s0000000006 persistent_sequential_with_ttl',
      'create failure /x',
    ]);
  });

  test('is told of changes and deletions, done or refused, and of no reads', () => {
    const rig = new PeerRig(AUDITED);
    const client = rig.connect();
    client.create('/a');
    rig.audited.length = 0;
    client.ask('setData', { path: '/a', data: bytesOf('x'), version: 0 });
    client.ask('setData', { path: '/a', data: bytesOf('x'), version: 0 });
    client.ask('getData', { path: '/a', watch: false });
    client.ask('delete', { path: '/a', version: 7 });
    client.ask('delete', { path: '/a', version: -1 });
    client.ask('sync', { path: '/' });
    client.ask('reconfig', {
      joiningServers: null,
      leavingServers: '3',
      newMembers: null,
      curConfigId: -1n,
    });
    assert.equal(told(rig.audited), [
      'setData success /a',
      'setData failure /a',
      'delete failure /a',
      'delete success /a',
      'reconfig failure',
    ]);
  });

  test('shows the entries of an ACL as they were asked for, without hashes', () => {
    const rig = new PeerRig(AUDITED);
    const client = rig.connect();
    client.authenticate('digest', 'ann:secret');
    client.create('/a');
    rig.audited.length = 0;
    const digest = { scheme: 'digest', id: 'bob:aGFzaA==' };
    const acl = [
      { perms: permissions.read | permissions.admin, id: { scheme: 'auth', id: '' } },
      { perms: permissions.all, id: digest },
    ];
    client.ask('setAcl', { path: '/a', acl, version: 0 });
    client.ask('setAcl', { path: '/a', acl: null, version: 0 });
    assert.equal(told(rig.audited), [
      'setAcl success /a auth::radigest:bob:x:cdrwa',
      'setAcl failure /a ',
    ]);
  });

  test('is told of each part of a multi, and of one that failed only that', () => {
    const rig = new PeerRig(AUDITED);
    const client = rig.connect();
    const remove: MultiOp = { op: 'delete', path: '/a', version: -1 };
    const check: MultiOp = { op: 'check', path: '/a', version: 0 };
    const set: MultiOp = { op: 'setData', path: '/a', data: null, version: 0 };
    client.multi([create('/a'), check, set, create('/s', 3), remove]);
    client.multi([create('/b'), remove]);
    client.multi([]);
    assert.equal(told(rig.audited), [
      'create success /a persistent',
      'setData success /a',
      'create success /s0000000001 ephemeral_sequential',
      'delete success /a',
      'multiOperation failure',
    ]);
  });

  test('is told of a request that cannot be read', () => {
    const rig = new PeerRig(AUDITED);
    const client = rig.connect();
    client.send(requestFrame(1, opcodes.create, (to) => to.int(7)));
    client.send(requestFrame(2, opcodes.multi, (to) => to.int(7)));
    assert.equal(told(rig.audited), ['create failure', 'multiOperation failure']);
  });

  test('is told of the ephemeral nodes that go with their session', () => {
    const rig = new PeerRig(AUDITED);
    const client = rig.connect();
    client.create('/e', '', 1);
    client.create('/f', '', 1);
    rig.audited.length = 0;
    client.ask('closeSession', {});
    const operation = 'ephemeralZNodeDeletionOnSessionCloseOrExpire';
    const { session } = client;
    assert.equal(rig.audited, [
      { operation, result: 'success', session, path: '/e' },
      { operation, result: 'success', session, path: '/f' },
    ]);
  });

  test('is told of a write whose client has gone meanwhile', () => {
    const rig = new PeerRig(AUDITED);
    const client = rig.connect();
    rig.holdsDisk = true;
    client.send(client.frame('create', { path: '/a', data: null, acl: OPEN_ACL, flags: 0 }));
    client.vanish();
    assert.equal(rig.audited, []);
    rig.perform();
    assert.equal(told(rig.audited), ['create success /a persistent']);
  });

  test('costs nothing where none is kept: no request is held for it', () => {
    const rig = new PeerRig();
    rig.connect().create('/a');
    assert.equal(rig.audited, []);
  });
});

suite('the audit logs of an ensemble', (test) => {
  test('have a write where its client is, and the end of ephemeral nodes everywhere', async () => {
    const rig = new EnsembleRig({ observers: 1, config: AUDITED });
    rig.start();
    await rig.until('somebody leads', () => rig.leader !== undefined);
    await rig.time.advance(500);
    const follower = [1, 2, 3].find((id) => id !== rig.leader)!;
    for (const server of [rig.leader!, follower, 4]) {
      const client = await NetworkClient.session(rig, server);
      const path = `/at-${server}`;
      await client.errorOf('create', { path, data: null, acl: OPEN_ACL, flags: 1 });
      await client.errorOf('delete', { path: '/none', version: -1 });
      await client.errorOf('closeSession', {});
      await rig.time.advance(200);
      const here = rig.audited.filter((each) => each.server === server);
      const end = `ephemeralZNodeDeletionOnSessionCloseOrExpire success ${path}`;
      assert.equal(told(here.map(({ event }) => event)), [
        `create success ${path} ephemeral`,
        'delete failure /none',
        end,
      ]);
      const elsewhere = rig.audited.filter((each) => each.server !== server);
      assert.equal(told(elsewhere.map(({ event }) => event)), [end, end, end]);
      rig.audited.length = 0;
    }
  });
});
