import { WakeTimer } from '@vivarium/core/internal/node/wake-timer';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('the wake timer', (test) => {
  test('wakes no earlier than wanted, though the time moved on meanwhile', async () => {
    const began = performance.now();
    let wakeAt = began + 5;
    await new Promise<void>((resolve) => {
      // In whole milliseconds nothing is ever due before a timer could fire.
      const now = () => began + Math.floor(performance.now() - began);
      const timer = new WakeTimer(() => wakeAt, resolve, now);
      timer.arm();
      wakeAt = began + 25;
      timer.arm();
    });
    assert.ok(performance.now() >= wakeAt);
  });

  test('wakes at once for what is due before a timer could fire, and for nothing later', () => {
    for (const [now, woken] of [
      [9.5, 1],
      [9, 0],
    ] as const) {
      let times = 0;
      const timer = new WakeTimer(
        () => 10,
        () => times++,
        () => now,
      );
      timer.arm();
      timer.clear();
      assert.is(times, woken);
    }
  });

  test('is brought forward, and takes any delay', async () => {
    let wakeAt = Number.POSITIVE_INFINITY;
    await new Promise<void>((resolve) => {
      const timer = new WakeTimer(() => wakeAt, resolve);
      timer.arm();
      wakeAt = performance.now() + 2 ** 40;
      timer.arm();
      wakeAt = performance.now() + 3;
      timer.arm();
    });
  });

  test('wakes nobody once it was cleared', async () => {
    let woken = 0;
    const wakeAt = performance.now() + 3;
    const timer = new WakeTimer(
      () => wakeAt,
      () => woken++,
    );
    timer.arm();
    timer.clear();
    await new Promise((resolve) => setTimeout(resolve, 8));
    assert.is(woken, 0);
  });

  test('wakes at once for what is due before a timer could fire', () => {
    let woken = 0;
    let now = 1_000;
    const timer = new WakeTimer(
      () => 1_000.5,
      () => woken++,
      () => now,
    );
    timer.arm();
    assert.is(woken, 1, 'the loop goes around until the time has come');
    now = 1_001;
    timer.arm();
    assert.is(woken, 2);
  });
});
