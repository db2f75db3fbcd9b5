import { constants, gzipSync } from 'node:zlib';
import { concatBytes, equalBytes, fromHex, textOf, utf8 } from '@vivarium/core/internal/base/bytes';
import { DamagedStreamError } from '@vivarium/core/internal/base/damaged-stream';
import { gunzip } from '@vivarium/core/internal/base/gunzip';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function expand(bytes: Uint8Array, pieceBytes = bytes.length + 1): Uint8Array {
  return concatBytes([...gunzip(pieces(bytes, pieceBytes))]);
}

function damageOf(bytes: Uint8Array): readonly [offset: number, message: string] {
  try {
    expand(bytes);
  } catch (error) {
    if (error instanceof DamagedStreamError) return [error.offset, error.message];
    throw error;
  }
  throw new Error('it was decompressed');
}

/** Words of a few letters: what codes and copies are made of. */
function prose(length: number): Uint8Array {
  const random = new Random(11);
  let text = '';
  while (text.length < length) text += `/node-${random.below(400)} ${'ab'.repeat(random.below(9))}`;
  return utf8(text.slice(0, length));
}

suite('gunzip', (test) => {
  const contents = {
    nothing: new Uint8Array(0),
    'one byte': utf8('x'),
    'one byte, many times': new Uint8Array(150_000).fill(0x61),
    chance: new Random(9).bytes(70_000),
    prose: prose(110_000),
    'prose, chance and zeros': concatBytes([
      prose(40_000),
      new Random(10).bytes(1000),
      new Uint8Array(70_000),
      prose(40_000),
    ]),
  };
  for (const [name, content] of Object.entries(contents)) {
    test(`gives back ${name}`, () => {
      for (const level of [0, 1, 9]) {
        for (const strategy of [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_RLE]) {
          const bytes = gzipSync(content, { level, strategy });
          for (const size of [1, 1000, bytes.length]) {
            assert.ok(equalBytes(expand(bytes, size), content), `${level} ${strategy} ${size}`);
          }
        }
      }
    });
  }

  test('reads headers with all that they can have, and one file behind another', () => {
    const plain = gzipSync('what is in it');
    const long = concatBytes([
      fromHex('1f8b 08 1e 00000000 00 03 0300 616263 6e616d6500 746578740a00 1234'),
      plain.subarray(10),
    ]);
    assert.is(textOf(expand(long)), 'what is in it');
    assert.is(textOf(expand(concatBytes([long, plain]), 1)), 'what is in itwhat is in it');
  });

  test('refuses what is cut anywhere', () => {
    const whole = gzipSync(prose(3000));
    for (let size = 0; size < whole.length; size++) {
      const [offset] = damageOf(whole.subarray(0, size));
      assert.is(offset, size);
    }
  });

  test('refuses whatever was changed, or is behind the end', () => {
    const content = prose(3000);
    const whole = gzipSync(content);
    for (let at = 10; at < whole.length; at++) {
      for (const bit of [1, 0x20]) {
        const changed = Uint8Array.from(whole);
        changed[at]! ^= bit;
        // A bit behind the last block means nothing.
        const isSame = at === whole.length - 9 && bit === 0x20;
        if (isSame) assert.equal(expand(changed), content);
        else assert.ok(damageOf(changed)[0] <= whole.length);
      }
    }
    const [offset, message] = damageOf(concatBytes([whole, utf8('more')]));
    assert.equal([offset, message], [whole.length, 'no gzip header is there']);
  });

  const wrong: readonly (readonly [hex: string, offset: number, message: RegExp])[] = [
    ['1f8b 07 00 000000000003', 2, /method is not known/],
    ['1f8b 08 20 000000000003', 3, /unknown flags/],
    ['1f8b 08 00 000000000003 07', 10, /no known kind/],
    ['1f8b 08 00 000000000003 01 0100 ffff', 15, /length of a block does not hold/],
    // Fixed codes: a copy of three bytes from one byte back, and nothing is there yet.
    ['1f8b 08 00 000000000003 03 02 00', 11, /before the first byte/],
    ['1f8b 08 00 000000000003 03 00 01000000 00000000', 12, /checksum is not/],
    ['1f8b 08 00 000000000003 03 00 00000000 01000000', 16, /length is not/],
  ];
  for (const [bytes, offset, message] of wrong) {
    test(`refuses ${bytes}`, () => {
      const [at, text] = damageOf(fromHex(bytes));
      assert.match(text, message);
      assert.is(at, offset);
    });
  }

  test('hands out what stands before a damage', () => {
    const bytes = gzipSync(prose(3000));
    const got: Uint8Array[] = [];
    try {
      for (const piece of gunzip([bytes.subarray(0, bytes.length >> 1)])) got.push(piece);
    } catch (error) {
      if (!(error instanceof DamagedStreamError)) throw error;
    }
    const { length } = concatBytes(got);
    assert.ok(length > 500);
    assert.equal(concatBytes(got), prose(3000).slice(0, length));
  });
});
