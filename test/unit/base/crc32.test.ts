import { utf8 } from '@vivarium/core/internal/base/bytes';
import { CRC_START, crcBytes, crcLong, crcOf, crcWord } from '@vivarium/core/internal/base/crc32';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';

function bitwise(bytes: Uint8Array): number {
  let c = -1;
  for (const byte of bytes) {
    c ^= byte;
    for (let i = 0; i < 8; i++) c = c & 1 ? (c >>> 1) ^ 0xedb8_8320 : c >>> 1;
  }
  return ~c;
}

suite('crc32', (test) => {
  test('the check value of the standard comes out', () => {
    assert.is(crcOf(crcBytes(CRC_START, utf8('123456789'), 0, 9)) >>> 0, 0xcbf4_3926);
  });

  test('every length and offset agrees with the definition', () => {
    const bytes = new Random(3).bytes(64);
    for (let start = 0; start < 9; start++) {
      for (let end = start; end <= 64; end++) {
        const expected = bitwise(bytes.subarray(start, end));
        assert.is(crcOf(crcBytes(CRC_START, bytes, start, end)), expected);
      }
    }
  });

  test('words and longs count as their big-endian bytes', () => {
    const bytes = new Random(4).bytes(12);
    const view = new DataView(bytes.buffer);
    const long = crcLong(CRC_START, view.getInt32(0), view.getInt32(4));
    assert.is(crcOf(crcWord(long, view.getInt32(8))), bitwise(bytes));
  });
});
