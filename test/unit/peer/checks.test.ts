import { OPEN_ACL, READ_ACL } from '@vivarium/core/internal/wire/permissions';
import type { Acl } from '@vivarium/core/internal/wire/records';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import type { RigClient } from './client.js';
import { PeerRig } from './rig.js';

const NONE: readonly Acl[] = [];
const OF_NOBODY: readonly Acl[] = [{ perms: 31, id: { scheme: 'auth', id: '' } }];

/** A tree in which every check can fail: each request here breaks its rule and all rules after. */
function client(): RigClient {
  const rig = new PeerRig({ enforceQuota: true });
  const made = rig.connect();
  made.create('/full');
  made.create('/full/child');
  made.create('/mine', '', 0, READ_ACL);
  made.create('/blind', '', 0, [{ perms: 2, id: { scheme: 'world', id: 'anyone' } }]);
  made.create('/eph', '', 1);
  made.create('/q', '12345');
  made.create('/zookeeper/quota/q');
  made.create('/zookeeper/quota/q/zookeeper_limits', 'count=-1,bytes=-1=;byteHardLimit=5');
  made.create('/zookeeper/quota/q/zookeeper_stats', 'count=1,bytes=5');
  return made;
}

function acl(scheme: string, id: string): readonly Acl[] {
  return [{ perms: 31, id: { scheme, id } }];
}

suite('a creation', (test) => {
  const cases: readonly (readonly [string, string, number, readonly Acl[] | null, string])[] = [
    ['flags that nobody knows', 'x', 7, NONE, 'BAD_ARGUMENTS'],
    ['negative flags', 'x', -1, NONE, 'BAD_ARGUMENTS'],
    ['a time to live without extended types', 'x', 5, NONE, 'UNIMPLEMENTED'],
    ['a path without a slash', 'x', 0, NONE, 'BAD_ARGUMENTS'],
    ['an empty path', '', 0, NONE, 'BAD_ARGUMENTS'],
    ['a path with U+0000', '/none/\0', 0, NONE, 'BAD_ARGUMENTS'],
    ['an empty ACL', '/none/..', 0, NONE, 'INVALID_ACL'],
    ['no ACL', '/none/..', 0, null, 'INVALID_ACL'],
    ['an unknown scheme', '/none/..', 0, acl('magic', 'x'), 'INVALID_ACL'],
    ['x509, which it does not know', '/none/..', 0, acl('x509', 'CN=x'), 'INVALID_ACL'],
    ['world of somebody', '/none/..', 0, acl('world', 'me'), 'INVALID_ACL'],
    ['a digest without a colon', '/none/..', 0, acl('digest', 'u'), 'INVALID_ACL'],
    ['an address that is none', '/none/..', 0, acl('ip', '1.2.3'), 'INVALID_ACL'],
    ['auth of a client without identity', '/none/..', 0, OF_NOBODY, 'INVALID_ACL'],
    ['a parent that is missing', '/none/..', 0, OPEN_ACL, 'NO_NODE'],
    ['a relative parent', 'full/x', 0, OPEN_ACL, 'NO_NODE'],
    ['a parent that does not permit it', '/mine/..', 0, OPEN_ACL, 'NO_AUTH'],
    ['a relative name', '/full/..', 0, OPEN_ACL, 'BAD_ARGUMENTS'],
    ['a slash at the end', '/full/', 0, OPEN_ACL, 'BAD_ARGUMENTS'],
    ['a control character', '/full/\u0001', 0, OPEN_ACL, 'BAD_ARGUMENTS'],
    ['a supplementary character', '/full/\u{1f600}', 0, OPEN_ACL, 'BAD_ARGUMENTS'],
    ['a node that is there', '/full/child', 0, OPEN_ACL, 'NODE_EXISTS'],
    ['the root', '/', 0, OPEN_ACL, 'NODE_EXISTS'],
    ['a child of an ephemeral node', '/eph/x', 0, OPEN_ACL, 'NO_CHILDREN_FOR_EPHEMERALS'],
    ['an ephemeral child of one', '/eph/x', 1, OPEN_ACL, 'NO_CHILDREN_FOR_EPHEMERALS'],
    ['more bytes than a hard quota', '/q/x', 0, OPEN_ACL, 'QUOTA_EXCEEDED'],
  ];
  for (const [what, path, flags, list, error] of cases) {
    test(`with ${what} is ${error}`, () => {
      assert.is(client().create(path, 'data', flags, list), error);
    });
  }

  test('that is sequential may end with a slash', () => {
    const made = client();
    const ask = (path: string, flags: number) =>
      made.ask('create', { path, data: null, acl: OPEN_ACL, flags }).body?.path;
    assert.is(ask('/full/', 2), '/full/0000000001');
    assert.is(ask('/full/x-', 3), '/full/x-0000000002');
    assert.is(ask('/', 2), '/0000000005');
  });

  test('that fails does not move the sequence', () => {
    const made = client();
    made.create('/full/child');
    made.create('/full/a', '', 0, NONE);
    const { body } = made.ask('create', { path: '/full/s', data: null, acl: OPEN_ACL, flags: 2 });
    assert.is(body?.path, '/full/s0000000001');
  });
});

