import { PunctualClock } from '@vivarium/core/internal/client/punctual-clock';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('a clock that is not overtaken', (test) => {
  const scene = () => {
    let now = 0;
    const timers = new Set<() => void>();
    const clock = new PunctualClock({
      now: () => now,
      at: (hostNow) => hostNow,
      setTimer(_delayMs, run) {
        timers.add(run);
        return () => timers.delete(run);
      },
    });
    const ran: string[] = [];
    const set = (name: string, delayMs: number) => clock.setTimer(delayMs, () => ran.push(name));
    const pass = (ms: number) => {
      now += ms;
      clock.runDue();
    };
    return { clock, timers, ran, set, pass };
  };

  test('runs what is due, the longest due first, once', () => {
    const { ran, set, pass, timers } = scene();
    set('late', 30);
    set('soon', 10);
    set('not yet', 50);
    pass(9);
    assert.equal(ran, []);
    pass(21);
    assert.equal(ran, ['soon', 'late']);
    assert.is(timers.size, 1);
    pass(1);
    for (const run of timers) run();
    assert.equal(ran, ['soon', 'late', 'not yet']);
    pass(100);
    assert.is(ran.length, 3);
  });

  test('does not run what was taken back, be it by one that is due as well', () => {
    const { clock, ran, set, pass } = scene();
    const cancel = set('never', 20);
    clock.setTimer(10, cancel);
    pass(30);
    assert.equal(ran, []);
  });

  test('leaves those that are set meanwhile to the next time', () => {
    const { clock, ran, set, pass } = scene();
    clock.setTimer(10, () => set('next', 0));
    pass(10);
    assert.equal(ran, []);
    pass(0);
    assert.equal(ran, ['next']);
  });

  test('tells the host of one that throws, and goes on with the others', () => {
    const { clock, timers, ran, set, pass } = scene();
    clock.setTimer(10, () => {
      throw new Error('mine');
    });
    set('other', 20);
    pass(20);
    assert.equal(ran, ['other']);
    assert.is(timers.size, 1);
    for (const run of timers) assert.throws(run, 'mine');
  });
});
