import { PathIndex } from '@vivarium/core/internal/tree/path-index';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from './random.js';

function rowsWith(index: PathIndex, hash: number): number[] {
  const pairs = index.segment(hash);
  const rows: number[] = [];
  let at = (hash << 1) & (pairs.length - 1);
  for (; pairs[at + 1] !== 0; at = (at + 2) & (pairs.length - 1)) {
    if (pairs[at] === hash) rows.push(pairs[at + 1]! - 1);
  }
  return rows.sort((a, b) => a - b);
}

suite('path index', (test) => {
  test('every row is found by its hash, also among collisions and after removals', () => {
    const random = new Random(7);
    const index = new PathIndex();
    const model = new Map<number, number>();
    /* Few hashes in one segment: long runs that wrap around. */
    const hashes = Array.from(
      { length: 64 },
      () => random.below(4) * 0x100_0000 + random.below(99),
    );
    for (let row = 0; row < 5000; row++) {
      if (model.size > 0 && random.chance(48)) {
        const gone = random.pick([...model.keys()].slice(0, 20));
        index.remove(model.get(gone)!, gone);
        model.delete(gone);
      } else {
        const hash = random.pick(hashes) | 0;
        index.add(hash, row);
        model.set(row, hash);
      }
      if (row % 50 !== 0) continue;
      for (const hash of hashes) {
        const expected = [...model].filter(([, h]) => h === hash).map(([r]) => r);
        assert.equal(
          rowsWith(index, hash),
          expected.sort((a, b) => a - b),
        );
      }
    }
    assert.ok(model.size > 20);
  });
});
