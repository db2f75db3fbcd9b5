import {
  CONTAINER_OWNER_HIGH,
  kindOfOwner,
  MAX_TTL_MS,
  ttlOfOwner,
  ttlOwnerHigh,
  ttlOwnerLow,
} from '@vivarium/core/internal/tree/owners';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('owners', (test) => {
  test('a time to live survives its encoding', () => {
    for (const ttl of [1, 1000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000, MAX_TTL_MS]) {
      const high = ttlOwnerHigh(ttl);
      const low = ttlOwnerLow(ttl);
      assert.is(kindOfOwner(high, low, true), 'ttl');
      assert.is(ttlOfOwner(high, low), ttl);
    }
  });

  test('the kind follows from the owner as ZooKeeper reads it', () => {
    assert.is(kindOfOwner(0, 0, true), 'persistent');
    assert.is(kindOfOwner(0, 1, true), 'ephemeral');
    assert.is(kindOfOwner(0x0100_0000, 0, true), 'ephemeral');
    assert.is(kindOfOwner(CONTAINER_OWNER_HIGH, 0, false), 'container');
    assert.is(kindOfOwner(CONTAINER_OWNER_HIGH, 1, false), 'ephemeral');
    assert.is(kindOfOwner(ttlOwnerHigh(5), ttlOwnerLow(5), false), 'ephemeral');
    assert.is(kindOfOwner(-0x0100_0000 | 0x100, 0, true), undefined);
  });
});
