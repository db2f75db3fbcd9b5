import { AclTable, OPEN_ACL_ID } from '@vivarium/core/internal/tree/acl-table';
import { OPEN_ACL, READ_ACL } from '@vivarium/core/internal/wire/permissions';
import { MalformedError } from '@vivarium/core/internal/wire/reader';
import type { Acl } from '@vivarium/core/internal/wire/records';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

function acl(...ids: string[]): readonly Acl[] {
  return ids.map((id) => ({ perms: 31, id: { scheme: 'digest', id } }));
}

suite('acl table', (test) => {
  test('the open ACL has id -1 and stands in no table', () => {
    const table = new AclTable();
    assert.is(table.idOf(null), OPEN_ACL_ID);
    assert.is(table.idOf(OPEN_ACL), OPEN_ACL_ID);
    assert.equal(table.get(OPEN_ACL_ID), OPEN_ACL);
    assert.is(table.size, 0);
  });

  test('equal lists share an id, lists in another order do not', () => {
    const table = new AclTable();
    const first = table.idOf(acl('a:1', 'b:2'));
    assert.is(first, 1);
    assert.is(table.idOf(acl('a:1', 'b:2')), first);
    assert.is.not(table.idOf(acl('b:2', 'a:1')), first);
    assert.is.not(table.idOf(acl('a:1;31:6:digest3:b:2')), first);
  });

  test('a list goes with its last use and its id is not given again', () => {
    const table = new AclTable();
    const id = table.idOf(READ_ACL);
    table.retain(id);
    table.retain(id);
    table.release(id);
    assert.equal(table.get(id), READ_ACL);
    table.release(id);
    assert.is(table.get(id), undefined);
    assert.is(table.idOf(READ_ACL), id + 1);
  });

  test('ids that nodes carry without a list are never given to another list', () => {
    const table = new AclTable();
    table.load(3, READ_ACL);
    table.retain(3);
    table.retain(7);
    assert.is(table.get(7), undefined);
    assert.is(table.idOf(acl('a:1')), 8);
    table.release(7);
  });

  test('unused lists go after loading, used ones stay', () => {
    const table = new AclTable();
    table.load(1, acl('a:1'));
    table.load(2, acl('b:2'));
    table.retain(2);
    table.purgeUnused();
    assert.equal([...table.entries()], [[2, acl('b:2')]]);
    assert.is(table.idOf(acl('b:2')), 2);
  });

  test('loading an id again replaces its list', () => {
    const table = new AclTable();
    table.idOf(READ_ACL);
    table.load(1, acl('a:1'));
    assert.is(table.idOf(READ_ACL), 2);
    assert.is(table.idOf(acl('a:1')), 1);
  });

  test('ids that ZooKeeper does not give are refused', () => {
    for (const id of [0, -2, 2 ** 31, 1.5]) {
      assert.throws(
        () => new AclTable().load(id, READ_ACL),
        (e: unknown) => e instanceof MalformedError,
      );
    }
  });
});
