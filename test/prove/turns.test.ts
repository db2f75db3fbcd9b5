import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { turnOf } from './turns.js';

suite('turns by the day', (test) => {
  const all = Array.from({ length: 140 }, (_, at) => at);

  test('all have theirs, also when only every fourth day is used', () => {
    const had = new Set<number>();
    for (let day = 20_002; day < 22_002; day += 4) {
      for (const each of turnOf(day, all, 5)) had.add(each);
    }
    assert.is(had.size, all.length);
  });

  test('a day is always the same, and has nobody twice', () => {
    assert.equal(turnOf(20_002, all, 5), turnOf(20_002, all, 5));
    assert.is(new Set(turnOf(20_002, all, 5)).size, 5);
  });
});