suite('the kind of a new node', (test) => {
  /* Operation and flags must say the same; only `create` of a container is let pass. */
  const ops = ['create', 'create2', 'createContainer', 'createTtl'] as const;
  const expected: Readonly<Record<(typeof ops)[number], string>> = {
    create: 'OK OK OK OK OK BAD BAD',
    create2: 'OK OK OK OK OK BAD BAD',
    createContainer: 'BAD BAD BAD BAD OK BAD BAD',
    createTtl: 'BAD BAD BAD BAD BAD OK OK',
  };
  for (const op of ops) {
    test(`is as ${op} and its flags say, or refused`, () => {
      const made = new PeerRig({ extendedTypesEnabled: true }).connect();
      const got = [0, 1, 2, 3, 4, 5, 6].map((flags) => {
        const request = { path: `/n${flags}`, data: null, acl: OPEN_ACL, flags };
        return op === 'createTtl'
          ? made.errorOf(op, { ...request, ttl: 1000n })
          : made.errorOf(op, request);
      });
      assert.is(got.join(' ').replaceAll('BAD_ARGUMENTS', 'BAD'), expected[op]);
    });
  }

  test('has a time to live from 1 ms to 2^40 - 1', () => {
    const made = new PeerRig({ extendedTypesEnabled: true }).connect();
    const error = (ttl: bigint, flags = 5) =>
      made.errorOf('createTtl', { path: '/t', data: null, acl: OPEN_ACL, flags, ttl });
    for (const ttl of [-(2n ** 63n), -1n, 0n, 2n ** 40n, 2n ** 63n - 1n]) {
      assert.is(error(ttl), 'BAD_ARGUMENTS', String(ttl));
    }
    assert.is(error(-1n, 0), 'BAD_ARGUMENTS', 'what kills ZooKeeper 3.8');
    assert.is(error(2n ** 40n - 1n), 'OK');
    made.ask('delete', { path: '/t', version: -1 });
    assert.is(error(1n), 'OK');
  });

  test('is not shown to clients, but for the owner of an ephemeral one', () => {
    const made = new PeerRig({ extendedTypesEnabled: true }).connect();
    const request = { data: null, acl: OPEN_ACL };
    const container = made.ask('createContainer', { ...request, path: '/c', flags: 4 });
    const ttl = made.ask('createTtl', { ...request, path: '/t', flags: 5, ttl: 9n });
    const ephemeral = made.ask('create2', { ...request, path: '/e', flags: 1 });
    assert.is(container.body?.stat.ephemeralOwner, 0n);
    assert.is(ttl.body?.stat.ephemeralOwner, 0n);
    assert.is(ephemeral.body?.stat.ephemeralOwner, made.session);
  });
});

suite('a deletion', (test) => {
  const cases: readonly (readonly [string, string, number, string])[] = [
    ['of a path without a slash', 'x', 7, 'BAD_ARGUMENTS'],
    ['of a path with U+0000', '/none/\0', 7, 'BAD_ARGUMENTS'],
    ['of the root', '/', 7, 'BAD_ARGUMENTS'],
    ['of /zookeeper', '/zookeeper', 7, 'BAD_ARGUMENTS'],
    ['of /zookeeper/quota', '/zookeeper/quota', 7, 'BAD_ARGUMENTS'],
    ['of /zookeeper/config', '/zookeeper/config', 7, 'BAD_ARGUMENTS'],
    ['below a parent that is missing', '/none/x', 7, 'NO_NODE'],
    ['below a parent that does not permit it, there or not', '/mine/x', 7, 'NO_AUTH'],
    ['of a node that is missing', '/full/x', 7, 'NO_NODE'],
    ['with a slash at the end', '/full/', 7, 'NO_NODE'],
    ['of another version', '/full', 7, 'BAD_VERSION'],
    ['of a node with children', '/full', 0, 'NOT_EMPTY'],
    ['of a node that permits nothing itself', '/mine', 0, 'OK'],
  ];
  for (const [what, path, version, error] of cases) {
    test(`${what} is ${error}`, () => {
      assert.is(client().errorOf('delete', { path, version }), error);
    });
  }
});

