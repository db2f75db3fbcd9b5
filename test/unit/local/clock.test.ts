import { LocalClock } from '@vivarium/core/internal/local/clock';
import { Kernel } from '@vivarium/core/internal/local/kernel';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('a clock in memory', (test) => {
  test("shows the world's time", () => {
    const kernel = new Kernel(1);
    const clock = new LocalClock(kernel);
    kernel.runUntil(1_500);
    assert.is(clock.now, 1.5);
    assert.is(clock.until(4), 2_500);
  });

  test('runs fast or slow from when it is told to, and never jumps', () => {
    const kernel = new Kernel(1);
    const clock = new LocalClock(kernel);
    kernel.runUntil(1_000_000);
    clock.rate = 1.05;
    assert.is(clock.now, 1_000);
    kernel.runUntil(2_000_000);
    assert.is(clock.now, 2_050);
    clock.rate = 0.5;
    kernel.runUntil(4_000_000);
    assert.is(clock.now, 3_050);
  });

  test('says how long it takes until it shows a time, and that is enough', () => {
    const kernel = new Kernel(1);
    const clock = new LocalClock(kernel);
    for (const rate of [0.95, 0.999, 1, 1.013, 1.05]) {
      clock.rate = rate;
      const wanted = clock.now + 777;
      const delay = clock.until(wanted);
      kernel.runUntil(kernel.now + delay);
      assert.ok(clock.now >= wanted, `${rate}: ${clock.now} of ${wanted}`);
      assert.ok(clock.now < wanted + 0.01, `${rate}: ${clock.now} of ${wanted}`);
      assert.is(clock.until(wanted), 0);
    }
  });
});
