import { CHAIN_START, chainOf, follows } from '@vivarium/core/internal/storage/log-format';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('the order of transactions', (test) => {
  const cases: readonly (readonly [number, number, number, number, boolean])[] = [
    [0, 0, 0, 1, true],
    [0, 5, 0, 6, true],
    [0, 5, 0, 5, false],
    [0, 5, 0, 7, false],
    [0, 5, 0, 4, false],
    [0, 0x7fff_ffff, 0, -0x8000_0000, true],
    [0, -2, 0, -1, true],
    [0, -1, 1, 0, true],
    [0, -2, 1, 0, false],
    [0, -1, 2, 0, false],
    [1, 5, 2, 1, true],
    [1, 5, 9, 1, true],
    [1, 5, 9, 2, false],
    [2, 5, 1, 6, false],
    [2, 5, 1, 1, false],
  ];
  for (const [aHigh, aLow, bHigh, bLow, expected] of cases) {
    const [a, b] = [`${aHigh}:${aLow >>> 0}`, `${bHigh}:${bLow >>> 0}`];
    test(`${b} ${expected ? 'may' : 'must not'} come right after ${a}`, () => {
      assert.is(follows(aHigh, aLow, bHigh, bLow), expected);
    });
  }
});

suite('the chain of records', (test) => {
  test('differs for other records, another order and other lengths', () => {
    const chain = (...records: readonly (readonly [number, number])[]) =>
      records.reduce(
        (before, [checksum, length]) => chainOf(before, checksum, length),
        CHAIN_START,
      );
    const chains = [
      chain(),
      chain([1, 2]),
      chain([2, 1]),
      chain([1, 2], [3, 4]),
      chain([3, 4], [1, 2]),
      chain([1, 2], [3, 5]),
      chain([1, 2], [3, 4], [3, 4]),
      chain([-1, 2]),
    ];
    assert.is(new Set(chains).size, chains.length);
  });

  test('is the same whether a checksum is signed or not', () => {
    assert.is(chainOf(7, -5, 40), chainOf(7, -5 >>> 0, 40));
  });
});
