import * as assert from 'uvu/assert';
import { suite } from './suite.js';

suite('the suite wrapper', (test) => {
  const order: string[] = [];
  test('cleanup is registered during a test', (t) => {
    t.cleanup(() => order.push('first'));
    t.cleanup(async () => order.push('second'));
    assert.equal(order, []);
  });
  test('cleanup ran after that test, the last registered first', () => {
    assert.equal(order, ['second', 'first']);
  });
  let ended: AbortSignal | undefined;
  test('the signal is not aborted while the test runs', (t) => {
    ended = t.signal;
    assert.not(t.signal.aborted);
  });
  test('the signal is aborted when the test has ended', () => {
    assert.ok(ended?.aborted);
  });
});
