import { ServerChoice } from '@vivarium/core/internal/session/server-choice';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('the choice of servers', (test) => {
  const half = () => 0.5;

  test('goes round all of them, shuffled unless told otherwise', () => {
    let n = 0;
    const random = () => (n++ % 7) / 7;
    const choice = new ServerChoice(5, false, random);
    const round = Array.from({ length: 5 }, () => choice.take());
    assert.equal([...round].sort(), [0, 1, 2, 3, 4]);
    assert.is.not(round.join(), '0,1,2,3,4');
    assert.equal(
      Array.from({ length: 5 }, () => choice.take()),
      round,
    );
    const kept = new ServerChoice(3, true, half);
    assert.equal([kept.take(), kept.take(), kept.take(), kept.take()], [0, 1, 2, 0]);
  });

  test('waits longer after each round of failures, up to a limit, and starts over', () => {
    const choice = new ServerChoice(2, true, half);
    const delays: number[] = [];
    for (let i = 0; i < 20; i++) {
      delays.push(choice.delayMs());
      choice.failed();
    }
    assert.equal(delays.slice(0, 8), [50, 50, 150, 150, 300, 300, 600, 600]);
    assert.is(delays.at(-1), 1_500);
    choice.succeeded();
    assert.is(choice.delayMs(), 50);
  });

  test('suspects servers only when all have hung up for long enough', () => {
    const choice = new ServerChoice(2, true, half);
    choice.hungUp(0, 0);
    assert.not(choice.isSuspicious(0, 10_000));
    choice.hungUp(1, 100);
    assert.not(choice.isSuspicious(0, 4_999));
    assert.ok(choice.isSuspicious(0, 5_000));
    choice.serves(0);
    assert.not(choice.isSuspicious(0, 5_000) || choice.diverged);
    choice.hungUp(0, 5_000);
    assert.not(choice.isSuspicious(0, 5_000) || choice.diverged);
    choice.serves(1);
    assert.not(choice.diverged);
    choice.hungUp(1, 5_100);
    assert.ok(choice.diverged);
    choice.wasAnswered();
    assert.not(choice.diverged);
  });

  test('goes back to a server that has answered a probe', () => {
    const choice = new ServerChoice(3, true, half);
    choice.take();
    choice.take();
    choice.serves(1);
    assert.equal([choice.take(), choice.take()], [1, 2]);
  });
});
