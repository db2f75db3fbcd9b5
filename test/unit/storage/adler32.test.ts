import { utf8 } from '@vivarium/core/internal/base/bytes';
import { ADLER_START, adler32 } from '@vivarium/core/internal/storage/adler32';
import * as assert from 'uvu/assert';
import { adler32Slowly } from '../../support/adler32-slowly.js';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';

suite('adler32', (test) => {
  test('gives the checksums that are known', () => {
    const of = (text: string) => adler32(ADLER_START, utf8(text), 0, text.length);
    assert.is(of(''), 1);
    assert.is(of('a'), 0x0062_0062);
    assert.is(of('abc'), 0x024d_0127);
    assert.is(of('Wikipedia'), 0x11e6_0398);
  });

  test('is right for every length around its steps and blocks', () => {
    const bytes = new Random(1).bytes(12_000);
    for (const length of [1, 2, 3, 4, 5, 7, 8, 9, 3799, 3800, 3801, 3804, 7600, 7601, 12_000]) {
      assert.is(adler32(ADLER_START, bytes, 0, length), adler32Slowly(bytes.subarray(0, length)));
    }
  });

  test('stays exact for the largest bytes', () => {
    const bytes = new Uint8Array(1_000_000).fill(0xff);
    assert.is(adler32(ADLER_START, bytes, 0, bytes.length), adler32Slowly(bytes));
  });

  test('goes on from what came before', () => {
    const bytes = new Random(2).bytes(9000);
    for (const middle of [0, 1, 4500, 8999, 9000]) {
      const first = adler32(ADLER_START, bytes, 0, middle);
      assert.is(adler32(first, bytes, middle, 9000), adler32Slowly(bytes));
    }
  });
});
