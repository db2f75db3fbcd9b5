import { Acl } from '@vivarium/core/internal/wire/acl';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { Writer } from '@vivarium/core/internal/wire/writer';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('an ACL entry on the wire', (test) => {
  // Found by kazoo's tests: it sends null for the identity of the scheme auth, which has none.
  test('may have a null identity, which reads as an empty one', () => {
    const writer = new Writer();
    writer.int(31);
    writer.string('auth');
    writer.stringOrNull(null);
    assert.equal(Acl.read(new Reader(writer.copy())), {
      perms: 31,
      id: { scheme: 'auth', id: '' },
    });
  });
});
