import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { growthOf } from './growth.js';

/** Eleven samples over so many operations, with a few KiB of noise that is always the same. */
const samples = (operations: number, bytesAfter: (done: number) => number) =>
  Array.from({ length: 11 }, (_, at) => {
    const done = (operations / 10) * at;
    const noise = ((at * 7919) % 13) * 512;
    return { operations: done, bytes: 5_000_000 + bytesAfter(done) + noise };
  });

suite('growth of a heap', (test) => {
  test('a small object for each operation is a leak', () => {
    const growth = growthOf(samples(10_000, (done) => done * 64));
    assert.is(growth.isLeak, true);
    assert.ok(Math.abs(growth.secondSlope - 64) < 5, String(growth.secondSlope));
  });
  test('a flat heap is none, and its noise is none', () => {
    assert.is(growthOf(samples(10_000, () => 0)).isLeak, false);
    assert.is(growthOf(samples(500, () => 0)).isLeak, false);
  });
  test('what fills up in the first half and stays is none', () => {
    assert.is(growthOf(samples(10_000, (done) => Math.min(done, 4_000) * 200)).isLeak, false);
  });
  test('what begins late is one', () => {
    const growth = growthOf(samples(10_000, (done) => Math.max(0, done - 5_000) * 64));
    assert.is(growth.isLeak, true);
  });
  test('a heap that shrinks is none', () => {
    assert.is(growthOf(samples(10_000, (done) => -done * 64)).isLeak, false);
  });
});
