import { concatBytes, fromHex, textOf, utf8 } from '@vivarium/core/internal/base/bytes';
import { DamagedStreamError } from '@vivarium/core/internal/base/damaged-stream';
import { decompressSnappy } from '@vivarium/core/internal/base/snappy';
import { unsnappy } from '@vivarium/core/internal/base/snappy-stream';
import * as assert from 'uvu/assert';
import { snappyOf } from '../../support/snappy-of.js';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';

function damageOf(run: () => unknown): readonly [offset: number, message: string] {
  try {
    run();
  } catch (error) {
    if (error instanceof DamagedStreamError) return [error.offset, error.message];
    throw error;
  }
  throw new Error('it was decompressed');
}

/** Bytes cut into pieces of one size. */
function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

suite('a block of snappy', (test) => {
  const blocks: readonly (readonly [what: string, hex: string, text: string])[] = [
    ['nothing', '00', ''],
    ['a literal', '03 08 616263', 'abc'],
    ['a literal whose length has a byte of its own', '03 f002 616263', 'abc'],
    ['one of two bytes', '03 f40200 616263', 'abc'],
    ['one of three bytes', '03 f8020000 616263', 'abc'],
    ['one of four bytes', '03 fc02000000 616263', 'abc'],
    ['two literals', '04 04 6162 04 6364', 'abcd'],
    ['a copy with an offset of one byte', '07 08 616263 01 03', 'abcabca'],
    ['a copy with an offset of two bytes', '05 08 616263 06 0300', 'abcab'],
    ['a copy with an offset of four bytes', '05 08 616263 07 03000000', 'abcab'],
    ['a copy of what it is writing', '09 00 61 1e 0100', 'aaaaaaaaa'],
    ['a length of two bytes', '8001 00 61 fe 0100 fa 0100', 'a'.repeat(128)],
  ];
  for (const [what, bytes, text] of blocks) {
    test(`with ${what}`, () => assert.is(textOf(decompressSnappy(fromHex(bytes))), text));
  }

  test('with an offset whose upper bits are in the tag', () => {
    const literal = new Random(5).bytes(300);
    // Four bytes from 300 back, which is 1 in the upper bits and 44 below them.
    const block = concatBytes([fromHex('b002 f42b01'), literal, fromHex('21 2c')]);
    const out = decompressSnappy(block);
    assert.equal(out.slice(0, 300), literal);
    assert.equal(out.slice(300), literal.slice(0, 4));
  });

  const hostile: readonly (readonly [hex: string, offset: number, message: RegExp])[] = [
    ['', 0, /ends too early/],
    ['80', 1, /ends too early/],
    ['8080808080', 0, /length is none/],
    ['ffffffff7f 00 61', 0, /length is none/],
    ['ffffffff0f 00 61', 0, /7 bytes cannot hold the 4294967295/],
    ['03 08 6162', 1, /literal ends too late/],
    ['03 f0', 2, /ends too early/],
    ['03 fc ffffffff', 1, /literal ends too late/],
    ['02 08 616263', 1, /more than its length says/],
    ['04 08 616263', 5, /1 bytes of its length are missing/],
    ['04 01 01', 1, /copy goes 1 bytes back/],
    ['07 08 616263 01 00', 5, /copy goes 0 bytes back/],
    ['07 08 616263 01 04', 5, /copy goes 4 bytes back/],
    ['07 08 616263 06', 6, /ends too early/],
    ['07 08 616263 07 ffffffff', 5, /copy goes 4294967295 bytes back/],
    ['06 08 616263 01 03', 5, /more than its length says/],
  ];
  for (const [bytes, offset, message] of hostile) {
    test(`is refused: ${bytes}`, () => {
      const [at, text] = damageOf(() => decompressSnappy(fromHex(bytes), 100));
      assert.is(at, 100 + offset, text);
      assert.match(text, message);
    });
  }

  test('of any bytes gives so many bytes as it says, or is refused', () => {
    const random = new Random(7);
    for (let i = 0; i < 20_000; i++) {
      const block = random.bytes(1 + random.below(30));
      block[0]! &= 0x1f;
      try {
        assert.is(decompressSnappy(block).length, block[0]);
      } catch (error) {
        if (!(error instanceof DamagedStreamError)) throw error;
        assert.ok(error.offset <= block.length);
      }
    }
  });
});

suite('a stream of snappy blocks', (test) => {
  const text = utf8('a tree of some nodes, '.repeat(20));
  const whole = snappyOf(text, 100);

  test('is decompressed, however it is cut', () => {
    for (const size of [1, 2, 7, 1000]) {
      assert.equal(concatBytes([...unsnappy(pieces(whole, size))]), text);
    }
    assert.equal([...unsnappy([snappyOf(new Uint8Array(0))])], []);
  });

  test('is refused when it ends within a block', () => {
    for (let size = 0; size < whole.length; size++) {
      const cut = whole.subarray(0, size);
      // Blocks of 100 bytes take 109, behind a header of 16.
      if (size >= 16 && (size - 16) % 109 === 0) {
        assert.is(concatBytes([...unsnappy([cut])]).length, (100 * (size - 16)) / 109);
        continue;
      }
      const [offset, message] = damageOf(() => [...unsnappy([cut])]);
      assert.is(offset, size);
      assert.match(message, /too early/);
    }
  });

  test('is refused with another header, or a block that cannot be', () => {
    const cases: readonly (readonly [at: number, byte: number, offset: number, what: RegExp])[] = [
      [1, 0x54, 0, /no snappy header/],
      [15, 2, 8, /version 1, for readers from 2 on/],
      [11, 0, 8, /version 0, for readers from 1 on/],
      [16, 0x80, 16, /a block of -\d+ bytes/],
      [16, 0x04, 16, /a block of 67108969 bytes/],
      [17, 0x04, 0, /ends \d+ bytes too early/],
    ];
    for (const [at, byte, offset, what] of cases) {
      const changed = Uint8Array.from(whole);
      changed[at] = byte;
      const [where, message] = damageOf(() => [...unsnappy([changed])]);
      assert.match(message, what);
      assert.is(where, offset === 0 && at === 17 ? whole.length : offset);
    }
  });

  test('tells of a damaged block where in the whole it is', () => {
    const changed = Uint8Array.from(whole);
    changed[20 + 109 + 2] = 0x01; // a copy, where the literal of the second block begins
    const [offset, message] = damageOf(() => [...unsnappy([changed])]);
    assert.is(offset, 20 + 109 + 2);
    assert.match(message, /a copy goes/);
  });
});
