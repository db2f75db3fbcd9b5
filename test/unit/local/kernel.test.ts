import { Kernel } from '@vivarium/core/internal/local/kernel';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

function run(seed: number): { order: string; hash: string } {
  const kernel = new Kernel(seed);
  let order = '';
  for (const name of 'abcdefgh') kernel.after(10, name, () => (order += name));
  for (const name of '1234') kernel.after(10, name, () => (order += name), 7);
  kernel.runUntil(20);
  return { order, hash: kernel.traceHash };
}

suite('the kernel', (test) => {
  test('repeats a run from its seed, and only from its seed', () => {
    assert.equal(run(42), run(42));
    assert.is.not(run(42).hash, run(43).hash);
  });

  test('lets the seed order what happens at one moment, but keeps the order of a stream', () => {
    const orders = Array.from({ length: 50 }, (_, seed) => run(seed).order);
    assert.ok(new Set(orders).size > 40);
    for (const order of orders) assert.is(order.replace(/[a-h]/g, ''), '1234');
  });

  test('goes through time in order, and does not do what was taken back', () => {
    const kernel = new Kernel(1);
    const seen: number[] = [];
    for (const at of [30, 10, 20, 5]) kernel.after(at, `${at}`, () => seen.push(kernel.now));
    kernel.after(15, 'taken back', () => seen.push(-1))();
    kernel.runUntil(20);
    assert.equal(seen, [5, 10, 20]);
    kernel.runUntil(100);
    assert.equal([kernel.now, ...seen], [100, 5, 10, 20, 30]);
  });

  test('gives each purpose a stream of chance of its own', () => {
    const kernel = new Kernel(9);
    const draw = (purpose: string) => kernel.random(purpose).bytes(8).join();
    assert.is(draw('disk'), draw('disk'));
    assert.is.not(draw('disk'), draw('network'));
  });
});
