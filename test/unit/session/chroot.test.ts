import { withChroot, withoutChroot } from '@vivarium/core/internal/session/chroot';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('a chroot', (test) => {
  test('is added and taken away again', () => {
    for (const chroot of ['', '/app', '/app/x']) {
      for (const path of ['/', '/a', '/app', '/a/b']) {
        assert.is(withoutChroot(chroot, withChroot(chroot, path)), path);
      }
    }
    assert.is(withChroot('/app', '/'), '/app');
    assert.is(withoutChroot('/app', '/apple/x'), '/apple/x');
  });
});
