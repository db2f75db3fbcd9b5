import { LeaderDial } from '@vivarium/core/internal/zab/leader-dial';
import { Membership } from '@vivarium/core/internal/zab/membership';
import * as assert from 'uvu/assert';
import { ensembleAt } from '../../support/ensemble-spec.js';
import { leaderParts, type Overrides } from '../../support/leader-parts.js';
import { suite } from '../../support/suite.js';

function dialed(overrides: Overrides = {}) {
  const parts = leaderParts(overrides);
  const membership = new Membership(ensembleAt(['a:1:2'], ['b:3:4', 'c:5:6']));
  return { ...parts, dial: new LeaderDial({ ...parts, membership, leader: 2 }) };
}

suite('a learner on its way to the leader', (test) => {
  test('dials all addresses of it at once, for as long as initLimit allows', () => {
    const { turn, dial } = dialed();
    assert.equal(turn.effects, [
      {
        type: 'dial',
        connection: -1,
        link: 'quorum',
        addresses: [
          { host: 'b', port: 3 },
          { host: 'c', port: 5 },
        ],
        timeoutMs: 1000,
      },
    ]);
    assert.is(dial.deadline, 1000);
    assert.is(dial.wakeAt, Number.POSITIVE_INFINITY);
  });

  test('gives up earlier when connectToLearnerMasterLimit says so', () => {
    assert.is(dialed({ connectToLearnerMasterLimit: 3 }).dial.deadline, 300);
  });

  test('tries again after leaderConnectDelayDuringRetryMs', () => {
    const { turn, dial } = dialed({ leaderConnectDelayMs: 70 });
    turn.now = 10;
    assert.not.ok(dial.closed(-5));
    assert.ok(dial.closed(-1));
    assert.is(dial.wakeAt, 80);
    dial.step();
    assert.is(turn.effects.length, 1);
    turn.now = 80;
    dial.step();
    assert.is(turn.effects.length, 2);
    assert.ok(dial.opened(-2));
    assert.is(dial.wakeAt, Number.POSITIVE_INFINITY);
  });

  test('lets go of what it has begun when it ends', () => {
    const { turn, dial } = dialed();
    dial.end('over');
    assert.equal(turn.effects.at(-1), { type: 'close', connection: -1, reason: 'over' });
    dial.end('over');
    assert.is(turn.effects.length, 2);
  });
});