suite('a change of data', (test) => {
  const cases: readonly (readonly [string, string, number, string])[] = [
    ['at a path that is none', '/full/', 7, 'BAD_ARGUMENTS'],
    ['at an empty path', '', 7, 'BAD_ARGUMENTS'],
    ['of a node that is missing', '/none', 7, 'NO_NODE'],
    ['that is not permitted', '/mine', 7, 'NO_AUTH'],
    ['of the configuration', '/zookeeper/config', 7, 'NO_AUTH'],
    ['beyond a hard quota', '/q', 7, 'QUOTA_EXCEEDED'],
    ['of another version', '/full', 7, 'BAD_VERSION'],
    ['of this version', '/full', 0, 'OK'],
    ['of any version', '/full', -1, 'OK'],
  ];
  for (const [what, path, version, error] of cases) {
    test(`${what} is ${error}`, () => {
      const data = new Uint8Array(6);
      assert.is(client().errorOf('setData', { path, data, version }), error);
    });
  }

  test('may leave it null, and counts versions', () => {
    const made = client();
    const { body } = made.ask('setData', { path: '/full', data: null, version: 0 });
    assert.is(body?.stat.version, 1);
    assert.is(body?.stat.dataLength, 0);
    assert.is(made.ask('getData', { path: '/full', watch: false }).body?.data, null);
  });
});

suite('a change of an ACL', (test) => {
  const cases: readonly (readonly [string, string, readonly Acl[], number, string])[] = [
    ['at a path that is none', '/full/', NONE, 7, 'BAD_ARGUMENTS'],
    ['to nothing', '/none', NONE, 7, 'INVALID_ACL'],
    ['of a node that is missing', '/none', OPEN_ACL, 7, 'NO_NODE'],
    ['that is not permitted', '/mine', OPEN_ACL, 7, 'NO_AUTH'],
    ['of another version', '/full', OPEN_ACL, 7, 'BAD_VERSION'],
    ['of this version', '/full', OPEN_ACL, 0, 'OK'],
  ];
  for (const [what, path, list, version, error] of cases) {
    test(`${what} is ${error}`, () => {
      assert.is(client().errorOf('setAcl', { path, acl: list, version }), error);
    });
  }

  test('counts its own version and touches no other', () => {
    const made = client();
    const before = made.ask('exists', { path: '/full', watch: false }).body!.stat;
    const { body } = made.ask('setAcl', { path: '/full', acl: READ_ACL, version: 0 });
    assert.equal(body?.stat, { ...before, aversion: 1 });
  });
});

suite('a check', (test) => {
  const cases: readonly (readonly [string, string, number, string])[] = [
    ['of a path that is none', '/full/', 7, 'BAD_ARGUMENTS'],
    ['of a node that is missing', '/none', 7, 'NO_NODE'],
    ['of a node that may not be read', '/blind', 7, 'NO_AUTH'],
    ['of another version', '/mine', 7, 'BAD_VERSION'],
  ];
  for (const [what, path, version, error] of cases) {
    test(`${what} is ${error}`, () => {
      const { body } = client().multi([{ op: 'check', path, version }]);
      assert.equal(body, [{ type: 'error', err: codeOf(error) }]);
    });
  }

  test('of this version, or of any, passes', () => {
    const { body } = client().multi([
      { op: 'check', path: '/mine', version: 0 },
      { op: 'check', path: '/mine', version: -1 },
    ]);
    assert.equal(body, [{ type: 'check' }, { type: 'check' }]);
  });
});

function codeOf(name: string): number {
  return { BAD_ARGUMENTS: -8, NO_NODE: -101, NO_AUTH: -102, BAD_VERSION: -103 }[name]!;
}
