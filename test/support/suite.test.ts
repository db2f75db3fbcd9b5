import * as assert from 'uvu/assert';
import { collectTests, suite } from './suite.js';

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
  test('tests that are collected are not run', () => {
    let isRun = false;
    const collected = collectTests(() =>
      suite('others', (declare) => {
        declare('one', () => {
          isRun = true;
        });
        declare('two', () => {});
      }),
    );
    const names = collected.map((each) => `${each.suite} ${each.name}`);
    assert.equal(names, ['others one', 'others two']);
    assert.not(isRun);
  });
});
