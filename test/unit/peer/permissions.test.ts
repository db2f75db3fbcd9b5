import { permissions } from '@vivarium/core/internal/wire/permissions';
import type { Acl } from '@vivarium/core/internal/wire/records';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import type { RigClient } from './client.js';
import { PeerRig } from './rig.js';

type Permission = 'read' | 'write' | 'create' | 'delete' | 'admin';

const EACH: readonly Permission[] = ['read', 'write', 'create', 'delete', 'admin'];

function only(perms: number): readonly Acl[] {
  return [{ perms, id: { scheme: 'world', id: 'anyone' } }];
}

/** What a request at /n needs, where /n and /n/child exist and only /n restricts anybody. */
const needs: readonly (readonly [string, readonly Permission[], (c: RigClient) => string])[] = [
  ['exists', ['read'], (c) => c.errorOf('exists', { path: '/n', watch: true })],
  ['getData', ['read'], (c) => c.errorOf('getData', { path: '/n', watch: true })],
  ['getChildren', ['read'], (c) => c.errorOf('getChildren', { path: '/n', watch: true })],
  ['getChildren2', ['read'], (c) => c.errorOf('getChildren2', { path: '/n', watch: true })],
  ['getAllChildrenNumber', ['read'], (c) => c.errorOf('getAllChildrenNumber', { path: '/n' })],
  ['getAcl', ['read', 'admin'], (c) => c.errorOf('getAcl', { path: '/n' })],
  ['setData', ['write'], (c) => c.errorOf('setData', { path: '/n', data: null, version: -1 })],
  ['setAcl', ['admin'], (c) => c.errorOf('setAcl', { path: '/n', acl: only(31), version: -1 })],
  ['create below', ['create'], (c) => c.create('/n/new')],
  ['delete below', ['delete'], (c) => c.errorOf('delete', { path: '/n/child', version: -1 })],
  ['delete it', EACH, (c) => c.errorOf('delete', { path: '/empty', version: -1 })],
  ['check', ['read'], (c) => inMulti(c)],
];

function inMulti(client: RigClient): string {
  const [result] = client.multi([{ op: 'check', path: '/n', version: -1 }]).body!;
  return result?.type === 'error' && result.err === -102 ? 'NO_AUTH' : 'OK';
}

suite('a request', (test) => {
  for (const [what, enough, ask] of needs) {
    test(`to ${what} needs ${enough.join(' or ')}, and leaves no watch without it`, () => {
      for (const permission of EACH) {
        const rig = new PeerRig();
        const client = rig.connect();
        client.create('/n');
        client.create('/n/child');
        client.create('/empty', '', 0, only(permissions[permission]));
        const acl = only(permissions[permission]);
        client.ask('setAcl', { path: '/n', acl, version: -1 });
        const isAllowed = enough.includes(permission);
        assert.is(ask(client), isAllowed ? 'OK' : 'NO_AUTH', permission);
        if (!isAllowed) assert.is(rig.peer.view.watchCount, 0, permission);
      }
    });
  }
});
