import { Patience } from '@vivarium/core/internal/zab/patience';
import * as assert from 'uvu/assert';
import { leaderParts, learnerOf, type Overrides } from '../../support/leader-parts.js';
import { suite } from '../../support/suite.js';

function patient(overrides: Overrides = {}) {
  const parts = leaderParts(overrides);
  let supported = true;
  const patience = new Patience({ ...parts, hasSupport: () => supported });
  return {
    ...parts,
    patience,
    desert() {
      supported = false;
    },
  };
}

suite('the patience of a leader', (test) => {
  test('ends after initLimit without a quorum', () => {
    const { patience, turn } = patient();
    turn.now = 1000;
    assert.is(patience.lostBeforeQuorum(false), undefined);
    turn.now = 1001;
    assert.match(String(patience.lostBeforeQuorum(true)), 'no quorum has followed within 1000 ms');
  });

  test('ends after half a second once those who voted for it look for another', () => {
    const usual = patient();
    usual.desert();
    usual.turn.now = 500;
    assert.is(usual.patience.lostBeforeQuorum(false), undefined);
    usual.turn.now = 501;
    assert.match(
      String(usual.patience.lostBeforeQuorum(false)),
      'after 500 ms those who elected it',
    );

    const asApache = patient({ maxTimeToWaitForEpoch: -1 });
    asApache.desert();
    asApache.turn.now = 900;
    assert.is(asApache.patience.lostBeforeQuorum(false), undefined);

    const short = patient({ maxTimeToWaitForEpoch: 300 });
    short.turn.now = 900;
    assert.is(short.patience.lostBeforeQuorum(false), undefined, 'they are loyal');
    short.desert();
    short.turn.now = 300;
    assert.is(short.patience.lostBeforeQuorum(false), undefined);
    short.turn.now = 301;
    assert.is(short.patience.lostBeforeQuorum(true), undefined, 'a quorum has come all the same');
    assert.match(
      String(short.patience.lostBeforeQuorum(false)),
      'after 300 ms those who elected it',
    );
    assert.is(short.metrics.disloyalVoters.value, 1);
  });

  test('with a learner ends after initLimit before it is synced, and syncLimit after that', () => {
    const { patience, turn } = patient();
    const learner = learnerOf(turn, 2);
    turn.now = 1000;
    assert.is(patience.lostWith(learner, 0), undefined);
    turn.now = 1001;
    assert.match(String(patience.lostWith(learner, 0)), 'nothing was heard of it');
    learner.stage = 'synced';
    learner.lastHeardAt = 900;
    assert.is(patience.lostWith(learner, 0), undefined);
    assert.ok(patience.hears(learner));
    turn.now = 1401;
    assert.match(String(patience.lostWith(learner, 0)), 'nothing was heard of it');
    assert.not.ok(patience.hears(learner));
  });

  test('asks no acknowledgements of an observer: Apache’s were let go for the want of them', () => {
    const { patience, turn } = patient();
    const observer = learnerOf(turn, 4);
    observer.isObserver = true;
    observer.stage = 'serving';
    for (turn.now = 0; turn.now <= 5000; turn.now += 50) {
      observer.lastHeardAt = turn.now;
      assert.is(patience.lostWith(observer, 7), undefined);
    }
  });

  test('with a learner ends when it owes an acknowledgement for too long, though it is heard', () => {
    const { patience, turn } = patient();
    const learner = learnerOf(turn, 2);
    learner.stage = 'serving';
    for (turn.now = 0; turn.now <= 500; turn.now += 50) {
      learner.lastHeardAt = turn.now;
      assert.is(patience.lostWith(learner, 7), undefined);
    }
    learner.lastHeardAt = turn.now;
    assert.match(
      String(patience.lostWith(learner, 7)),
      'owes an acknowledgement for more than 500 ms',
    );
  });
});
