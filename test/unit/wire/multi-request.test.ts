import {
  type MultiOp,
  readMultiRequest,
  writeMultiRequest,
} from '@vivarium/core/internal/wire/multi';
import { MalformedError, Reader } from '@vivarium/core/internal/wire/reader';
import { Writer } from '@vivarium/core/internal/wire/writer';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const acl = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];

function reread(op: MultiOp): readonly MultiOp[] {
  const writer = new Writer();
  writeMultiRequest(writer, [op]);
  return readMultiRequest(new Reader(writer.copy()));
}

suite('a multi request', (test) => {
  const create = { path: '/a', data: null, acl, flags: 0 };

  test('holds what was written', () => {
    const op: MultiOp = { op: 'create', ...create };
    assert.equal(reread(op), [op]);
  });

  // Found by comparing with ZooKeeper 3.9.5, which refuses the whole multi with -5.
  test('is malformed when a create has flags that its operation does not know', () => {
    for (const flags of [-1, 5, 6, 7]) {
      assert.throws(() => reread({ op: 'create', ...create, flags }), isMalformed);
    }
    assert.throws(() => reread({ op: 'createTtl', ...create, flags: 7, ttl: 1n }), isMalformed);
  });

  test('is malformed when a create has no ACL at all, unless it is createTtl', () => {
    assert.throws(() => reread({ op: 'create2', ...create, acl: null }), isMalformed);
    const op: MultiOp = { op: 'createTtl', ...create, acl: null, flags: 5, ttl: 1n };
    assert.equal(reread(op), [op]);
  });
});

function isMalformed(error: unknown): boolean {
  return error instanceof MalformedError;
}
