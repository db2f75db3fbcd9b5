import { aclPermits, normaliseAcl } from '@vivarium/core/internal/tree/acl';
import { CREATOR_ALL_ACL, OPEN_ACL, READ_ACL } from '@vivarium/core/internal/wire/permissions';
import type { Acl, Id } from '@vivarium/core/internal/wire/records';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const ip: Id = { scheme: 'ip', id: '10.1.2.3' };
const alice: Id = { scheme: 'digest', id: 'alice:h1' };
const bob: Id = { scheme: 'digest', id: 'bob:h2' };
const superUser: Id = { scheme: 'super', id: '' };

function entry(perms: number, scheme: string, id: string): Acl {
  return { perms, id: { scheme, id } };
}

suite('acl', (test) => {
  test('any one of the wanted bits suffices', () => {
    assert.ok(aclPermits(READ_ACL, 1, [ip]));
    assert.ok(aclPermits(READ_ACL, 1 | 16, [ip]));
    assert.not(aclPermits(READ_ACL, 2, [ip]));
  });

  test('an identity matches within its own scheme only', () => {
    const acl = [entry(31, 'digest', alice.id)];
    assert.ok(aclPermits(acl, 2, [ip, alice]));
    assert.not(aclPermits(acl, 2, [ip, bob]));
    assert.not(aclPermits(acl, 2, [{ scheme: 'sasl', id: alice.id }]));
    assert.ok(aclPermits([entry(1, 'x509', 'CN=a')], 1, [{ scheme: 'x509', id: 'CN=a' }]));
    assert.ok(aclPermits([entry(1, 'ip', '10.0.0.0/8')], 1, [ip]));
    assert.not(aclPermits([entry(1, 'ip', '11.0.0.0/8')], 1, [ip]));
  });

  test('super passes everything, an empty list lets everyone pass, an unknown one nobody', () => {
    assert.ok(aclPermits([entry(1, 'digest', alice.id)], 16, [superUser]));
    assert.ok(aclPermits([], 31, []));
    assert.not(aclPermits(undefined, 1, [ip, alice]));
    assert.ok(aclPermits(undefined, 1, [superUser]));
  });

  test('world means anyone and nobody else', () => {
    assert.not(aclPermits([entry(31, 'world', 'someone')], 1, [ip]));
    assert.is(normaliseAcl([entry(31, 'world', 'someone')], [ip]), undefined);
  });

  test('auth becomes the identities that say who the client is', () => {
    assert.equal(normaliseAcl(CREATOR_ALL_ACL, [ip, alice, bob]), [
      { perms: 31, id: alice },
      { perms: 31, id: bob },
    ]);
    assert.is(normaliseAcl(CREATOR_ALL_ACL, [ip]), undefined);
    assert.is(normaliseAcl(CREATOR_ALL_ACL, [superUser]), undefined);
  });

  test('auth may not make a list larger than any request', () => {
    const many = Array.from({ length: 1_000 }, (_, i): Id => ({ scheme: 'digest', id: `u${i}:h` }));
    const list = (length: number) =>
      Array.from({ length }, (_, i) => entry(i + 1, 'auth', '')) as readonly Acl[];
    assert.is(normaliseAcl(list(20), many)?.length, 20_000);
    assert.is(normaliseAcl(list(200), many), undefined);
  });

  test('a long list is remembered for those who asked, and for nobody else', () => {
    const long = Array.from({ length: 20 }, (_, i) => entry(1, 'ip', `10.0.0.${i}`));
    const acl = [...long, entry(2, 'digest', alice.id), entry(4, 'digest', alice.id)];
    const who = { alice: [ip, alice], bob: [ip, bob], near: [{ scheme: 'ip', id: '10.0.0.7' }] };
    for (let again = 0; again < 2; again++) {
      const bits = (identities: readonly Id[]) =>
        [1, 2, 4, 8, 16].filter((bit) => aclPermits(acl, bit, identities));
      assert.equal(bits(who.alice), [2, 4]);
      assert.equal(bits(who.bob), []);
      assert.equal(bits(who.near), [1]);
      assert.equal(bits([superUser]), [1, 2, 4, 8, 16]);
    }
    assert.not(aclPermits(long, 2, who.near));
  });

  test('duplicates go, other entries keep their order', () => {
    const acl = [entry(1, 'world', 'anyone'), entry(2, 'ip', '::1'), entry(1, 'world', 'anyone')];
    assert.equal(normaliseAcl(acl, []), acl.slice(0, 2));
    assert.equal(normaliseAcl(OPEN_ACL, []), OPEN_ACL);
  });

  test('lists that cannot be stored are refused', () => {
    const refused: (readonly Acl[] | null)[] = [
      null,
      [],
      [entry(1, 'digest', 'nocolon')],
      [entry(1, 'digest', 'a:b:c')],
      [entry(1, 'digest', 'user:')],
      [entry(1, 'ip', '300.0.0.1')],
      [entry(1, 'unheard-of', 'x')],
      [entry(1, 'super', '')],
      [entry(1, 'sasl', 'me')],
    ];
    for (const acl of refused) {
      assert.is(normaliseAcl(acl, [alice]), undefined, JSON.stringify(acl));
    }
    assert.ok(normaliseAcl([entry(1, 'digest', ':h')], []));
    assert.ok(normaliseAcl([entry(1, 'sasl', 'me')], [], ['digest', 'ip', 'sasl']));
  });
});
