import { pooledCopy } from '@vivarium/core/internal/base/pooled-copy';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('a pooled copy', (test) => {
  test('is of the part asked for, and stays what it was', () => {
    const source = Uint8Array.from({ length: 100 }, (_, i) => i);
    const copy = pooledCopy(source, 10, 13);
    source.fill(0);
    assert.equal([...copy], [10, 11, 12]);
  });

  test('of any size overlaps no other', () => {
    const sizes = [0, 1, 90, 4_095, 4_096, 4_097, 70_000];
    const copies = Array.from({ length: 200 }, (_, n) => {
      return pooledCopy(new Uint8Array(sizes[n % sizes.length]!).fill(n));
    });
    copies.forEach((copy, n) => {
      assert.is(copy.length, sizes[n % sizes.length]);
      assert.ok(copy.every((byte) => byte === n));
    });
  });
});
