import { SyncLimits } from '@vivarium/core/internal/zab/sync-limits';
import * as assert from 'uvu/assert';
import { leaderParts, learnerOf } from '../../support/leader-parts.js';
import { suite } from '../../support/suite.js';

function limited(observers: number, voters: number) {
  const parts = leaderParts({ maxConcurrentSnapSyncs: 2, maxConcurrentDiffSyncs: 1 });
  const all = Array.from({ length: observers + voters }, (_, at) =>
    learnerOf(parts.turn, at + 1, at < observers),
  );
  const learners = new Map(all.map((learner) => [learner.link.connection, learner]));
  return { all, learners, metrics: parts.metrics, limits: new SyncLimits({ ...parts, learners }) };
}

suite('the limits of syncs', (test) => {
  test('let observers wait for their turn, and then let them in', () => {
    const { all, limits } = limited(3, 0);
    assert.equal(
      all.map((learner) => limits.mayBegin(learner, 'snap')),
      [true, true, false],
    );
    assert.equal(
      all.map((learner) => limits.isWaiting(learner)),
      [false, false, true],
    );
    limits.ended(all[0]!);
    assert.is(limits.isWaiting(all[2]!), false);
    assert.ok(limits.mayBegin(all[2]!, 'snap'));
  });

  test('never let voters wait, and count them', () => {
    const { all, limits } = limited(1, 3);
    const [observer, ...voters] = all;
    for (const voter of voters) assert.ok(limits.mayBegin(voter, 'snap'));
    assert.not.ok(limits.mayBegin(observer!, 'snap'));
    assert.ok(limits.mayBegin(observer!, 'diff'), 'the two kinds are counted apart');
  });

  test('forget who has gone', () => {
    const { all, learners, limits } = limited(2, 0);
    assert.ok(limits.mayBegin(all[0]!, 'diff'));
    assert.not.ok(limits.mayBegin(all[1]!, 'diff'));
    learners.delete(all[0]!.link.connection);
    assert.ok(limits.mayBegin(all[1]!, 'diff'));
  });

  test('measure how many there are whenever that changes', () => {
    const { all, limits, metrics } = limited(0, 2);
    for (const learner of all) limits.mayBegin(learner, 'snap');
    for (const learner of all) limits.ended(learner);
    const { count, sum, max } = metrics.snapSyncsInFlight;
    assert.equal([count, sum, max], [4, 1 + 2 + 1 + 0, 2]);
    assert.is(metrics.snapSyncs.value, 2);
    assert.is(metrics.diffSyncs.value, 0);
  });
});
