import { SideFile } from '@vivarium/core/internal/storage/side-file';
import { int, long, record, vector } from '@vivarium/core/internal/wire/types';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const Content = record('Content', { a: int, list: vector(long) });
const file = new SideFile('TEST', 3, Content);
const value = { a: -5, list: [1n, -2n] };

suite('a side file', (test) => {
  test('gives back what was put into it', () => {
    assert.equal(file.decode(file.encode(value)), { state: 'good', value });
  });

  test('is damaged by every flipped bit and at every shorter length', () => {
    const bytes = file.encode(value);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal(file.decode(flipped), { state: 'damaged' }, `bit ${bit}`);
    }
    for (let length = 0; length < bytes.length; length++) {
      assert.equal(file.decode(bytes.subarray(0, length)), { state: 'damaged' });
    }
    assert.equal(file.decode(new Uint8Array(64)), { state: 'damaged' });
  });

  test('says when another version wrote it', () => {
    const bytes = new SideFile('TEST', 4, Content).encode(value);
    assert.equal(file.decode(bytes), { state: 'newer', version: 4 });
    assert.equal(file.decode(new SideFile('ELSE', 3, Content).encode(value)), { state: 'damaged' });
  });
});
