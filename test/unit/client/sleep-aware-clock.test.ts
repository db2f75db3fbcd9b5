import { sleepAwareClock } from '@vivarium/core/internal/client/sleep-aware-clock';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('the clock of a client', (test) => {
  const clockAt = () => {
    const host = { mono: 0, wall: 1_000_000 };
    const clock = sleepAwareClock({
      now: () => host.mono,
      wallNow: () => host.wall,
      setTimer: () => () => {},
      soon() {},
      randomBytes: (count) => new Uint8Array(count),
      open: () => assert.unreachable() as never,
    });
    const pass = (mono: number, wall = mono) => {
      host.mono += mono;
      host.wall += wall;
      return clock.now();
    };
    return { clock, pass };
  };

  test('counts the time a machine slept', () => {
    const { pass } = clockAt();
    assert.is(pass(1_000), 1_000);
    assert.is(pass(10, 60_000), 61_000);
    assert.is(pass(1_000), 62_000);
  });

  test('does not fall when the wall clock is set back, nor drift with it', () => {
    const { pass } = clockAt();
    assert.is(pass(1_000, -3_600_000), 1_000);
    assert.is(pass(1_000), 2_000);
    for (let i = 0; i < 1_000; i++) pass(10, 11);
    assert.is(pass(0), 12_000);
  });

  test('tells what it showed at a moment of the host, and rather too little', () => {
    const { clock, pass } = clockAt();
    pass(1_000);
    assert.is(clock.at(900), 900);
    pass(10, 60_000);
    assert.is(clock.at(900), 900, 'before the sleep');
    assert.is(clock.at(1_010), 1_010, 'maybe before it');
    pass(1_000);
    assert.is(clock.at(1_500), 61_490);
    pass(0, 5_000);
    assert.equal([clock.at(900), clock.at(1_500), clock.at(2_010)], [900, 61_490, 62_000]);
  });
});
